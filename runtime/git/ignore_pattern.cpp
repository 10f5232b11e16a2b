// See ignore_pattern.hpp. The matching follows the rules of git's wildmatch.c.
#include "runtime/git/ignore_pattern.hpp"

#include <algorithm>
#include <cctype>

namespace skein::git {
namespace {

constexpr std::size_t most_steps = 200'000;

unsigned char byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool in_class(std::string_view name, unsigned char c, bool& known) {
  known = true;
  if (name == "alnum") return std::isalnum(c) != 0;
  if (name == "alpha") return std::isalpha(c) != 0;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return std::iscntrl(c) != 0;
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

class matcher {
 public:
  matcher(std::string_view pattern, std::string_view text, bool slashes_matter)
      : pattern_(pattern), text_(text), slashes_matter_(slashes_matter) {}

  /// no: not here. no_shorter: nor with a `*` before this that takes more, up to the next slash.
  /// never: no `*` can help any more.
  enum class answer { yes, no, no_shorter, never };

  answer match(std::size_t p, std::size_t t) {
    for (; p < pattern_.size(); ++p, ++t) {
      if (++steps_ > most_steps) return answer::never;
      const unsigned char wanted = byte_at(pattern_, p);
      if (t == text_.size() && wanted != '*') return answer::never;
      const unsigned char found = byte_at(text_, t);
      switch (wanted) {
        case '?':
          if (slashes_matter_ && found == '/') return answer::no;
          break;
        case '*':
          return match_star(p, t);
        case '[': {
          const answer one = match_bracket(p, found);
          if (one != answer::yes) return one;
          break;
        }
        case '\\':
          ++p;
          if (p == pattern_.size() || byte_at(pattern_, p) != found) return answer::no;
          break;
        default:
          if (wanted != found) return answer::no;
      }
    }
    return t == text_.size() ? answer::yes : answer::no;
  }

 private:
  answer match_star(std::size_t p, std::size_t t) {
    const std::size_t start = p;
    bool crosses = !slashes_matter_;
    ++p;
    if (byte_at(pattern_, p) == '*') {
      while (byte_at(pattern_, p) == '*') ++p;
      const bool begins = start == 0 || pattern_[start - 1] == '/';
      const bool ends = p == pattern_.size() || pattern_[p] == '/' ||
                        (pattern_[p] == '\\' && byte_at(pattern_, p + 1) == '/');
      if (slashes_matter_ && begins && ends) {
        // `**/` also stands for no directory at all.
        if (byte_at(pattern_, p) == '/' && match(p + 1, t) == answer::yes) return answer::yes;
        crosses = true;
      }
    }
    const std::string_view rest = text_.substr(t);
    if (p == pattern_.size()) {
      if (!crosses && rest.find('/') != std::string_view::npos) return answer::no_shorter;
      return answer::yes;
    }
    if (!crosses && pattern_[p] == '/') {
      // One star and a slash: it takes exactly the rest of this component.
      const std::size_t slash = rest.find('/');
      return slash == std::string_view::npos ? answer::never : match(p + 1, t + slash + 1);
    }
    for (; t < text_.size(); ++t) {
      const answer tail = match(p, t);
      if (tail == answer::yes || tail == answer::never) return tail;
      if (tail == answer::no_shorter && !crosses) return tail;
      if (!crosses && text_[t] == '/') return answer::no_shorter;
    }
    return answer::never;
  }

  /// Leaves `p` at the closing bracket.
  answer match_bracket(std::size_t& p, unsigned char found) {
    ++p;
    unsigned char c = byte_at(pattern_, p);
    const bool negated = c == '!' || c == '^';
    if (negated) c = byte_at(pattern_, ++p);
    unsigned char previous = 0;
    bool matched = false;
    do {
      if (p >= pattern_.size()) return answer::never;
      if (c == '\\') {
        c = byte_at(pattern_, ++p);
        if (p >= pattern_.size()) return answer::never;
        matched = matched || c == found;
      } else if (c == '-' && previous != 0 && p + 1 < pattern_.size() && pattern_[p + 1] != ']') {
        c = byte_at(pattern_, ++p);
        if (c == '\\') {
          c = byte_at(pattern_, ++p);
          if (p >= pattern_.size()) return answer::never;
        }
        matched = matched || (found >= previous && found <= c);
        c = 0;  // the end of a range starts no other
      } else if (c == '[' && byte_at(pattern_, p + 1) == ':') {
        const std::size_t start = p + 2;
        const std::size_t close = pattern_.find(']', start);
        if (close == std::string_view::npos) return answer::never;
        if (close == start || pattern_[close - 1] != ':') {
          matched = matched || found == '[';  // no class after all: a plain bracket
        } else {
          bool known = false;
          matched = in_class(pattern_.substr(start, close - 1 - start), found, known) || matched;
          if (!known) return answer::never;
          p = close;
          c = 0;
        }
      } else {
        matched = matched || c == found;
      }
      previous = c;
      c = byte_at(pattern_, ++p);
    } while (c != ']');
    if (matched == negated || (slashes_matter_ && found == '/')) return answer::no;
    return answer::yes;
  }

  std::string_view pattern_;
  std::string_view text_;
  bool slashes_matter_;
  std::size_t steps_ = 0;
};

/// Spaces at the end count only behind a backslash.
std::string_view without_trailing_spaces(std::string_view line) {
  std::size_t last = std::string_view::npos;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') {
      if (last == std::string_view::npos) last = i;
      continue;
    }
    if (line[i] == '\\' && ++i == line.size()) return line;
    last = std::string_view::npos;
  }
  return line.substr(0, last);
}

bool matches(const ignore_pattern& pattern, std::string_view path, bool directory) {
  if (pattern.directory_only && !directory) return false;
  if (pattern.anywhere) {
    const std::size_t slash = path.rfind('/');
    return wildmatch(pattern.text, slash == std::string_view::npos ? path : path.substr(slash + 1),
                     false);
  }
  std::string_view text = pattern.text;
  if (text.starts_with('/')) text.remove_prefix(1);
  // git compares the literal beginning first and matches only the rest. It shows: in `ab**/c` the
  // stars then begin the pattern, and cross directories.
  const std::size_t literal = std::min(text.find_first_of("*?[\\"), text.size());
  if (!path.starts_with(text.substr(0, literal))) return false;
  return wildmatch(text.substr(literal), path.substr(literal), true);
}

}  // namespace

