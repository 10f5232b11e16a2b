// Where a verb's words go: data on stdout, everything else on stderr. The only place that writes to
// the two descriptors.
#pragma once

#include "cli/invocation.hpp"
#include "cli/render/style.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace skein::cli {

[[nodiscard]] bool is_terminal(int descriptor) noexcept;

struct terminal_size {
  std::size_t columns = 0;
  std::size_t rows = 0;
};
/// As it is now; 80x24 when the terminal does not say.
[[nodiscard]] terminal_size size_of_terminal(int descriptor) noexcept;

/// Writes all of it. When the reader has gone (`skein get runs | head`) the process ends, quietly.
/// False on any other failure, which is reported on stderr once.
bool write_all(int descriptor, std::string_view text);

/// A verb's standard output: knows the chosen format, the colours and the width.
class output {
 public:
  explicit output(const global_options& global);

  [[nodiscard]] output_format format() const noexcept { return format_; }
  [[nodiscard]] bool structured() const noexcept;
  [[nodiscard]] bool wide() const noexcept { return format_ == output_format::wide; }
  [[nodiscard]] bool to_terminal() const noexcept { return terminal_; }
  [[nodiscard]] const style& look() const noexcept { return look_; }
  /// The width that tables are cut to; 0: no limit (not a terminal, or -o wide).
  [[nodiscard]] std::size_t width() const;

  void print(std::string_view text);
  void print(const std::string& text) { print(std::string_view(text)); }
  void print(const char* text) { print(std::string_view(text)); }
  /// As JSON or YAML, whichever was asked for.
  void print(const nlohmann::json& value);
  /// Text of others: made harmless when a terminal would show it, untouched otherwise.
  void print_foreign(std::string_view text);

  /// `wanted`, or exit_failure when something could not be written (a full disk behind `>`).
  [[nodiscard]] int finish(int wanted) const noexcept { return failed_ ? exit_failure : wanted; }

 private:
  output_format format_;
  bool terminal_;
  style look_;
  bool failed_ = false;
};

/// A line for the person at stderr; silenced by --quiet.
void say(const global_options& global, std::string_view line);
/// `warning: …` on stderr, whatever the options.
void warn(std::string_view line);

/// The colours of stderr.
[[nodiscard]] style error_style(const global_options& global);

}  // namespace skein::cli
