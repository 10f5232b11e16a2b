// Decisions and how they add up. See opinion.hpp.
#include "runtime/judge/opinion.hpp"

#include <algorithm>
#include <array>

namespace skein::judge {
namespace {

constexpr std::array names{"pass", "draft", "approval", "block"};
constexpr std::size_t most_reasons = 64;

}  // namespace

const char* to_string(decision value) noexcept {
  return names[static_cast<std::size_t>(value)];
}

std::optional<decision> parse_decision(std::string_view text) noexcept {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return std::nullopt;
  return static_cast<decision>(found - names.begin());
}

opinion tightest(const opinion& one, const opinion& other) {
  const bool first = one.decided >= other.decided;
  opinion out = first ? one : other;
  const opinion& looser = first ? other : one;
  for (const auto& each : looser.reasons) {
    if (out.reasons.size() >= most_reasons) break;
    if (std::find(out.reasons.begin(), out.reasons.end(), each) == out.reasons.end()) {
      out.reasons.push_back(each);
    }
  }
  if (out.by.empty()) {
    out.by = looser.by;
  } else if (!looser.by.empty() && looser.by != out.by) {
    out.by += " " + looser.by;
  }
  return out;
}

std::vector<std::string> lines_of(const opinion& said) {
  std::vector<std::string> out;
  out.reserve(said.reasons.size());
  for (const auto& each : said.reasons) {
    out.push_back(each.path.empty() ? each.text : each.path + ": " + each.text);
  }
  return out;
}

}  // namespace skein::judge
