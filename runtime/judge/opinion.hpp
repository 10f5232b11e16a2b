// What somebody thinks of a change: one decision, and why, file by file. Values only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::judge {

/// From the loosest to the tightest.
enum class decision {
  pass,
  draft,     ///< a pull request that is not offered for merging
  approval,  ///< a person has to agree first
  block,
};
/// The stable text (`"approval"`).
[[nodiscard]] const char* to_string(decision value) noexcept;
[[nodiscard]] std::optional<decision> parse_decision(std::string_view text) noexcept;

/// All texts are bounded and fit to be shown.
struct reason {
  std::string path;  ///< empty: of the change as a whole
  std::string text;
  std::string rule;  ///< of the rules judge; empty: a model's
  friend bool operator==(const reason&, const reason&) = default;
};

struct opinion {
  decision decided = decision::block;
  std::vector<reason> reasons;
  std::string by;  ///< "rules", or "model:PROVIDER/MODEL"
  friend bool operator==(const opinion&, const opinion&) = default;
};

/// Opinions only tighten: the tighter decision, the reasons of both (those of the tighter first,
/// no more than some dozens), both names.
[[nodiscard]] opinion tightest(const opinion& one, const opinion& other);

/// As `PATH: TEXT`, for a veto that is fed back and for records.
[[nodiscard]] std::vector<std::string> lines_of(const opinion& said);

}  // namespace skein::judge
