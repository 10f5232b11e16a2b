// The names of forge.hpp: what may stand in an address before anything is sent.
#include "runtime/forge/forge.hpp"

#include <algorithm>

namespace skein::forge {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 100 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), is_plain);
}

}  // namespace

std::optional<repository_name> parse_repository_name(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view owner = text.substr(0, slash);
  const std::string_view name = text.substr(slash + 1);
  if (!is_name(owner) || !is_name(name)) return std::nullopt;
  return repository_name{std::string(owner), std::string(name)};
}

bool is_repository_name(std::string_view text) {
  return parse_repository_name(text).has_value();
}

bool is_branch_name(std::string_view text) {
  // The rules of git-check-ref-format(1), part by part.
  if (text.empty() || text.size() > 255 || text.front() == '-' || text.ends_with('.') ||
      text == "@" || text.find("..") != std::string_view::npos ||
      text.find("@{") != std::string_view::npos) {
    return false;
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f ||
        std::string_view("~^:?*[\\").find(c) != std::string_view::npos) {
      return false;
    }
  }
  while (true) {
    const std::size_t slash = text.find('/');
    const std::string_view part = text.substr(0, slash);
    if (part.empty() || part.front() == '.' || part.ends_with(".lock")) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

}  // namespace skein::forge
