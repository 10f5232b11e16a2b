#include "runtime/policy/glob.hpp"

#include "runtime/policy/fold.hpp"
#include "schema/text.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <optional>

namespace skein::policy {

namespace {

constexpr std::int64_t automaton_bytes = 16 << 20;

RE2::Options options() {
  RE2::Options out;
  out.set_log_errors(false);
  out.set_never_capture(true);
  out.set_dot_nl(true);
  out.set_max_mem(automaton_bytes);
  return out;
}

result<std::unique_ptr<RE2>> compiled(const std::string& expression) {
  auto out = std::make_unique<RE2>(expression, options());
  if (out->ok()) return out;
  return error{errc::invalid, "the patterns are too many or cannot be compiled",
               "use fewer or simpler patterns"};
}

void quote(char c, std::string& out) {
  static constexpr std::string_view special = R"(\.+*?()|[]{}^$-)";
  if (special.find(c) != std::string_view::npos) out += '\\';
  out += c;
}

/// `[…]` at the front of `text` as an expression that never crosses a slash; empty: not a class.
std::string class_at(std::string_view text, std::size_t& used) {
  std::size_t at = 1;
  const bool negated = at < text.size() && (text[at] == '!' || text[at] == '^');
  if (negated) ++at;
  std::string members;
  bool first = true;
  for (; at < text.size() && (first || text[at] != ']'); ++at, first = false) {
    if (text[at] == '/') return {};
    if (text[at] == '-' && !first && at + 1 < text.size() && text[at + 1] != ']') {
      members += '-';
    } else if (text[at] == '\\' && at + 1 < text.size()) {
      quote(text[++at], members);
    } else {
      quote(text[at], members);
    }
  }
  if (at >= text.size()) return {};
  used = at + 1;
  return negated ? "[^/" + members + "]" : "[" + members + "]";
}

error wrong_pattern(std::string_view pattern, const char* what) {
  return {errc::invalid, "pattern " + schema::detail::in_quotes(pattern) + " " + what,
          "use a path pattern such as **/*.pem"};
}

/// One pattern as an expression over a whole reading.
result<std::string> translated(std::string_view pattern, bool loose) {
  const std::string_view whole = pattern;
  while (pattern.starts_with("./")) pattern.remove_prefix(2);
  bool folder = false;
  while (pattern.ends_with('/') && pattern.size() > 1) {
    pattern.remove_suffix(1);
    folder = true;
  }
  if (pattern.empty()) return wrong_pattern(whole, "is empty");
  std::string out;
  const bool floating = pattern.find('/') == std::string_view::npos || pattern.starts_with("**/");
  if (floating) {
    // What is outside starts with a slash; only restrictions reach there.
    out += loose ? "/?(?:[^/]+/)*" : "(?:[^/]+/)*";
    if (pattern.starts_with("**/")) pattern.remove_prefix(3);
  }
  int braces = 0;
  bool closed = false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const std::string_view rest = pattern.substr(at);
    const bool starts_name = at == 0 || pattern[at - 1] == '/';
    if (starts_name && rest == "**") {
      // Everything below; a restriction also holds for the folder itself.
      if (loose && out.ends_with('/') && at > 0) {
        out.pop_back();
        out += "(?:/.*)?";
      } else {
        out += ".+";
      }
      closed = true;
      break;
    }
    if (starts_name && rest.starts_with("**/")) {
      out += "(?:[^/]+/)*";
      at += 2;
    } else if (rest[0] == '*') {
      while (at + 1 < pattern.size() && pattern[at + 1] == '*') ++at;
      out += "[^/]*";
    } else if (rest[0] == '?') {
      out += "[^/]";
    } else if (rest[0] == '[') {
      std::size_t used = 0;
      const std::string members = class_at(rest, used);
      if (members.empty()) return wrong_pattern(whole, "has a [ without its ]");
      out += members;
      at += used - 1;
    } else if (rest[0] == '{') {
      out += "(?:";
      ++braces;
    } else if (rest[0] == '}' && braces > 0) {
      out += ')';
      --braces;
    } else if (rest[0] == ',' && braces > 0) {
      out += '|';
    } else if (rest[0] == '\\' && at + 1 < pattern.size()) {
      quote(pattern[++at], out);
    } else {
      quote(rest[0], out);
    }
  }
  if (braces > 0) return wrong_pattern(whole, "has a { without its }");
  if (folder && !closed) {
    out += loose ? "(?:/.*)?" : "/.+";
  } else if (loose && !closed) {
    out += "(?:/.*)?";
  }
  return out;
}

result<std::string> translated(const std::vector<std::string>& patterns, bool loose, bool folded) {
  std::string out;
  for (const std::string& each : patterns) {
    SKEIN_TRY(one, translated(folded ? fold(each) : each, loose));
    out += (out.empty() ? "(?:" : "|") + one;
  }
  return out + ")";
}

bool full_match(const std::unique_ptr<RE2>& expression, std::string_view text) {
  return expression != nullptr && expression->Match(re2::StringPiece(text.data(), text.size()), 0,
                                                    text.size(), RE2::ANCHOR_BOTH, nullptr, 0);
}

}  // namespace

