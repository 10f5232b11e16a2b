// What is said on the local control socket: one JSON object a line each way, one answer a request.
//
//   → {"v":1,"verb":"set_switch","args":{…}}
//   ← {"v":1,"ok":{…}}   or   {"v":1,"error":{"code":"in_use","message":"…","remedy":"…"}}
//
// tests/data/golden/control-protocol.jsonl shows every message. Not the remote protocol: both ends
// are the same user on the same machine. A change here is a new version.
#pragma once

#include "actors/messages.hpp"
#include "schema/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace skein::cli::control {

inline constexpr int protocol_version = 1;
/// Longest line either way, without its line feed.
inline constexpr std::size_t max_line = std::size_t{16} << 20;

/// Who owns the state directory?
struct ask_owner {};
struct owner_answer {
  int pid = 0;
  std::string command;
  friend bool operator==(const owner_answer&, const owner_answer&) = default;
};

using request = std::variant<ask_owner, actors::submit_run, actors::submit_campaign,
                             actors::attach_run, actors::retry_campaign, actors::control_campaign,
                             store::switch_row, store::lift_switch, actors::get_active,
                             actors::decide_run, actors::get_why, actors::rollback_order>;

/// True for requests that bring work, which only `serve` takes.
[[nodiscard]] bool brings_work(const request& value);
/// True for requests whose answer may take long because repositories have to be looked up, or
/// forges asked.
[[nodiscard]] bool is_slow(const request& value);

/// The line without its line feed. `invalid` when it would be longer than max_line.
[[nodiscard]] result<std::string> encode(const request& value);
/// Lines are hostile: size, depth, version, types and values are checked, and tasks and campaigns
/// are validated like files.
[[nodiscard]] result<request> decode_request(std::string_view line);

[[nodiscard]] std::string encode_error(const error& failed);
[[nodiscard]] std::string encode_answer(const owner_answer& value);
[[nodiscard]] std::string encode_answer(const actors::submitted& value);
[[nodiscard]] std::string encode_answer(const actors::campaign_submitted& value);
[[nodiscard]] std::string encode_answer(const actors::retried& value);
[[nodiscard]] std::string encode_answer(const actors::run_decided& value);
[[nodiscard]] std::string encode_answer(const actors::campaign_answer& value);
[[nodiscard]] std::string encode_answer(const actors::rolled_back& value);
[[nodiscard]] std::string encode_answer(const actors::switch_report& value);
[[nodiscard]] std::string encode_answer(const actors::active_answer& value);
[[nodiscard]] std::string encode_answer(const actors::why_answer& value);

/// The answer of this type, or the error that the other side sent, or `unavailable` for nonsense.
/// Defined for the types that encode_answer takes.
template <class Answer>
[[nodiscard]] result<Answer> decode_answer(std::string_view line);

}  // namespace skein::cli::control
