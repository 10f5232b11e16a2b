#include "runtime/mcp/session_state.hpp"

#include <utility>

namespace skein::mcp {

using nlohmann::json;

void session_state::received(std::string text) {
  if (phase_ == phase::closed || phase_ == phase::fresh) return;
  unasked_bytes_ += text.size();
  if (unasked_bytes_ > options_.limits.unasked_bytes + most_message_bytes) {
    return lost({errc::unavailable, "it sends without end and answers nothing",
                 "correct or replace the server"});
  }
  if (text.find_first_not_of(" \t\r") == std::string::npos) return unasked("empty lines");
  auto message = read_message(text);
  if (!message) return garbage(message.error());
  switch (message->what) {
    case incoming::kind::request:
      return answer(*message);
    case incoming::kind::notification:
      return noticed(*message);
    case incoming::kind::answer:
    case incoming::kind::failure:
      break;
  }
  // Only what was asked and is not answered yet has a reply; anything else is a stray.
  if (!message->id.is_number_integer()) return unasked("replies to nothing");
  const auto found =
      message->id.is_number_unsigned() && message->id.get<std::uint64_t>() > std::uint64_t{1} << 62
          ? pending_.end()
          : pending_.find(message->id.get<std::int64_t>());
  if (found == pending_.end() || found->second.waiting) return unasked("replies to nothing");
  unasked_ = 0;
  unasked_bytes_ = 0;
  const std::int64_t id = found->first;
  finish(id, std::move(*message));
}

void session_state::garbage(const error& why) {
  if (++garbage_ <= options_.limits.garbage) return;
  lost({errc::unavailable, "it keeps sending what is no message; the last: " + why.message,
        "correct or replace the server"});
}

void session_state::unasked(const std::string& what) {
  if (++unasked_ <= options_.limits.unasked) return;
  lost({errc::unavailable, "it sends " + what + " without end", "correct or replace the server"});
}

void session_state::answer(const incoming& request) {
  unasked("requests");
  if (phase_ == phase::closed) return;
  result<std::string> text = std::string();
  if (request.method == "ping") {
    text = answer_text(request.id, json::object());
  } else if (request.method == "elicitation/create" && options_.elicit) {
    text = answer_text(request.id, options_.elicit(request.body));
  } else {
    text = failure_text(request.id, method_not_found, "not offered by this client");
  }
  // A reply that the server does not take is its own loss.
  if (text) transport_->send({std::move(*text), 0, false}, [](result<>) {});
}

void session_state::noticed(const incoming& notification) {
  unasked("notifications");
  if (phase_ == phase::closed) return;
  if (notification.method == "notifications/progress") progressed(notification.body);
  if (notification.method == "notifications/tools/list_changed") list_changed();
}

void session_state::progressed(const json& params) {
  const auto token = params.find("progressToken");
  if (token == params.end() || !token->is_number_integer()) return;
  const auto found = pending_.find(token->get<std::int64_t>());
  // Only calls ask for progress.
  if (found == pending_.end() || found->second.what.method != "tools/call") return;
  arm(found->first, found->second);
}

}  // namespace skein::mcp
