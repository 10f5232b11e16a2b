// A conversation as a request of OpenAI Responses.
#include "runtime/model/answer_parts.hpp"
#include "runtime/model/json_text.hpp"

namespace skein::model {
namespace {

using nlohmann::json;

class items {
 public:
  void add_text(const char* role, std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
    if (list_.empty() || text_of(list_.back(), "role") != role)
      list_.push_back({{"role", role}, {"content", json::array()}});
    list_.back()["content"].push_back({{"type", "input_text"}, {"text", text}});
  }
  void add_spans(const std::vector<untrusted_span>& spans) {
    for (const untrusted_span& one : spans) add_text("user", framed(one));
  }

  void add_assistant(const turn& said, const wire_traits& traits) {
    if (text_of(said.opaque, "wire") == to_string(wire::openai_responses) &&
        text_of(said.opaque, "provider") == traits.provider)
      for (const json& item : member(said.opaque, "items")) list_.push_back(item);
    if (!said.text.empty()) list_.push_back({{"role", "assistant"}, {"content", said.text}});
    for (const tool_request& call : said.calls)
      list_.push_back({{"type", "function_call"},
                       {"call_id", call.id},
                       {"name", plain_name(call.name)},
                       {"arguments", write_json(call.arguments)}});
  }

  void add_replies(const turn& said) {
    for (const tool_reply& one : said.replies)
      list_.push_back({{"type", "function_call_output"},
                       {"call_id", one.id},
                       {"output", (one.failed ? "failed\n" : "") + framed(one.content)}});
  }

  json take() { return std::move(list_); }

 private:
  json list_ = json::array();
};

}  // namespace

nlohmann::json openai_responses_request(const conversation& said, const ask_settings& settings,
                                        const wire_traits& traits) {
  // Nothing is kept at the provider: every request carries the whole conversation.
  json out = {{"model", settings.model},
              {"max_output_tokens", settings.max_output_tokens},
              {"stream", true},
              {"store", false}};
  if (!said.system.empty()) out["instructions"] = said.system;
  if (traits.encrypted_reasoning) out["include"] = json::array({"reasoning.encrypted_content"});
  items list;
  list.add_text("developer", framing_notice());
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
  out["input"] = list.take();
  if (!said.tools.empty()) {
    out["parallel_tool_calls"] = true;
    out["tools"] = json::array();
  }
  for (const tool_definition& one : said.tools)
    out["tools"].push_back({{"type", "function"},
                            {"name", one.name},
                            {"description", one.description},
                            {"parameters", one.schema},
                            {"strict", false}});
  return out;
}

}  // namespace skein::model
