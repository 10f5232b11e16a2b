#include "cli/service_log.hpp"

#include "cli/render/printable.hpp"
#include "cli/render/structured.hpp"
#include "cli/render/time_text.hpp"

#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace skein::cli {

namespace {

class line_formatter final : public spdlog::formatter {
 public:
  explicit line_formatter(log_style how) : how_(how) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& into) override {
    const std::string_view level{spdlog::level::to_string_view(message.level).data(),
                                 spdlog::level::to_string_view(message.level).size()};
    const std::string_view text{message.payload.data(), message.payload.size()};
    using namespace std::chrono;
    const auto at = utc_time(duration_cast<milliseconds>(message.time.time_since_epoch()).count());
    std::string line;
    if (how_ == log_style::json) {
      line = nlohmann::json{{"time", at}, {"level", level}, {"message", text}}.dump(
          -1, ' ', true, nlohmann::json::error_handler_t::replace);
    } else {
      line = at + " " + std::string{level} + ": " + printable(text);
    }
    line += '\n';
    into.append(line.data(), line.data() + line.size());
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<line_formatter>(how_);
  }

 private:
  log_style how_;
};

}  // namespace

void start_service_log(log_style how, bool verbose) {
  auto logger =
      std::make_shared<spdlog::logger>("skein", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::make_unique<line_formatter>(how));
  logger->set_level(verbose ? spdlog::level::debug : spdlog::level::info);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace skein::cli
