// A conversation as a request of Anthropic Messages.
#include "runtime/model/answer_parts.hpp"
#include "runtime/model/json_text.hpp"
#include "runtime/model/json_writer.hpp"

namespace skein::model {
namespace {

using nlohmann::json;

/// What was said so far is read from the provider's cache at the next step.
constexpr std::string_view cached = R"("cache_control":{"type":"ephemeral"})";

std::string text_block(std::string_view text, std::string_view more = {}) {
  json_writer out;
  out.begin_object().member("type", "text").member("text", text);
  std::string block = out.take();
  if (!more.empty()) block.append(",").append(more);
  return block + '}';
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
  void add(const char* role, std::string block) { blocks_.push_back({role, std::move(block)}); }
  void add_text(const char* role, std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") != std::string_view::npos) add(role, text_block(text));
  }
  void add_spans(const std::vector<untrusted_span>& spans) {
    for (const untrusted_span& one : spans) add("user", text_block(framed(one)));
  }

  void add_assistant(const turn& said, const wire_traits& traits) {
    if (text_of(said.opaque, "wire") == to_string(wire::anthropic) &&
        text_of(said.opaque, "provider") == traits.provider) {
      for (const json& block : member(said.opaque, "blocks")) add("assistant", write_json(block));
      return;
    }
    add_text("assistant", said.text);
    for (const tool_request& call : said.calls) {
      json_writer out;
      out.begin_object()
          .member("type", "tool_use")
          .member("id", anthropic_id(call.id))
          .member("name", plain_name(call.name))
          .key("input")
          .value(call.arguments)
          .end_object();
      add("assistant", out.take());
    }
  }

  void add_replies(const turn& said) {
    for (const tool_reply& one : said.replies) {
      json_writer out;
      out.begin_object()
          .member("type", "tool_result")
          .member("tool_use_id", anthropic_id(one.id))
          .key("is_error")
          .boolean(one.failed)
          .key("content")
          .begin_array()
          .raw(text_block(framed(one.content)))
          .end_array()
          .end_object();
      add("user", out.take());
    }
  }

  void write(json_writer& out) {
    if (!blocks_.empty() && blocks_.back().json.size() > 2)
      blocks_.back().json.insert(blocks_.back().json.size() - 1, "," + std::string(cached));
    out.begin_array();
    for (std::size_t i = 0; i < blocks_.size();) {
      const std::string_view role = blocks_[i].role;
      out.begin_object().member("role", role).key("content").begin_array();
      for (; i < blocks_.size() && blocks_[i].role == role; ++i) out.raw(blocks_[i].json);
      out.end_array().end_object();
    }
    out.end_array();
  }

 private:
  struct block {
    std::string_view role;
    std::string json;
  };
  std::vector<block> blocks_;
};

}  // namespace

std::string anthropic_request(const conversation& said, const ask_settings& settings,
                              const wire_traits& traits) {
  json_writer out;
  out.begin_object()
      .member("model", settings.model)
      .key("max_tokens")
      .number(settings.max_output_tokens)
      .key("stream")
      .boolean(true)
      .key("system")
      .begin_array();
  if (!said.system.empty()) out.raw(text_block(said.system));
  out.raw(text_block(framing_notice(), cached)).end_array();
  // What stays the same comes first: providers keep the beginning of a request.
  if (!said.tools.empty()) {
    out.key("tools").begin_array();
    for (const tool_definition& one : said.tools)
      out.begin_object()
          .member("name", one.name)
          .member("description", one.description)
          .key("input_schema")
          .value(one.schema)
          .end_object();
    out.end_array();
  }
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
  out.key("messages");
  list.write(out);
  out.end_object();
  return out.take();
}

}  // namespace skein::model
