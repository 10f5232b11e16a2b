// Whether colours are wanted, and what they mean: a tone, never a number, is what callers name.
#pragma once

#include "cli/invocation.hpp"
#include "schema/campaign.hpp"
#include "schema/stage.hpp"

#include <string>
#include <string_view>

namespace skein::cli {

enum class tone { plain, good, bad, warn, active, dim, strong, added, removed, hunk };

/// The decision: an explicit wish wins; then NO_COLOR; then CLICOLOR_FORCE or FORCE_COLOR; then
/// CLICOLOR=0 and TERM=dumb; then whether the stream is a terminal.
[[nodiscard]] bool wants_color(color_wish wish, bool terminal);

/// False only when the locale names another character set.
[[nodiscard]] bool speaks_utf8();

class style {
 public:
  explicit style(bool colored = false) : colored_(colored) {}
  [[nodiscard]] bool colored() const noexcept { return colored_; }
  /// `text` is printable already.
  [[nodiscard]] std::string paint(tone how, std::string_view text) const;

 private:
  bool colored_;
};

[[nodiscard]] tone tone_of(schema::run_state state) noexcept;
[[nodiscard]] tone tone_of(schema::campaign_state state) noexcept;

}  // namespace skein::cli
