// Gitignore patterns. See pattern.hpp. The wildcards follow git's wildmatch with WM_PATHNAME.
#include "runtime/diff/pattern.hpp"

#include <algorithm>
#include <cctype>

namespace skein::diff {
namespace {

constexpr std::size_t worth_sorting = 6;

unsigned char byte(char c) noexcept {
  return static_cast<unsigned char>(c);
}

/// `[:alpha:]` and the like, ASCII only.
bool in_class(std::string_view name, unsigned char c, bool& known) {
  known = true;
  if (c >= 0x80) c = 0;
  if (name == "alnum") return std::isalnum(c) != 0;
  if (name == "alpha") return std::isalpha(c) != 0;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return std::iscntrl(c) != 0 && c != 0;
  if (name == "digit") return std::isdigit(c) != 0;
  if (name == "graph") return std::isgraph(c) != 0;
  if (name == "lower") return std::islower(c) != 0;
  if (name == "print") return std::isprint(c) != 0;
  if (name == "punct") return std::ispunct(c) != 0;
  if (name == "space") return std::isspace(c) != 0;
  if (name == "upper") return std::isupper(c) != 0;
  if (name == "xdigit") return std::isxdigit(c) != 0;
  known = false;
  return false;
}

/// Trailing spaces do not count unless a backslash protects them.
std::string_view without_trailing_spaces(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      end = i + 1;
    } else if (text[i] != ' ') {
      end = i + 1;
    }
  }
  return text.substr(0, end);
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> names;
  for (;;) {
    const std::size_t slash = path.find('/');
    names.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return names;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

pattern::pattern(std::string_view text) {
  text = without_trailing_spaces(text);
  if (text.empty() || text[0] == '#') return;
  if (text[0] == '!') {
    negated_ = true;
    text.remove_prefix(1);
  }
  if (!text.empty() && text.back() == '/') {
    directory_only_ = true;
    text.remove_suffix(1);
  }
  anchored_ = text.find('/') != std::string_view::npos;
  if (!text.empty() && text[0] == '/') text.remove_prefix(1);
  if (text.empty()) return;
  if (anchored_) {
    // As git does: what comes before the first wildcard is compared as it is, and the rest stands
    // for itself, so that in `lib**/x` the `**` does cross directories.
    const std::size_t length = std::min(text.find_first_of("*?[\\"), text.size());
    prefix_ = text.substr(0, length);
    text.remove_prefix(length);
  }
  usable_ = text.empty() || parse_segments(text);
  if (segments_.empty() || segments_.back().any_depth) return;
  const auto& tokens = segments_.back().tokens;
  for (auto last = tokens.rbegin(); last != tokens.rend(); ++last) {
    if (last->what != step::literal) break;
    suffix_.insert(suffix_.begin(), last->character);
  }
}

bool pattern::parse_segments(std::string_view text) {
  segments_.emplace_back();
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto& tokens = segments_.back().tokens;
    const char c = text[i];
    if (c == '/') {
      segments_.emplace_back();
    } else if (c == '*') {
      const std::size_t first = i;
      while (i + 1 < text.size() && text[i + 1] == '*') ++i;
      const bool alone =
          i > first && tokens.empty() && (i + 1 == text.size() || text[i + 1] == '/');
      if (alone && anchored_) {
        segments_.back().any_depth = true;
      } else {
        tokens.push_back({step::star, 0, {}});
      }
    } else if (c == '?') {
      tokens.push_back({step::any, 0, {}});
    } else if (c == '[') {
      token set;
      if (!parse_set(text, i, set)) return false;
      tokens.push_back(set);
    } else if (c == '\\') {
      if (++i == text.size()) return false;
      if (text[i] == '/') {
        segments_.emplace_back();
      } else {
        tokens.push_back({step::literal, text[i], {}});
      }
    } else {
      tokens.push_back({step::literal, c, {}});
    }
  }
  return true;
}

/// From the `[` at `at`, which is left at the `]`. False for a set that never ends.
bool pattern::parse_set(std::string_view text, std::size_t& at, token& into) {
  into.what = step::set;
  std::size_t i = at + 1;
  const bool inverted = i < text.size() && (text[i] == '!' || text[i] == '^');
  if (inverted) ++i;
  int previous = -1;
  for (bool first = true;; first = false, ++i) {
    if (i >= text.size()) return false;
    char c = text[i];
    if (c == ']' && !first) break;
    if (c == '-' && previous >= 0 && i + 1 < text.size() && text[i + 1] != ']') {
      c = text[++i];
      if (c == '\\') {
        if (++i >= text.size()) return false;
        c = text[i];
      }
      for (int member = previous; member <= byte(c); ++member) {
        into.members.set(static_cast<std::size_t>(member));
      }
      previous = -1;
      continue;
    }
    if (c == '[' && i + 1 < text.size() && text[i + 1] == ':') {
      const std::size_t end = text.find(']', i + 2);
      if (end == std::string_view::npos) return false;
      if (end >= i + 3 && text[end - 1] == ':') {
        const std::string_view name = text.substr(i + 2, end - i - 3);
        for (std::size_t member = 1; member < 256; ++member) {
          bool known = false;
          if (in_class(name, static_cast<unsigned char>(member), known)) into.members.set(member);
          if (!known) return false;
        }
        i = end;
        previous = -1;
        continue;
      }
    }
    if (c == '\\') {
      if (++i >= text.size()) return false;
      c = text[i];
    }
    into.members.set(byte(c));
    previous = byte(c);
  }
  if (inverted) into.members.flip();
  at = i;
  return true;
}

/// One `*` to fall back to is enough: an earlier one can only match what the later one can too.
bool pattern::matches_segment(const std::vector<token>& tokens, std::string_view name) {
  std::size_t t = 0;
  std::size_t n = 0;
  std::size_t star = tokens.size();
  std::size_t resume = 0;
  while (n < name.size()) {
    bool fits = false;
    if (t < tokens.size()) {
      const token& wanted = tokens[t];
      if (wanted.what == step::star) {
        star = t++;
        resume = n;
        continue;
      }
      fits = wanted.what == step::any ||
             (wanted.what == step::set && wanted.members.test(byte(name[n]))) ||
             (wanted.what == step::literal && wanted.character == name[n]);
    }
    if (fits) {
      ++t;
      ++n;
    } else if (star < tokens.size()) {
      t = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (t < tokens.size() && tokens[t].what == step::star) ++t;
  return t == tokens.size();
}

/// The same with `**` among segments; a final `**` takes at least one name.
bool pattern::matches_segments(const std::vector<std::string_view>& names) const {
  std::size_t s = 0;
  std::size_t n = 0;
  std::size_t star = segments_.size();
  std::size_t resume = 0;
  while (n < names.size()) {
    if (s < segments_.size() && segments_[s].any_depth) {
      if (s + 1 == segments_.size()) return true;
      star = s++;
      resume = n;
    } else if (s < segments_.size() && matches_segment(segments_[s].tokens, names[n])) {
      ++s;
      ++n;
    } else if (star < segments_.size()) {
      s = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return s == segments_.size();
}

bool pattern::matches(std::string_view path, bool directory) const {
  if (!usable_ || (directory_only_ && !directory) || !path.ends_with(suffix_)) return false;
  if (anchored_) {
    if (!path.starts_with(prefix_)) return false;
    path.remove_prefix(prefix_.size());
    return segments_.empty() ? path.empty() : matches_segments(split(path));
  }
  return matches_segment(segments_[0].tokens, path.substr(path.rfind('/') + 1));
}

pattern_list::pattern_list(const std::vector<std::string>& texts) {
  patterns_.reserve(texts.size());
  for (const std::string& text : texts) patterns_.emplace_back(text);
  const bool negation = std::any_of(patterns_.begin(), patterns_.end(),
                                    [](const pattern& each) { return each.negated(); });
  if (!negation && patterns_.size() >= worth_sorting) sort_by_bytes();
}

void pattern_list::sort_by_bytes() {
  sorted_ = true;
  std::array<std::vector<std::uint32_t>, 256> ends;
  std::array<std::vector<std::uint32_t>, 256> begins;
  for (std::uint32_t i = 0; i < patterns_.size(); ++i) {
    const pattern& each = patterns_[i];
    if (!each.ending().empty()) {
      ends[byte(each.ending().back())].push_back(i);
    } else if (!each.beginning().empty()) {
      begins[byte(each.beginning().front())].push_back(i);
    } else {
      others_.push_back(i);
    }
  }
  const auto pack = [](const auto& lists, by_byte& into) {
    for (std::size_t i = 0; i < lists.size(); ++i) {
      into.numbers.insert(into.numbers.end(), lists[i].begin(), lists[i].end());
      into.from[i + 1] = static_cast<std::uint32_t>(into.numbers.size());
    }
  };
  pack(ends, by_end_);
  pack(begins, by_begin_);
}

bool pattern_list::any_matches(std::string_view path, bool directory) const {
  if (path.empty()) return last_matches(path, directory);
  const auto fits = [&](std::uint32_t number) {
    return patterns_[number].matches(path, directory);
  };
  const auto among = [&](const by_byte& list, char by) {
    const auto* first = list.numbers.data() + list.from[byte(by)];
    const auto* last = list.numbers.data() + list.from[byte(by) + std::size_t{1}];
    return std::any_of(first, last, fits);
  };
  return among(by_end_, path.back()) || among(by_begin_, path.front()) ||
         std::any_of(others_.begin(), others_.end(), fits);
}

bool pattern_list::last_matches(std::string_view path, bool directory) const {
  const auto last = std::find_if(patterns_.rbegin(), patterns_.rend(), [&](const pattern& each) {
    return each.matches(path, directory);
  });
  return last != patterns_.rend() && !last->negated();
}

bool pattern_list::matches(std::string_view path) const {
  for (std::size_t slash = path.find('/');; slash = path.find('/', slash + 1)) {
    const bool whole = slash == std::string_view::npos;
    const std::string_view prefix = path.substr(0, slash);
    if (sorted_ ? any_matches(prefix, !whole) : last_matches(prefix, !whole)) return true;
    if (whole) return false;
  }
}

}  // namespace skein::diff
