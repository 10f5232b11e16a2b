// See assertion_text.hpp.
#include "runtime/diff/assertion_text.hpp"

#include "runtime/diff/table_content.hpp"

#include <cctype>

namespace skein::diff {
namespace {

bool is_open(char c) noexcept {
  return c == '(' || c == '[' || c == '{';
}
bool is_close(char c) noexcept {
  return c == ')' || c == ']' || c == '}';
}
bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

}  // namespace

bool is_word_byte(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

std::size_t closing_bracket(std::string_view code, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < code.size(); ++i) {
    if (is_open(code[i])) ++depth;
    if (is_close(code[i]) && --depth == 0) return i;
  }
  return std::string_view::npos;
}

std::vector<span> split_top(std::string_view code, span within, char separator) {
  std::vector<span> out;
  if (trimmed_span(code, within).empty()) return out;
  int depth = 0;
  std::size_t from = within.begin;
  for (std::size_t i = within.begin; i < within.end; ++i) {
    if (is_open(code[i])) ++depth;
    if (is_close(code[i])) --depth;
    if (depth == 0 && code[i] == separator) {
      out.push_back(trimmed_span(code, {from, i}));
      from = i + 1;
    }
  }
  const span last = trimmed_span(code, {from, within.end});
  if (!last.empty()) out.push_back(last);
  return out;
}

span trimmed_span(std::string_view code, span within) {
  while (within.begin < within.end && is_space(code[within.begin])) ++within.begin;
  while (within.begin < within.end && is_space(code[within.end - 1])) --within.end;
  return within;
}

span stripped(std::string_view code, span within) {
  for (;;) {
    within = trimmed_span(code, within);
    if (within.end - within.begin < 2 || code[within.begin] != '(') return within;
    if (closing_bracket(code.substr(0, within.end), within.begin) != within.end - 1) return within;
    ++within.begin;
    --within.end;
  }
}

std::size_t find_top(std::string_view code, span within, std::string_view what) {
  const bool word = is_word_byte(what.front());
  int depth = 0;
  for (std::size_t i = within.begin; i + what.size() <= within.end; ++i) {
    if (is_open(code[i])) ++depth;
    if (is_close(code[i])) --depth;
    if (depth != 0 || !code.substr(i).starts_with(what)) continue;
    if (word && ((i > within.begin && is_word_byte(code[i - 1])) ||
                 (i + what.size() < within.end && is_word_byte(code[i + what.size()])))) {
      continue;
    }
    return i;
  }
  return std::string_view::npos;
}

std::vector<link> links_of(std::string_view code) {
  std::vector<link> out;
  std::size_t i = 0;
  while (i < code.size()) {
    const char c = code[i];
    if (c == '"' || c == '\'' || c == '`') {
      const std::size_t close = code.find(c, i + 1);
      i = close == std::string_view::npos ? code.size() : close + 1;
    } else if (is_open(c)) {
      const std::size_t close = closing_bracket(code, i);
      i = close == std::string_view::npos ? code.size() : close + 1;
    } else if (is_word_byte(c) && std::isdigit(static_cast<unsigned char>(c)) == 0) {
      const std::size_t first = i;
      while (i < code.size() && is_word_byte(code[i])) ++i;
      link made;
      made.name = canonical_name(code.substr(first, i - first));
      made.dotted = first > 0 && (code[first - 1] == '.' || code[first - 1] == '>');
      if (i < code.size() && (code[i] == '!' || code[i] == '?') &&
          (i + 1 == code.size() || code[i + 1] != '=')) {
        if (code[i] == '!' || i + 1 == code.size() || code[i + 1] != '.') ++i;
      }
      std::size_t next = i;
      while (next < code.size() && is_space(code[next])) ++next;
      if (next < code.size() && (code[next] == '(' || code[next] == '{')) {
        const std::size_t close = closing_bracket(code, next);
        made.called = true;
        made.arguments = {next + 1, close == std::string_view::npos ? code.size() : close};
        i = close == std::string_view::npos ? code.size() : close + 1;
      } else if (next > i && next < code.size() && code[next] != '.') {
        made.followed = true;
        made.arguments = {next, code.size()};
      }
      if (!made.name.empty()) out.push_back(std::move(made));
    } else {
      ++i;
    }
  }
  return out;
}

}  // namespace skein::diff
