#include "cli/log_lines.hpp"

#include "cli/output.hpp"
#include "cli/render/printable.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <memory>
#include <mutex>
#include <utility>

namespace skein::cli {

namespace {

constexpr std::size_t most_held = 200;

class line_sink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void hold(bool on) {
    const std::lock_guard lock(mutex_);
    holding_ = on;
    if (on) return;
    for (const auto& line : std::exchange(held_, {})) write_all(STDERR_FILENO, line + "\n");
    tell_dropped();
  }

  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(held_, {});
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    std::string line = printable({formatted.data(), formatted.size()});
    if (!holding_) {
      write_all(STDERR_FILENO, line + "\n");
    } else if (held_.size() < most_held) {
      held_.push_back(std::move(line));
    } else {
      ++dropped_;
    }
  }
  void flush_() override {}

 private:
  void tell_dropped() {
    const auto count = std::exchange(dropped_, 0);
    if (count > 0) {
      write_all(STDERR_FILENO, "warning: " + std::to_string(count) + " log lines were left out\n");
    }
  }

  bool holding_ = false;
  std::vector<std::string> held_;
  std::size_t dropped_ = 0;
};

/// The log is one for the process, and so is its sink.
const std::shared_ptr<line_sink>& the_sink() {
  static const auto sink = std::make_shared<line_sink>();
  return sink;
}

}  // namespace

void send_logs_to_stderr(const global_options& global) {
  auto logger = std::make_shared<spdlog::logger>("skein", the_sink());
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      global.verbose ? "%H:%M:%S.%e %l: %v" : "%l: %v", spdlog::pattern_time_type::local, ""));
  logger->set_level(global.verbose ? spdlog::level::info
                    : global.quiet ? spdlog::level::err
                                   : spdlog::level::warn);
  spdlog::set_default_logger(std::move(logger));
}

log_hold::log_hold() {
  the_sink()->hold(true);
}
log_hold::~log_hold() {
  the_sink()->hold(false);
}

std::vector<std::string> log_hold::take() {
  return the_sink()->take();
}

}  // namespace skein::cli
