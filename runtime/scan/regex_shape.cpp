// See regex_shape.hpp.
#include "runtime/scan/regex_shape.hpp"

#include <algorithm>
#include <cctype>

namespace skein::scan {
namespace {

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// Reads the class whose `[` is at `at` and leaves `at` on its `]`. False when it may hold a line
/// end, or when it is not understood.
bool class_stays_within_line(std::string_view regex, std::size_t& at) {
  ++at;
  const bool negated = at < regex.size() && regex[at] == '^';
  if (negated) ++at;
  bool names_line_end = false;
  for (bool first = true; at < regex.size(); ++at, first = false) {
    const char c = regex[at];
    if (c == ']' && !first) return negated == names_line_end;
    if (c == '[' && regex.substr(at + 1).starts_with(':')) return false;
    // A range over control characters could hold the line end without naming it.
    if (static_cast<unsigned char>(c) < ' ') return false;
    if (c != '\\') continue;
    if (++at == regex.size()) return false;
    const char escaped = regex[at];
    if (!is_alnum(escaped)) continue;
    if (escaped == 'n' || escaped == 's') {
      names_line_end = true;
    } else if (std::string_view{"dwrtf"}.find(escaped) == std::string_view::npos) {
      return false;
    }
    if (regex.substr(at + 1).starts_with('-') && !regex.substr(at + 1).starts_with("-]")) {
      return false;
    }
  }
  return false;
}

}  // namespace

bool stays_within_line(std::string_view regex) {
  for (std::size_t i = 0; i < regex.size(); ++i) {
    const char c = regex[i];
    if (static_cast<unsigned char>(c) < ' ' || c == '^' || c == '$') return false;
    if (c == '[') {
      if (!class_stays_within_line(regex, i)) return false;
    } else if (c == '(' && regex.substr(i + 1).starts_with('?')) {
      const std::string_view rest = regex.substr(i + 2);
      const std::string_view flags = rest.substr(0, rest.find_first_of(":)<"));
      if (flags.find_first_of("sm") != std::string_view::npos) return false;
    } else if (c == '\\') {
      ++i;
      const char escaped = i < regex.size() ? regex[i] : 'n';
      if (is_alnum(escaped) && std::string_view{"dwbBSt"}.find(escaped) == std::string_view::npos) {
        return false;
      }
    }
  }
  return true;
}

bool works_on_bytes(std::string_view regex) {
  for (const std::string_view unicode : {"\\p", "\\P", "\\x{", "\\X", "\\C"}) {
    if (regex.find(unicode) != std::string_view::npos) return false;
  }
  return std::all_of(regex.begin(), regex.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace skein::scan
