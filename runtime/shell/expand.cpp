#include "runtime/shell/expand.hpp"

#include <algorithm>

namespace skein::shell::detail {

namespace {

/// A character of a word with what the shell still knows about it.
struct glyph {
  char c = 0;
  bool quoted = false;
  bool unknown = false;  ///< stands for the value of an expansion
};
using glyphs = std::vector<glyph>;

constexpr std::size_t most_words = 256;

glyphs glyphs_of(const word& value, expanded_word& notes) {
  glyphs out;
  for (const part& each : value.parts) {
    notes.differs = notes.differs || each.dialect;
    notes.assigns = notes.assigns || each.assigns;
    for (const part& inner : each.inside) {
      notes.differs = notes.differs || inner.dialect;
      notes.assigns = notes.assigns || inner.assigns;
    }
    if (each.kind != part_kind::text) {
      out.push_back({0, each.quoted, true});
      continue;
    }
    for (const char c : each.text) out.push_back({c, each.quoted, false});
  }
  return out;
}

bool is_open(const glyph& at, char c) {
  return at.c == c && !at.quoted && !at.unknown;
}

/// The words of `{a,b}`; false when there is no such brace.
bool split_brace(const glyphs& from, std::vector<glyphs>& into) {
  for (std::size_t open = 0; open < from.size(); ++open) {
    if (!is_open(from[open], '{')) continue;
    std::size_t depth = 0;
    std::vector<std::size_t> commas;
    for (std::size_t at = open; at < from.size(); ++at) {
      if (is_open(from[at], '{')) ++depth;
      if (is_open(from[at], ',') && depth == 1) commas.push_back(at);
      if (!is_open(from[at], '}') || --depth > 0) continue;
      if (commas.empty()) break;
      commas.push_back(at);
      std::size_t begin = open + 1;
      for (const std::size_t comma : commas) {
        glyphs one(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(open));
        one.insert(one.end(), from.begin() + static_cast<std::ptrdiff_t>(begin),
                   from.begin() + static_cast<std::ptrdiff_t>(comma));
        one.insert(one.end(), from.begin() + static_cast<std::ptrdiff_t>(at) + 1, from.end());
        into.push_back(std::move(one));
        begin = comma + 1;
      }
      return true;
    }
  }
  return false;
}

bool has_range(const glyphs& from) {
  bool open = false;
  for (std::size_t at = 0; at < from.size(); ++at) {
    if (is_open(from[at], '{')) open = true;
    if (open && is_open(from[at], '.') && at + 1 < from.size() && is_open(from[at + 1], '.')) {
      return true;
    }
  }
  return false;
}

/// `[` alone is a character, and the name of a command.
bool opens_set(const glyphs& from, std::size_t at) {
  if (!is_open(from[at], '[')) return false;
  for (std::size_t next = at + 1; next < from.size(); ++next) {
    if (from[next].unknown || from[next].c == ']') return true;
  }
  return false;
}

argument finished(const glyphs& from) {
  argument out;
  for (std::size_t at = 0; at < from.size(); ++at) {
    const glyph& each = from[at];
    const bool after_break = at == 0 || is_open(from[at - 1], '=') || is_open(from[at - 1], ':');
    if (each.unknown || is_open(each, '*') || is_open(each, '?') || opens_set(from, at) ||
        (is_open(each, '~') && after_break)) {
      out.known = false;
      out.split = out.split || !each.quoted;
    }
    if (out.known) out.text += each.c;
  }
  return out;
}

}  // namespace

expanded_word expand(const word& value) {
  expanded_word out;
  // The common case.
  if (value.parts.size() == 1 && value.parts.front().kind == part_kind::text &&
      !value.parts.front().dialect &&
      (value.parts.front().quoted ||
       value.parts.front().text.find_first_of("{*?[~") == std::string::npos)) {
    out.arguments.push_back({value.parts.front().text, true, false});
    return out;
  }
  std::vector<glyphs> open{glyphs_of(value, out)};
  std::size_t steps = 0;
  while (!open.empty()) {
    const glyphs next = std::move(open.back());
    open.pop_back();
    std::vector<glyphs> halves;
    if (steps < most_words && split_brace(next, halves)) {
      out.differs = true;
      steps += halves.size();
      // Taken from the back, so the order stays.
      for (auto each = halves.rbegin(); each != halves.rend(); ++each) {
        open.push_back(std::move(*each));
      }
      continue;
    }
    if (has_range(next)) out.differs = true;
    out.arguments.push_back(finished(next));
  }
  return out;
}

argument value_of(const word& value) {
  expanded_word notes;
  argument out;
  for (const glyph& each : glyphs_of(value, notes)) {
    if (each.unknown || (is_open(each, '~'))) out.known = false;
    if (out.known) out.text += each.c;
  }
  return out;
}

}  // namespace skein::shell::detail
