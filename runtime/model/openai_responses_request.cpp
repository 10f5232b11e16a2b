// A conversation as a request of OpenAI Responses.
#include "runtime/model/answer_parts.hpp"
#include "runtime/model/json_text.hpp"
#include "runtime/model/json_writer.hpp"

namespace skein::model {
namespace {

using nlohmann::json;

class items {
 public:
  explicit items(json_writer& out) : out_(out) { out_.begin_array(); }

  /// Texts of the same role in a row become one item.
  void add_text(std::string_view role, std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
    if (open_ != role) {
      end_texts();
      out_.begin_object().member("role", role).key("content").begin_array();
      open_ = role;
    }
    out_.begin_object().member("type", "input_text").member("text", text).end_object();
  }
  void add_spans(const std::vector<untrusted_span>& spans) {
    for (const untrusted_span& one : spans) add_text("user", framed(one));
  }

  void add_assistant(const turn& said, const wire_traits& traits) {
    end_texts();
    if (text_of(said.opaque, "wire") == to_string(wire::openai_responses) &&
        text_of(said.opaque, "provider") == traits.provider)
      for (const json& item : member(said.opaque, "items")) out_.value(item);
    if (!said.text.empty())
      out_.begin_object().member("role", "assistant").member("content", said.text).end_object();
    for (const tool_request& call : said.calls)
      out_.begin_object()
          .member("type", "function_call")
          .member("call_id", call.id)
          .member("name", plain_name(call.name))
          .member("arguments", write_json(call.arguments))
          .end_object();
  }

  void add_replies(const turn& said) {
    end_texts();
    for (const tool_reply& one : said.replies)
      out_.begin_object()
          .member("type", "function_call_output")
          .member("call_id", one.id)
          .member("output", (one.failed ? "failed\n" : "") + framed(one.content))
          .end_object();
  }

  void end() {
    end_texts();
    out_.end_array();
  }

 private:
  void end_texts() {
    if (!open_.empty()) out_.end_array().end_object();
    open_ = {};
  }

  json_writer& out_;
  std::string_view open_;  ///< role of the item that more text may be added to
};

}  // namespace

std::string openai_responses_request(const conversation& said, const ask_settings& settings,
                                     const wire_traits& traits) {
  // Nothing is kept at the provider: every request carries the whole conversation.
  json_writer out;
  out.begin_object()
      .member("model", settings.model)
      .key("max_output_tokens")
      .number(settings.max_output_tokens)
      .key("stream")
      .boolean(true)
      .key("store")
      .boolean(false);
  if (!said.system.empty()) out.member("instructions", said.system);
  if (traits.encrypted_reasoning)
    out.key("include").begin_array().text("reasoning.encrypted_content").end_array();
  if (!said.tools.empty()) {
    out.key("parallel_tool_calls").boolean(true).key("tools").begin_array();
    for (const tool_definition& one : said.tools)
      out.begin_object()
          .member("type", "function")
          .member("name", one.name)
          .member("description", one.description)
          .key("parameters")
          .value(one.schema)
          .key("strict")
          .boolean(false)
          .end_object();
    out.end_array();
  }
  out.key("input");
  items list(out);
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
  list.end();
  out.end_object();
  return out.take();
}

}  // namespace skein::model
