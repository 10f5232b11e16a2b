// A conversation as a request of OpenAI Chat Completions.
#include "runtime/model/answer_parts.hpp"
#include "runtime/model/json_text.hpp"

namespace skein::model {
namespace {

using nlohmann::json;

class messages {
 public:
  void add_text(const char* role, std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
    if (list_.empty() || list_.back()["role"] != role)
      list_.push_back({{"role", role}, {"content", json::array()}});
    list_.back()["content"].push_back({{"type", "text"}, {"text", text}});
  }
  void add_spans(const std::vector<untrusted_span>& spans) {
    for (const untrusted_span& one : spans) add_text("user", framed(one));
  }

  void add_assistant(const turn& said, const wire_traits& traits) {
    json out = {{"role", "assistant"}};
    if (said.text.empty() && !said.calls.empty())
      out["content"] = nullptr;
    else
      out["content"] = said.text;
    if (text_of(said.opaque, "wire") == to_string(wire::openai_chat) &&
        text_of(said.opaque, "provider") == traits.provider)
      out["reasoning_content"] = text_of(said.opaque, "reasoning_content");
    if (!said.calls.empty()) out["tool_calls"] = json::array();
    for (const tool_request& call : said.calls)
      out["tool_calls"].push_back(
          {{"id", call.id},
           {"type", "function"},
           {"function",
            {{"name", plain_name(call.name)}, {"arguments", write_json(call.arguments)}}}});
    list_.push_back(std::move(out));
  }

  void add_replies(const turn& said) {
    for (const tool_reply& one : said.replies)
      list_.push_back({{"role", "tool"},
                       {"tool_call_id", one.id},
                       {"content", (one.failed ? "failed\n" : "") + framed(one.content)}});
  }

  /// Many servers take nothing but text here.
  void add_system(std::string_view text) {
    if (!text.empty()) list_.push_back({{"role", "system"}, {"content", text}});
  }

  json take() { return std::move(list_); }

 private:
  json list_ = json::array();
};

}  // namespace

nlohmann::json openai_chat_request(const conversation& said, const ask_settings& settings,
                                   const wire_traits& traits) {
  json out = {
      {"model", settings.model}, {"stream", true}, {"stream_options", {{"include_usage", true}}}};
  out[traits.max_completion_tokens ? "max_completion_tokens" : "max_tokens"] =
      settings.max_output_tokens;
  messages list;
  list.add_system(said.system);
  list.add_system(framing_notice());
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
        {{"type", "function"},
         {"function",
          {{"name", one.name}, {"description", one.description}, {"parameters", one.schema}}}});
  return out;
}

}  // namespace skein::model
