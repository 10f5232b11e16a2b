// The checks of names.hpp, by hand: std::regex recurses once a character and input is hostile.
#include "schema/names.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace skein::schema {

namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
bool is_letter(char c) noexcept {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}
bool is_alnum(char c) noexcept {
  return is_letter(c) || is_digit(c);
}

template <class First, class Other>
bool made_of(std::string_view text, std::size_t longest, First first, Other other) noexcept {
  return !text.empty() && text.size() <= longest && first(text.front()) &&
         std::all_of(text.begin() + 1, text.end(), other);
}

/// Calls `body` with each part between separators; stops when it returns false.
template <class Body>
bool every_part(std::string_view text, char separator, Body body) {
  while (true) {
    const std::size_t end = text.find(separator);
    if (!body(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

}  // namespace

bool is_name(std::string_view text) noexcept {
  const auto first = [](char c) { return is_lower(c) || is_digit(c); };
  return made_of(text, 63, first,
                 [&](char c) { return first(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_label_key(std::string_view text) noexcept {
  return made_of(text, 63, is_alnum, [](char c) {
    return is_alnum(c) || c == '.' || c == '_' || c == '/' || c == '-';
  });
}

bool has_control_character(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_branch(std::string_view text) noexcept {
  if (text.empty() || text.size() > 200 || text.front() == '-' || text.back() == '.') return false;
  if (has_control_character(text) || text == "@" || text == "HEAD") return false;
  if (text.find_first_of(" ~^:?*[\\") != std::string_view::npos) return false;
  if (text.find("..") != std::string_view::npos || text.find("@{") != std::string_view::npos) {
    return false;
  }
  return every_part(text, '/', [](std::string_view part) {
    return !part.empty() && part.front() != '.' && !part.ends_with(".lock");
  });
}

bool is_branch_prefix(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 100 && is_branch(std::string(text) + "0");
}

bool is_object_id(std::string_view text) noexcept {
  return (text.size() == 40 || text.size() == 64) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

std::optional<std::string> repo_url_problem(std::string_view url) {
  if (url.empty()) return "it is empty";
  if (url.size() > 2048) return "it is longer than 2048 bytes";
  if (has_control_character(url)) return "it holds a control character";
  if (url.front() == ' ' || url.back() == ' ') return "it starts or ends with a space";
  if (url.front() == '-') return "it starts with a hyphen";
  const std::size_t colon = url.find(':');
  const std::size_t slash = url.find('/');
  if (colon == std::string_view::npos || slash < colon) return std::nullopt;  // a path
  if (url.substr(colon).starts_with("::")) return "git transport helpers are not allowed";
  if (!url.substr(colon).starts_with("://")) {
    if (url.starts_with("-") || colon == 0) return "the host is missing";
    return std::nullopt;  // user@host:path
  }
  static constexpr std::array<std::string_view, 4> schemes{"file", "http", "https", "ssh"};
  const std::string scheme = lowered(url.substr(0, colon));
  if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end()) {
    return "the scheme " + scheme.substr(0, 20) + ":// is not supported";
  }
  const std::string_view rest = url.substr(colon + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (scheme == "file") return std::nullopt;
  if (authority.empty()) return "the host is missing";
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view user = authority.substr(0, at);
    if (scheme != "ssh" || user.find(':') != std::string_view::npos) {
      return "it carries a user or password, which would be stored and shown";
    }
    if (user.starts_with("-")) return "the user starts with a hyphen";
  }
  if (authority.substr(at == std::string_view::npos ? 0 : at + 1).starts_with("-")) {
    return "the host starts with a hyphen";
  }
  return std::nullopt;
}

bool is_host_port(std::string_view text) noexcept {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool host_ok =
      made_of(host, 253, is_alnum, [](char c) { return is_alnum(c) || c == '.' || c == '-'; }) &&
      is_alnum(host.back()) && host.find("..") == std::string_view::npos;
  if (!host_ok || port.empty() || port.size() > 5 ||
      !std::all_of(port.begin(), port.end(), is_digit))
    return false;
  unsigned number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  return number >= 1 && number <= 65535;
}

bool is_reviewer(std::string_view text) noexcept {
  return made_of(text, 100, is_alnum, [](char c) {
    return is_alnum(c) || c == '.' || c == '_' || c == '/' || c == '-';
  });
}

std::optional<std::string> scope_pattern_problem(std::string_view pattern) {
  if (pattern.find_first_not_of(' ') == std::string_view::npos) return "it is blank";
  if (has_control_character(pattern)) return "it holds a control character";
  if (pattern.front() == '!') return "it starts with !; write it under exclude";
  const bool inside =
      every_part(pattern, '/', [](std::string_view part) { return part != ".." && part != "."; });
  if (!inside) return "it has a . or .. part";
  return std::nullopt;
}

bool looks_like_cron(std::string_view text) noexcept {
  std::size_t fields = 0;
  const bool characters = every_part(text, ' ', [&fields](std::string_view field) {
    if (field.empty()) return true;
    ++fields;
    return std::all_of(field.begin(), field.end(), [](char c) {
      return is_alnum(c) || c == '*' || c == ',' || c == '-' || c == '/';
    });
  });
  return characters && fields == 5;
}

bool is_day_window(std::string_view text) noexcept {
  const auto time = [](std::string_view part) {
    return is_digit(part[0]) && is_digit(part[1]) && part[2] == ':' && part[3] >= '0' &&
           part[3] <= '5' && is_digit(part[4]) &&
           (part[0] < '2' ? true : part[0] == '2' && part[1] <= '3');
  };
  return text.size() == 11 && text[5] == '-' && time(text.substr(0, 5)) && time(text.substr(6));
}

}  // namespace skein::schema
