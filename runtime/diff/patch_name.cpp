// Names in patch headers. See patch_name.hpp.
#include "runtime/diff/patch_name.hpp"

namespace skein::diff {
namespace {

constexpr std::string_view nowhere = "/dev/null";

bool is_octal(char c) noexcept {
  return c >= '0' && c <= '7';
}

bool has_prefix(const std::string& name, std::string_view letters) {
  return name.size() > 2 && name[1] == '/' && letters.find(name[0]) != std::string_view::npos;
}

}  // namespace

std::optional<std::string> take_quoted(std::string_view& rest) {
  if (rest.empty() || rest[0] != '"') return std::nullopt;
  constexpr std::string_view letters = "abtnvfr\"\\";
  constexpr std::string_view meanings = "\a\b\t\n\v\f\r\"\\";
  std::string bytes;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    const char c = rest[i];
    if (c == '"') {
      rest.remove_prefix(i + 1);
      return bytes;
    }
    if (c != '\\') {
      bytes += c;
      continue;
    }
    if (++i == rest.size()) return std::nullopt;
    if (const auto known = letters.find(rest[i]); known != std::string_view::npos) {
      bytes += meanings[known];
    } else if (rest[i] <= '3' && i + 2 < rest.size() && is_octal(rest[i]) &&
               is_octal(rest[i + 1]) && is_octal(rest[i + 2])) {
      bytes +=
          static_cast<char>((rest[i] - '0') * 64 + (rest[i + 1] - '0') * 8 + (rest[i + 2] - '0'));
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<std::string> header_name(std::string_view text) {
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  if (text.empty() || text[0] != '"') return std::string{text.substr(0, text.find('\t'))};
  return take_quoted(text);
}

std::optional<std::pair<std::string, std::string>> git_names(std::string_view text) {
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  if (text.starts_with('"')) {
    auto first = take_quoted(text);
    if (!first || !text.starts_with(' ')) return std::nullopt;
    text.remove_prefix(1);
    if (!text.starts_with('"')) return std::pair{*first, std::string{text}};
    auto second = take_quoted(text);
    if (!second || !text.empty()) return std::nullopt;
    return std::pair{std::move(*first), std::move(*second)};
  }
  if (text.ends_with('"')) {
    const std::size_t quote = text.find(" \"");
    if (quote == std::string_view::npos) return std::nullopt;
    std::string first{text.substr(0, quote)};
    text.remove_prefix(quote + 1);
    auto second = take_quoted(text);
    if (!second || !text.empty()) return std::nullopt;
    return std::pair{std::move(first), std::move(*second)};
  }
  if (text.size() % 2 == 1 && text[text.size() / 2] == ' ') {
    std::string first{text.substr(0, text.size() / 2)};
    std::string second{text.substr(text.size() / 2 + 1)};
    std::string old_name = first;
    std::string new_name = second;
    strip_prefixes(old_name, new_name);
    if (old_name == new_name) return std::pair{std::move(first), std::move(second)};
  }
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return std::pair{std::string{text.substr(0, space)}, std::string{text.substr(space + 1)}};
}

void strip_prefixes(std::string& old_name, std::string& new_name) {
  const bool no_old = old_name == nowhere;
  const bool no_new = new_name == nowhere;
  const bool old_prefix = no_old || has_prefix(old_name, "aicow");
  const bool new_prefix = no_new || has_prefix(new_name, "biwco");
  if (old_prefix && new_prefix) {
    if (!no_old) old_name.erase(0, 2);
    if (!no_new) new_name.erase(0, 2);
  }
  if (no_old) old_name.clear();
  if (no_new) new_name.clear();
}

}  // namespace skein::diff