bool wildmatch(std::string_view pattern, std::string_view text, bool slashes_matter) {
  return matcher(pattern, text, slashes_matter).match(0, 0) == matcher::answer::yes;
}

std::vector<ignore_pattern> parse_ignore_file(std::string_view content) {
  std::vector<ignore_pattern> out;
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  while (!content.empty()) {
    const std::size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.starts_with('#')) continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = without_trailing_spaces(line);
    // git's strings end at a NUL.
    line = line.substr(0, line.find('\0'));
    if (line.empty()) continue;
    ignore_pattern pattern;
    if (line.starts_with('!')) {
      pattern.negated = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      pattern.directory_only = true;
      line.remove_suffix(1);
    }
    pattern.anywhere = line.find('/') == std::string_view::npos;
    pattern.text = line;
    out.push_back(std::move(pattern));
  }
  return out;
}

ignore_verdict judge(const std::vector<ignore_pattern>& patterns, std::string_view path,
                     bool directory) {
  const auto last = std::find_if(patterns.rbegin(), patterns.rend(), [&](const auto& pattern) {
    return matches(pattern, path, directory);
  });
  if (last == patterns.rend()) return ignore_verdict::undecided;
  return last->negated ? ignore_verdict::included : ignore_verdict::ignored;
}

}  // namespace skein::git
