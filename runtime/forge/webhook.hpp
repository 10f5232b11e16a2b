// Deliveries from a forge: the signature is checked before a byte of the body is parsed, then only
// the facts that a run can use are taken out. Pure; the listener that receives is not here.
#pragma once

#include "runtime/forge/forge.hpp"
#include "schema/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace skein::forge {

inline constexpr std::size_t webhook_limit = 25U * 1024 * 1024;  ///< GitHub sends no more

/// The headers, taken out by the receiver, and the body as it came.
struct webhook_delivery {
  std::string event;      ///< X-GitHub-Event
  std::string id;         ///< X-GitHub-Delivery
  std::string signature;  ///< X-Hub-Signature-256
  std::string body;
};

struct pull_request_event {
  std::string repository;  ///< owner/name
  std::int64_t number = 0;
  std::string action;  ///< opened, closed, synchronize, …
  std::string head_branch;
  std::string head_repository;  ///< empty: deleted
  std::string head_commit;
  std::string base_branch;
  std::string body;
  std::string sender;
  bool sender_is_bot = false;
  bool draft = false;
  bool open = false;
  bool merged = false;
};
struct check_event {
  std::string repository;
  std::string commit;
  std::string branch;  ///< may be empty
  std::string name;    ///< of the check or context; the app's for a suite
  check_state state = check_state::pending;
};
struct push_event {
  std::string repository;
  std::string reference;  ///< refs/heads/main
  std::string before;
  std::string after;
  bool deleted = false;
  bool forced = false;
};
/// Well formed and signed, but nothing that a run follows (`ping`, an unknown event).
struct other_event {
  std::string name;
};
using webhook_event = std::variant<pull_request_event, check_event, push_event, other_event>;

/// `unauthorised`: no signature, a wrong one, or no secret to check it with; `refused`: too large;
/// `invalid`: an id or event name that is none, not JSON, or a fact missing. The comparison takes
/// the same time for every wrong signature. During a change of the secret both are given.
[[nodiscard]] result<webhook_event> read_webhook(const webhook_delivery& delivery,
                                                 const std::vector<std::string>& secrets);

/// `sha256=` and the hexadecimal HMAC, as a sender writes it.
[[nodiscard]] std::string webhook_signature(std::string_view secret, std::string_view body);

}  // namespace skein::forge
