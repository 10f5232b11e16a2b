// A conversation as a request of Anthropic Messages.
#include "runtime/model/answer_parts.hpp"
#include "runtime/model/json_text.hpp"

namespace skein::model {
namespace {

using nlohmann::json;

json text_block(std::string_view text) {
  return {{"type", "text"}, {"text", text}};
}

/// Their ids are narrower than other providers'.
std::string anthropic_id(std::string id) {
  for (char& c : id)
    if (c == '.' || c == ':') c = '_';
  return id;
}

class messages {
 public:
  /// Blocks of the same role in a row become one message; replies to tools come first in theirs.
  void add(const char* role, json block) {
    if (list_.empty() || list_.back()["role"] != role)
      list_.push_back({{"role", role}, {"content", json::array()}});
    list_.back()["content"].push_back(std::move(block));
  }
  void add_text(const char* role, std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") != std::string_view::npos) add(role, text_block(text));
  }
  void add_spans(const std::vector<untrusted_span>& spans) {
    for (const untrusted_span& one : spans) add("user", text_block(framed(one)));
  }

  void add_assistant(const turn& said, const wire_traits& traits) {
    if (text_of(said.opaque, "wire") == to_string(wire::anthropic) &&
        text_of(said.opaque, "provider") == traits.provider) {
      for (const json& block : member(said.opaque, "blocks")) add("assistant", block);
      return;
    }
    add_text("assistant", said.text);
    for (const tool_request& call : said.calls)
      add("assistant", {{"type", "tool_use"},
                        {"id", anthropic_id(call.id)},
                        {"name", plain_name(call.name)},
                        {"input", call.arguments}});
  }

  void add_replies(const turn& said) {
    for (const tool_reply& one : said.replies)
      add("user", {{"type", "tool_result"},
                   {"tool_use_id", anthropic_id(one.id)},
                   {"is_error", one.failed},
                   {"content", json::array({text_block(framed(one.content))})}});
  }

  json take() {
    // What was said so far is read from the provider's cache at the next step.
    if (!list_.empty()) list_.back()["content"].back()["cache_control"] = {{"type", "ephemeral"}};
    return std::move(list_);
  }

 private:
  json list_ = json::array();
};

}  // namespace

nlohmann::json anthropic_request(const conversation& said, const ask_settings& settings,
                                 const wire_traits& traits) {
  json out = {{"model", settings.model},
              {"max_tokens", settings.max_output_tokens},
              {"stream", true},
              {"system", json::array()}};
  if (!said.system.empty()) out["system"].push_back(text_block(said.system));
  out["system"].push_back(text_block(framing_notice()));
  out["system"].back()["cache_control"] = {{"type", "ephemeral"}};
  messages list;
  list.add_text("user", said.task);
  list.add_spans(said.context);
  for (const turn& one : said.turns) {
    switch (one.kind) {
      case turn_kind::assistant:
        list.add_assistant(one, traits);
        break;
      case turn_kind::tools:
        list.add_replies(one);
        break;
      case turn_kind::platform:
        list.add_text("user", one.text);
        list.add_spans(one.spans);
        break;
    }
  }
  out["messages"] = list.take();
  if (!said.tools.empty()) out["tools"] = json::array();
  for (const tool_definition& one : said.tools)
    out["tools"].push_back(
        {{"name", one.name}, {"description", one.description}, {"input_schema", one.schema}});
  return out;
}

}  // namespace skein::model
