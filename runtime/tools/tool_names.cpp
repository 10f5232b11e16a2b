#include "runtime/tools/tool_names.hpp"

#include "runtime/policy/fold.hpp"

#include <algorithm>

namespace skein::tools {

namespace {

bool small(char c) {
  return c >= 'a' && c <= 'z';
}
bool capital(char c) {
  return c >= 'A' && c <= 'Z';
}
bool part_of_name(char c) {
  return small(c) || capital(c) || (c >= '0' && c <= '9') || c == '_';
}

/// It means a tool wherever it stands, and is not just a word.
bool is_distinctive(std::string_view name) {
  const bool joined = name.find_first_of("_-./") != std::string_view::npos;
  const bool camel = std::adjacent_find(name.begin(), name.end(), [](char a, char b) {
                       return small(a) && capital(b);
                     }) != name.end();
  return name.size() >= 5 && (joined || camel);
}

}  // namespace

std::string look_of_name(std::string_view name) {
  std::string out;
  for (const char c : policy::fold(name)) {
    if (c == '_' || c == '-' || c == '.' || c == ' ' || c == '/') continue;
    out += c == '0' ? 'o' : c == '1' || c == 'i' ? 'l' : c;
  }
  return out;
}

bool mentions(std::string_view text, std::string_view name) {
  if (!is_distinctive(name)) return false;
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || !part_of_name(text[at - 1])) &&
        (end == text.size() || !part_of_name(text[end]))) {
      return true;
    }
  }
  return false;
}

}  // namespace skein::tools
