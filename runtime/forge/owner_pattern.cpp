// See owner_pattern.hpp. Two levels of the same greedy match, each going back to its last star
// only, so that the time is at most the product of the lengths.
#include "runtime/forge/owner_pattern.hpp"

namespace skein::forge {
namespace {

constexpr std::size_t longest_pattern = 4096;

error wrong(const char* why) {
  return {errc::invalid, why, ""};
}

/// Nothing when the characters can stand in a pattern.
const char* complaint(std::string_view text) {
  if (text.empty()) return "the pattern is empty";
  if (text.size() > longest_pattern) return "the pattern is longer than 4096 bytes";
  if (text.front() == '!') return "a pattern cannot be negated with !";
  if (text.starts_with("\\#")) return "a pattern cannot begin with an escaped #";
  if (text.find("***") != std::string_view::npos) return "a pattern cannot hold ***";
  if (text.find("//") != std::string_view::npos) return "a pattern cannot hold //";
  if (text == "/") return "the pattern names no file";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return "the pattern holds a control character";
    if (c == '[' || c == ']') return "a pattern cannot hold a character range [ ]";
    if (c == '\\' && ++i == text.size()) return "the pattern ends in a backslash";
  }
  return nullptr;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

bool has_wildcard(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '*' || text[i] == '?') {
      return true;
    }
  }
  return false;
}

}  // namespace

result<owner_pattern> owner_pattern::compile(std::string_view text) {
  if (const char* why = complaint(text)) return wrong(why);
  owner_pattern out;
  bool anchored = false;
  if (text.front() == '/') {
    anchored = true;
    text.remove_prefix(1);
  }
  if (text.ends_with('/')) {
    out.inside_ = true;
    text.remove_suffix(1);
  }
  anchored = anchored || text.find('/') != std::string_view::npos;
  if (!anchored && text != "**") out.segments_.push_back({kind::any_depth, {}});
  while (true) {
    const std::size_t slash = text.find('/');
    const std::string_view name = text.substr(0, slash);
    if (name == "**") {
      // Two in a row say no more than one.
      if (out.segments_.empty() || out.segments_.back().what != kind::any_depth) {
        out.segments_.push_back({kind::any_depth, {}});
      }
    } else if (has_wildcard(name)) {
      out.segments_.push_back({kind::glob, std::string(name)});
    } else {
      out.segments_.push_back({kind::text, unescaped(name)});
    }
    if (slash == std::string_view::npos) {
      out.inside_ = out.inside_ || name == "**";
      // `docs/*` is one level; every other last name may be that of a directory.
      out.below_ = out.inside_ || name != "*";
      break;
    }
    text.remove_prefix(slash + 1);
  }
  return out;
}

bool owner_pattern::matches_segment(const segment& wanted, std::string_view name,
                                    std::size_t& steps) {
  if (wanted.what == kind::text) return wanted.text == name;
  const std::string_view pattern = wanted.text;
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (true) {
    if (steps == 0) return false;
    --steps;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
      continue;
    }
    const bool escaped = p < pattern.size() && pattern[p] == '\\';
    const std::size_t at = escaped ? p + 1 : p;
    if (n == name.size() && p == pattern.size()) return true;
    if (n < name.size() && at < pattern.size() &&
        (pattern[at] == name[n] || (!escaped && pattern[at] == '?'))) {
      p = at + 1;
      ++n;
      continue;
    }
    if (star == std::string_view::npos || taken >= name.size()) return false;
    p = star + 1;
    n = ++taken;
  }
}

bool owner_pattern::matches(const std::vector<std::string_view>& path, std::size_t& steps) const {
  // A `**` at the end is `inside_`: it needs something below.
  const std::size_t wanted = segments_.size() - (segments_.back().what == kind::any_depth ? 1 : 0);
  const std::size_t spare = inside_ ? 1 : 0;
  if (path.size() <= spare && spare > 0 && wanted > 0) return false;
  std::size_t s = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (true) {
    if (steps == 0) return false;
    --steps;
    if (s < wanted && segments_[s].what == kind::any_depth) {
      star = s++;
      taken = p;
      continue;
    }
    if (s == wanted && p + spare <= path.size() && (below_ || p == path.size())) return true;
    if (s < wanted && p < path.size() && matches_segment(segments_[s], path[p], steps)) {
      ++s;
      ++p;
      continue;
    }
    if (star == std::string_view::npos || taken >= path.size()) return false;
    s = star + 1;
    p = ++taken;
  }
}

}  // namespace skein::forge
