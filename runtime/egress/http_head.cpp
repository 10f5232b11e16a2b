#include "runtime/egress/http_head.hpp"

#include "runtime/egress/host_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace skein::egress {
namespace {

constexpr std::size_t most_fields = 100;
constexpr std::size_t most_method = 24;

// A second one of these would be a second meaning.
constexpr std::array single{"host",          "content-length",   "transfer-encoding",
                            "expect",        "content-encoding", "proxy-authorization",
                            "authorization", "upgrade",          "content-type"};
// Of one connection, not of the request (RFC 9110 §7.6.1), or rewritten by us.
constexpr std::array own{"connection",
                         "proxy-connection",
                         "keep-alive",
                         "te",
                         "trailer",
                         "transfer-encoding",
                         "upgrade",
                         "expect",
                         "proxy-authorization",
                         "proxy-authenticate",
                         "host",
                         "content-length",
                         "proxy-authentication-info",
                         "http2-settings"};
// Connection must not make these vanish.
constexpr std::array kept{"host",          "content-length", "content-type", "content-encoding",
                          "authorization", "cookie",         "range",        "cache-control"};

error invalid(const char* what) {
  return {errc::invalid, std::string("read an HTTP head: ") + what, ""};
}

template <class List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool token_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), token_character);
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes the next word off a comma-separated list.
std::string_view next_word(std::string_view& list) {
  const auto comma = list.find(',');
  const auto word = trim(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  return word;
}

/// Takes the next line off a head; every line of it ends in CR LF.
std::string_view next_line(std::string_view& head) {
  const auto end = head.find("\r\n");
  const auto line = head.substr(0, end);
  head.remove_prefix(std::min(head.size(), end == std::string_view::npos ? end : end + 2));
  return line;
}

result<header_fields> parse_fields(std::string_view rest) {
  header_fields fields;
  for (;;) {
    const std::string_view line = next_line(rest);
    if (line.empty()) break;
    if (fields.all().size() == most_fields) return invalid("more than 100 fields");
    if (line.front() == ' ' || line.front() == '\t') return invalid("a folded line");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return invalid("a line without a colon");
    const std::string_view name = line.substr(0, colon);
    if (!token(name)) return invalid("a field name that is no token");
    const std::string lower = lower_case(name);
    if (contains(single, lower) && fields.find(lower) != nullptr)
      return invalid("a field that may stand once stands twice");
    fields.add({std::string(name), std::string(trim(line.substr(colon + 1)))});
  }
  if (!rest.empty()) return invalid("something follows the blank line");
  return fields;
}

result<std::optional<body_framing>> given_framing(const header_fields& fields, int minor) {
  const std::string* length = fields.find("content-length");
  const std::string* coding = fields.find("transfer-encoding");
  if (coding != nullptr) {
    if (length != nullptr) return invalid("both Content-Length and Transfer-Encoding");
    if (minor == 0) return invalid("Transfer-Encoding in HTTP/1.0");
    if (lower_case(*coding) != "chunked") return invalid("a transfer coding other than chunked");
    return std::optional(body_framing{body_framing::kind::chunked, 0});
  }
  if (length == nullptr) return std::optional<body_framing>();
  body_framing out{body_framing::kind::length, 0};
  const auto [end, failed] =
      std::from_chars(length->data(), length->data() + length->size(), out.length);
  if (failed != std::errc() || end != length->data() + length->size() || length->size() > 18)
    return invalid("a Content-Length that is no number");
  return std::optional(out);
}

bool read_version(std::string_view text, int& minor) {
  if (text != "HTTP/1.1" && text != "HTTP/1.0") return false;
  minor = text.back() - '0';
  return true;
}

}  // namespace

const std::string* header_fields::find(std::string_view name) const {
  for (const header_field& field : all_)
    if (lower_case(field.name) == name) return &field.value;
  return nullptr;
}

bool header_fields::has_word(std::string_view name, std::string_view word) const {
  for (const header_field& field : all_) {
    if (lower_case(field.name) != name) continue;
    std::string_view list = field.value;
    while (!list.empty())
      if (lower_case(next_word(list)) == word) return true;
  }
  return false;
}

result<std::vector<header_field>> header_fields::end_to_end() const {
  std::vector<std::string> named;
  for (const header_field& field : all_) {
    const std::string lower = lower_case(field.name);
    if (lower != "connection" && lower != "proxy-connection") continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      named.push_back(lower_case(next_word(list)));
      if (contains(kept, named.back())) return invalid("Connection names a field of the request");
    }
  }
  std::vector<header_field> out;
  for (const header_field& field : all_) {
    const std::string lower = lower_case(field.name);
    if (!contains(own, lower) && !contains(named, lower)) out.push_back(field);
  }
  return out;
}

std::optional<std::size_t> head_end(std::string_view bytes, std::size_t seen) {
  const auto blank = bytes.find("\r\n\r\n", seen < 3 ? 0 : seen - 3);
  if (blank == std::string_view::npos) return std::nullopt;
  return blank + 4;
}

bool has_forbidden_byte(std::string_view bytes, std::size_t seen) {
  for (std::size_t i = seen < 1 ? 0 : seen - 1; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte >= 0x20 && byte != 0x7f) continue;
    if (byte == '\t') continue;
    if (byte == '\r' && (i + 1 == bytes.size() || bytes[i + 1] == '\n')) continue;
    if (byte == '\n' && i > 0 && bytes[i - 1] == '\r') continue;
    return true;
  }
  return false;
}

result<request_head> parse_request_head(std::string_view bytes) {
  if (has_forbidden_byte(bytes)) return invalid("a bare line feed or a control character");
  request_head out;
  const std::string_view line = next_line(bytes);
  const auto first = line.find(' ');
  const auto second = line.find(' ', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return invalid("not a request line");
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, second - first - 1);
  if (!token(out.method) || out.method.size() > most_method) return invalid("not a method");
  if (!read_version(line.substr(second + 1), out.minor)) return invalid("not HTTP/1.1");
  if (out.target.empty() ||
      std::any_of(out.target.begin(), out.target.end(), [](char c) { return c <= ' ' || c > '~'; }))
    return invalid("a request target with unencoded characters");
  SKEIN_TRY(fields, parse_fields(bytes));
  out.fields = std::move(fields);
  return out;
}

result<response_head> parse_response_head(std::string_view bytes) {
  if (has_forbidden_byte(bytes)) return invalid("a bare line feed or a control character");
  response_head out;
  const std::string_view line = next_line(bytes);
  if (line.size() < 12 || !read_version(line.substr(0, 8), out.minor) || line[8] != ' ' ||
      (line.size() > 12 && line[12] != ' '))
    return invalid("not a status line");
  const auto [end, failed] = std::from_chars(line.data() + 9, line.data() + 12, out.status);
  if (failed != std::errc() || end != line.data() + 12 || out.status < 100)
    return invalid("not a status");
  if (line.size() > 13) out.reason = line.substr(13);
  SKEIN_TRY(fields, parse_fields(bytes));
  out.fields = std::move(fields);
  return out;
}

result<body_framing> request_body(const request_head& head) {
  SKEIN_TRY(given, given_framing(head.fields, head.minor));
  return given.value_or(body_framing{});
}

result<body_framing> response_body(const response_head& head, std::string_view request_method) {
  SKEIN_TRY(given, given_framing(head.fields, head.minor));
  if (request_method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304)
    return body_framing{};
  return given.value_or(body_framing{body_framing::kind::until_close, 0});
}

}  // namespace skein::egress
