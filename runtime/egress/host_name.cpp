#include "runtime/egress/host_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace skein::egress {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t most_name = 253;
constexpr std::size_t most_label = 63;

error invalid(const char* what) {
  return {errc::invalid, std::string("read a host: ") + what, ""};
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

bool letter_or_digit(char c) {
  return digit(c) || (c >= 'a' && c <= 'z');
}

/// One part of an address as inet_aton reads it.
std::optional<std::uint32_t> number(std::string_view part) {
  int base = 10;
  if (part.starts_with("0x")) {
    base = 16;
    part.remove_prefix(2);
    if (part.empty()) return 0;
  } else if (part.size() > 1 && part.front() == '0') {
    base = 8;
    part.remove_prefix(1);
  }
  std::uint32_t value = 0;
  const auto [end, failed] = std::from_chars(part.data(), part.data() + part.size(), value, base);
  if (failed != std::errc() || end != part.data() + part.size()) return std::nullopt;
  return value;
}

bool ends_in_number(std::string_view text) {
  const auto dot = text.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? text : text.substr(dot + 1);
  if (!last.empty() && std::all_of(last.begin(), last.end(), digit)) return true;
  return last.starts_with("0x") && number(last).has_value();
}

/// One to four numbers; the last one fills the rest of the address.
std::optional<ip::address> version_4(std::string_view text) {
  std::array<std::uint32_t, 4> parts{};
  std::size_t count = 0;
  for (;;) {
    const auto dot = text.find('.');
    const auto part = number(text.substr(0, dot));
    if (!part || count == parts.size()) return std::nullopt;
    parts[count++] = *part;
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  std::uint64_t value = parts[count - 1];
  if (value >= (1ULL << (8 * (5 - count)))) return std::nullopt;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (parts[i] > 255) return std::nullopt;
    value |= static_cast<std::uint64_t>(parts[i]) << (8 * (3 - i));
  }
  return ip::address_v4(static_cast<std::uint32_t>(value));
}

bool plain_name(std::string_view text) {
  while (true) {
    const auto dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > most_label || label.front() == '-' || label.back() == '-')
      return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return letter_or_digit(c) || c == '-'; }))
      return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

result<host_name> version_6(std::string_view text) {
  boost::system::error_code failed;
  const auto address = ip::make_address_v6(std::string(text), failed);
  if (failed || text.find('%') != std::string_view::npos) return invalid("not an IPv6 address");
  return host_name{lower_case(text), address};
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

result<host_name> parse_host(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']')
    return version_6(text.substr(1, text.size() - 2));
  if (text.find(':') != std::string_view::npos) return version_6(text);
  host_name out{lower_case(text), std::nullopt};
  if (out.text.ends_with('.')) out.text.pop_back();
  if (out.text.empty() || out.text.size() > most_name) return invalid("empty or too long");
  if (ends_in_number(out.text)) {
    out.literal = version_4(out.text);
    if (!out.literal) return invalid("it ends in a number but is no address");
    return out;
  }
  if (!plain_name(out.text)) return invalid("not a name of letters, digits and hyphens");
  return out;
}

result<authority> parse_authority(std::string_view text, std::uint16_t default_port) {
  std::string_view host = text;
  std::string_view port;
  bool port_given = false;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return invalid("a bracket is not closed");
    host = text.substr(0, close + 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return invalid("something follows the bracket");
    port_given = !rest.empty();
    if (port_given) port = rest.substr(1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    port_given = true;
  }
  SKEIN_TRY(parsed, parse_host(host));
  authority out{std::move(parsed), default_port};
  if (port_given) {
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (failed != std::errc() || end != port.data() + port.size() || port.size() > 5)
      return invalid("the port is no number up to 65535");
  }
  if (out.port == 0) return invalid("there is no port");
  return out;
}

}  // namespace skein::egress
