// HTTP/1 heads, read the one way that leaves nothing to interpret: what two programs could read
// differently (RFC 9112 §11.2, request smuggling) is an error. Not a client or server.
#pragma once

#include "schema/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::egress {

struct header_field {
  std::string name;  ///< as sent
  std::string value;
};

class header_fields {
 public:
  void add(header_field field) { all_.push_back(std::move(field)); }
  /// The first value; null when there is none. `name` in lower case.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  /// Whether one of the comma-separated words of any `name` field is `word`, in lower case.
  [[nodiscard]] bool has_word(std::string_view name, std::string_view word) const;
  [[nodiscard]] const std::vector<header_field>& all() const { return all_; }
  /// What may pass a proxy: without the connection's own fields, those that Connection names, and
  /// those in which a proxy's password or the framing stands. `invalid` when Connection names a
  /// field that decides where the request goes or what it means.
  [[nodiscard]] result<std::vector<header_field>> end_to_end() const;

 private:
  std::vector<header_field> all_;
};

struct request_head {
  std::string method;
  std::string target;
  int minor = 1;  ///< HTTP/1.minor
  header_fields fields;
};

struct response_head {
  int minor = 1;
  int status = 0;
  std::string reason;
  header_fields fields;
};

/// Where the blank line after a head ends; nullopt while there is none. The first `seen` bytes were
/// looked at before, in vain.
[[nodiscard]] std::optional<std::size_t> head_end(std::string_view bytes, std::size_t seen = 0);
/// A byte no head may hold (a line feed without its carriage return, a control character), so that
/// it is refused at once and not waited for. `seen` as above.
[[nodiscard]] bool has_forbidden_byte(std::string_view bytes, std::size_t seen = 0);

/// `bytes`: a whole head with its blank line. The message names what is wrong, not the bytes.
[[nodiscard]] result<request_head> parse_request_head(std::string_view bytes);
[[nodiscard]] result<response_head> parse_response_head(std::string_view bytes);

struct body_framing {
  enum class kind { none, length, chunked, until_close };
  kind how = kind::none;
  std::uint64_t length = 0;
};

[[nodiscard]] result<body_framing> request_body(const request_head& head);
[[nodiscard]] result<body_framing> response_body(const response_head& head,
                                                 std::string_view request_method);

}  // namespace skein::egress
