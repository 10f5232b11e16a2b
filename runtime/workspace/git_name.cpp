// Look-alikes of `.git`. See git_name.hpp.
#include "runtime/workspace/git_name.hpp"

#include "runtime/workspace/beneath.hpp"

namespace skein::workspace {
namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool starts_with_folded(std::string_view text, std::string_view prefix) noexcept {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (lower(text[i]) != prefix[i]) return false;
  }
  return true;
}

bool is_ntfs_git(std::string_view name) noexcept {
  const std::size_t stem = starts_with_folded(name, ".git")    ? 4
                           : starts_with_folded(name, "git~1") ? 5
                                                               : 0;
  if (stem == 0) return false;
  for (const char c : name.substr(stem)) {
    if (c == ':') return true;
    if (c != '.' && c != ' ') return false;
  }
  return true;
}

/// U+200C–U+200F, U+202A–U+202E, U+206A–U+206F and U+FEFF, all of three bytes in UTF-8.
bool starts_with_ignorable(std::string_view text) noexcept {
  if (text.size() < 3) return false;
  const auto a = static_cast<unsigned char>(text[0]);
  const auto b = static_cast<unsigned char>(text[1]);
  const auto c = static_cast<unsigned char>(text[2]);
  if (a == 0xef) return b == 0xbb && c == 0xbf;
  if (a != 0xe2) return false;
  if (b == 0x80) return (c >= 0x8c && c <= 0x8f) || (c >= 0xaa && c <= 0xae);
  return b == 0x81 && c >= 0xaa && c <= 0xaf;
}

/// A byte that cannot go on a UTF-8 text; git takes the name to end there.
bool starts_malformed(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return false;
  if (first < 0xc2 || first > 0xf4) return true;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (text.size() < length) return true;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80) return true;
  }
  return false;
}

bool is_hfs_git(std::string_view name) noexcept {
  std::string_view wanted = ".git";
  while (!name.empty()) {
    if (starts_with_ignorable(name)) {
      name.remove_prefix(3);
    } else if (!wanted.empty() && lower(name[0]) == wanted[0]) {
      name.remove_prefix(1);
      wanted.remove_prefix(1);
    } else {
      return wanted.empty() && starts_malformed(name);
    }
  }
  return wanted.empty();
}

}  // namespace

bool is_git_directory_name(std::string_view component) noexcept {
  if (is_hfs_git(component)) return true;
  // To Windows a backslash separates components.
  for (;;) {
    const std::size_t end = component.find('\\');
    if (is_ntfs_git(component.substr(0, end))) return true;
    if (end == std::string_view::npos) return false;
    component.remove_prefix(end + 1);
  }
}

bool is_change_path(std::string_view path) noexcept {
  if (path.empty() || path.size() > longest_path || path.find('\0') != std::string_view::npos) {
    return false;
  }
  for (;;) {
    const std::size_t end = path.find('/');
    const std::string_view component = path.substr(0, end);
    if (component.empty() || component == "." || component == ".." ||
        is_git_directory_name(component)) {
      return false;
    }
    if (end == std::string_view::npos) return true;
    path.remove_prefix(end + 1);
  }
}

}  // namespace skein::workspace
