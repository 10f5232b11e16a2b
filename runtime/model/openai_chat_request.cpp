// A conversation as a request of OpenAI Chat Completions.
#include "runtime/model/answer_parts.hpp"
#include "runtime/model/json_text.hpp"
#include "runtime/model/json_writer.hpp"

namespace skein::model {
namespace {

class messages {
 public:
  explicit messages(json_writer& out) : out_(out) { out_.begin_array(); }

  /// Texts of the same role in a row become one message.
  void add_text(std::string_view role, std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
    if (open_ != role) {
      end_texts();
      out_.begin_object().member("role", role).key("content").begin_array();
      open_ = role;
    }
    out_.begin_object().member("type", "text").member("text", text).end_object();
  }
  void add_spans(const std::vector<untrusted_span>& spans) {
    for (const untrusted_span& one : spans) add_text("user", framed(one));
  }

  void add_assistant(const turn& said, const wire_traits& traits) {
    end_texts();
    out_.begin_object().member("role", "assistant").key("content");
    if (said.text.empty() && !said.calls.empty())
      out_.null();
    else
      out_.text(said.text);
    if (text_of(said.opaque, "wire") == to_string(wire::openai_chat) &&
        text_of(said.opaque, "provider") == traits.provider)
      out_.member("reasoning_content", text_of(said.opaque, "reasoning_content"));
    if (!said.calls.empty()) {
      out_.key("tool_calls").begin_array();
      for (const tool_request& call : said.calls)
        out_.begin_object()
            .member("id", call.id)
            .member("type", "function")
            .key("function")
            .begin_object()
            .member("name", plain_name(call.name))
            .member("arguments", write_json(call.arguments))
            .end_object()
            .end_object();
      out_.end_array();
    }
    out_.end_object();
  }

  void add_replies(const turn& said) {
    end_texts();
    for (const tool_reply& one : said.replies)
      out_.begin_object()
          .member("role", "tool")
          .member("tool_call_id", one.id)
          .member("content", (one.failed ? "failed\n" : "") + framed(one.content))
          .end_object();
  }

  /// Many servers take nothing but text here.
  void add_system(std::string_view text) {
    if (text.empty()) return;
    end_texts();
    out_.begin_object().member("role", "system").member("content", text).end_object();
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
  std::string_view open_;  ///< role of the message that more text may be added to
};

}  // namespace

std::string openai_chat_request(const conversation& said, const ask_settings& settings,
                                const wire_traits& traits) {
  json_writer out;
  out.begin_object()
      .member("model", settings.model)
      .key("stream")
      .boolean(true)
      .key("stream_options")
      .begin_object()
      .key("include_usage")
      .boolean(true)
      .end_object()
      .key(traits.max_completion_tokens ? "max_completion_tokens" : "max_tokens")
      .number(settings.max_output_tokens);
  if (!said.tools.empty()) {
    out.key("tools").begin_array();
    for (const tool_definition& one : said.tools)
      out.begin_object()
          .member("type", "function")
          .key("function")
          .begin_object()
          .member("name", one.name)
          .member("description", one.description)
          .key("parameters")
          .value(one.schema)
          .end_object()
          .end_object();
    out.end_array();
  }
  out.key("messages");
  messages list(out);
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
  list.end();
  out.end_object();
  return out.take();
}

}  // namespace skein::model
