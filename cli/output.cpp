#include "cli/output.hpp"

#include "cli/render/printable.hpp"
#include "cli/render/structured.hpp"

#include <nlohmann/json.hpp>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace skein::cli {

namespace {

/// As the shell reports a program that SIGPIPE ended.
constexpr int exit_reader_gone = 141;

}  // namespace

bool is_terminal(int descriptor) noexcept {
  return ::isatty(descriptor) == 1;
}

terminal_size size_of_terminal(int descriptor) noexcept {
  winsize size{};
  terminal_size out{80, 24};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
    if (size.ws_col > 0) out.columns = size.ws_col;
    if (size.ws_row > 0) out.rows = size.ws_row;
  }
  return out;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{descriptor, POLLOUT, 0};
      ::poll(&ready, 1, 1000);
    } else if (errno == EPIPE && descriptor == STDOUT_FILENO) {
      ::_exit(exit_reader_gone);
    } else if (errno != EINTR) {
      if (descriptor == STDOUT_FILENO) {
        warn(std::string("standard output cannot be written: ") + std::strerror(errno));
      }
      return false;
    }
  }
  return true;
}

output::output(const global_options& global)
    : format_(global.output),
      terminal_(is_terminal(STDOUT_FILENO)),
      look_(wants_color(global.color, terminal_)) {}

bool output::structured() const noexcept {
  return is_structured(format_);
}

std::size_t output::width() const {
  return terminal_ && !wide() ? size_of_terminal(STDOUT_FILENO).columns : 0;
}

void output::print(std::string_view text) {
  if (!failed_) failed_ = !write_all(STDOUT_FILENO, text);
}

void output::print(const nlohmann::json& value) {
  print(structured_text(value, format_));
}

void output::print_foreign(std::string_view text) {
  if (terminal_) {
    print(printable_lines(text));
  } else {
    print(text);
  }
}

void say(const global_options& global, std::string_view line) {
  if (!global.quiet) write_all(STDERR_FILENO, printable(line) + "\n");
}

void warn(std::string_view line) {
  write_all(STDERR_FILENO, "warning: " + printable(line) + "\n");
}

style error_style(const global_options& global) {
  return style(wants_color(global.color, is_terminal(STDERR_FILENO)));
}

}  // namespace skein::cli