path_patterns::path_patterns() = default;
path_patterns::~path_patterns() = default;
path_patterns::path_patterns(path_patterns&&) noexcept = default;
path_patterns& path_patterns::operator=(path_patterns&&) noexcept = default;

result<path_patterns> path_patterns::compile(const std::vector<std::string>& patterns) {
  path_patterns out;
  SKEIN_TRY(exact, translated(patterns, false, false));
  SKEIN_TRY(loose, translated(patterns, true, false));
  SKEIN_TRY(folded, translated(patterns, true, true));
  SKEIN_TRY(exact_expression, compiled(exact));
  SKEIN_TRY(loose_expression, compiled(loose));
  out.exact_ = std::move(exact_expression);
  out.loose_ = std::move(loose_expression);
  if (folded != loose) {
    SKEIN_TRY(folded_expression, compiled(folded));
    out.loose_folded_ = std::move(folded_expression);
  }
  return out;
}

bool path_patterns::all_readings_match(const normalized_path& path) const {
  if (path.unreadable) return false;
  return std::all_of(path.literal.begin(), path.literal.end(),
                     [this](const auto& each) { return full_match(exact_, each.text); });
}

bool path_patterns::any_reading_matches(const normalized_path& path) const {
  const auto& folded = loose_folded_ ? loose_folded_ : loose_;
  for (const auto& each : path.folded) {
    if (full_match(folded, each.text)) return true;
  }
  if (!loose_folded_ && path.folded == path.literal) return false;
  return std::any_of(path.literal.begin(), path.literal.end(),
                     [this](const auto& each) { return full_match(loose_, each.text); });
}

value_patterns::value_patterns() = default;
value_patterns::~value_patterns() = default;
value_patterns::value_patterns(value_patterns&&) noexcept = default;
value_patterns& value_patterns::operator=(value_patterns&&) noexcept = default;

result<value_patterns> value_patterns::compile(const std::vector<std::string>& patterns) {
  value_patterns out;
  std::string globs;
  for (const std::string& each : patterns) {
    if (each.find_first_of("*?") == std::string::npos) {
      out.words_.push_back(each);
      continue;
    }
    globs += globs.empty() ? "(?:" : "|";
    for (const char c : each) {
      if (c == '*') {
        globs += ".*";
      } else if (c == '?') {
        globs += '.';
      } else {
        quote(c, globs);
      }
    }
  }
  if (!globs.empty()) {
    SKEIN_TRY(expression, compiled(globs + ")"));
    out.globs_ = std::move(expression);
  }
  return out;
}

bool value_patterns::matches(std::string_view value) const {
  if (std::find(words_.begin(), words_.end(), value) != words_.end()) return true;
  return full_match(globs_, value);
}

bool pattern_covers(const std::string& outer, const std::string& inner) {
  if (outer == inner) return true;
  const auto expression = translated(outer, false);
  if (!expression) return false;
  const auto automaton = compiled(*expression);
  if (!automaton) return false;
  // Wildcards of `inner` become text that only a wildcard of `outer` can match.
  for (const std::string_view folders : {"", "\xee\x80\x80/", "\xee\x80\x80/\xee\x80\x81/"}) {
    std::string sample;
    for (std::size_t at = 0; at < inner.size(); ++at) {
      const std::string_view rest = std::string_view(inner).substr(at);
      if (rest.starts_with("**/")) {
        sample += folders;
        at += 2;
      } else if (rest == "**") {
        sample += std::string(folders) + "\xee\x80\x82";
        at += 1;
      } else if (rest[0] == '*' || rest[0] == '?') {
        sample += "\xee\x80\x83";
      } else if (rest[0] == '[' || rest[0] == '{' || rest[0] == '\\') {
        return false;
      } else {
        sample += rest[0];
      }
    }
    if (inner.find('/') == std::string::npos) sample = std::string(folders) + sample;
    if (!full_match(*automaton, sample)) return false;
  }
  return true;
}

}  // namespace skein::policy
