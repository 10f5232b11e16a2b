#include "runtime/mcp/message.hpp"

#include "schema/text.hpp"

namespace skein::mcp {
namespace {

using nlohmann::json;

constexpr std::size_t most_id_bytes = 256;

error no_message(const std::string& why) {
  return error{errc::invalid, "not a message: " + why, "correct the server"};
}

/// Whether a text can be parsed without taking much: counts what opens and what separates, without
/// looking whether it is JSON. Kept apart from the parser, which would have built the tree by then.
result<> check_shape(std::string_view text) {
  std::size_t depth = 0;
  std::size_t values = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') ++at;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '{' || c == '[') {
      if (++depth > deepest_message) return no_message("nested too deep");
      ++values;
    }
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (c == ',') ++values;
    if (values > most_message_values) return no_message("more values than any message needs");
  }
  return {};
}

bool is_id(const json& id) {
  if (id.is_string()) return id.get_ref<const std::string&>().size() <= most_id_bytes;
  return id.is_number_integer();
}

result<std::string> text_of(const json& message) {
  std::string text;
  try {
    text = message.dump();
  } catch (const json::exception&) {
    return error{errc::invalid, "write a message: a text in it is not UTF-8",
                 "pass UTF-8 to the server"};
  }
  if (text.size() > most_message_bytes) {
    return error{errc::invalid,
                 "write a message: it has " + std::to_string(text.size()) + " bytes, at most " +
                     std::to_string(most_message_bytes) + " are sent",
                 "pass less to the server"};
  }
  return text;
}

}  // namespace

result<incoming> read_message(std::string_view text) {
  if (text.size() > most_message_bytes) return no_message("larger than any message may be");
  SKEIN_CHECK(check_shape(text));
  json parsed = json::parse(text.begin(), text.end(), nullptr, false);
  if (parsed.is_discarded()) {
    return no_message("no JSON: " + schema::detail::in_quotes(text, 60));
  }
  if (parsed.is_array()) return no_message("a batch, which the protocol does not have");
  if (!parsed.is_object()) return no_message("no object");
  const auto version = parsed.find("jsonrpc");
  if (version == parsed.end() || *version != "2.0") return no_message("not of JSON-RPC 2.0");

  incoming out;
  out.bytes = text.size();
  const auto id = parsed.find("id");
  if (id != parsed.end()) {
    if (!id->is_null() && !is_id(*id)) return no_message("its id is no text or whole number");
    out.id = std::move(*id);
  }
  const auto method = parsed.find("method");
  const auto answer = parsed.find("result");
  const auto failure = parsed.find("error");
  const int forms = static_cast<int>(method != parsed.end()) +
                    static_cast<int>(answer != parsed.end()) +
                    static_cast<int>(failure != parsed.end());
  if (forms != 1) return no_message("it is to have one of method, result and error");
  if (method != parsed.end()) {
    if (!method->is_string()) return no_message("its method is no text");
    out.method = std::move(method->get_ref<std::string&>());
    if (id != parsed.end() && out.id.is_null()) return no_message("a request with a null id");
    out.what = id == parsed.end() ? incoming::kind::notification : incoming::kind::request;
    const auto params = parsed.find("params");
    out.body = params == parsed.end() ? json::object() : std::move(*params);
    if (!out.body.is_object()) return no_message("its params are no object");
  } else if (answer != parsed.end()) {
    if (id == parsed.end() || out.id.is_null()) return no_message("a result without an id");
    out.what = incoming::kind::answer;
    out.body = std::move(*answer);
  } else {
    if (!failure->is_object()) return no_message("its error is no object");
    out.what = incoming::kind::failure;
    out.body = std::move(*failure);
  }
  return out;
}

result<std::string> request_text(std::int64_t id, const std::string& method, const json& params) {
  json message{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!params.is_null()) message["params"] = params;
  return text_of(message);
}

result<std::string> notification_text(const std::string& method, const json& params) {
  json message{{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.is_null()) message["params"] = params;
  return text_of(message);
}

result<std::string> answer_text(const json& id, const json& answer) {
  return text_of(json{{"jsonrpc", "2.0"}, {"id", id}, {"result", answer}});
}

result<std::string> failure_text(const json& id, std::int64_t code, const std::string& message) {
  return text_of(
      json{{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}});
}

}  // namespace skein::mcp
