// An answer in the format of Anthropic Messages.
#include "runtime/model/answer_parts.hpp"
#include "runtime/model/failure_reading.hpp"
#include "runtime/model/json_text.hpp"
#include "runtime/model/usage_reading.hpp"

#include <array>
#include <utility>

namespace skein::model {
namespace {

using nlohmann::json;

constexpr std::size_t most_blocks = 4096;

constexpr std::array<std::pair<std::string_view, stop_reason>, 7> stops{{
    {"end_turn", stop_reason::end},
    {"stop_sequence", stop_reason::end},
    {"max_tokens", stop_reason::length},
    {"model_context_window_exceeded", stop_reason::length},
    {"tool_use", stop_reason::tool_calls},
    {"refusal", stop_reason::refusal},
    {"pause_turn", stop_reason::other},
}};

stop_reason stop_of(std::string_view text) {
  for (const auto& [name, stop] : stops)
    if (name == text) return stop;
  return stop_reason::other;
}

wire_fault malformed(std::string text) {
  return {failure_kind::malformed, std::move(text)};
}

class reader final : public answer_reader {
 public:
  explicit reader(const ask_settings& settings) : parts_(settings) {}

  fault event(std::string_view, std::string_view data) override {
    if (finished_) return std::nullopt;
    const auto parsed = read_json(data);
    if (!parsed || !parsed->is_object()) return malformed("an event that is not a JSON object");
    const std::string_view type = text_of(*parsed, "type");
    if (type == "error") return read_error(member(*parsed, "error"));
    if (type == "message_start" || type == "message_delta")
      read_usage(wire::anthropic, *parsed, counted_);
    if (type == "content_block_start")
      return begin_block(count_of(*parsed, "index"), member(*parsed, "content_block"));
    if (type == "content_block_delta")
      return extend(count_of(*parsed, "index"), member(*parsed, "delta"));
    if (type == "message_delta") {
      const std::string_view reason = text_of(member(*parsed, "delta"), "stop_reason");
      if (!reason.empty()) stop_ = stop_of(reason);
    }
    if (type == "message_stop") finished_ = true;
    return std::nullopt;
  }

  fault whole(const json& body) override {
    if (text_of(body, "type") == "error") return read_error(member(body, "error"));
    const json& content = member(body, "content");
    if (!content.is_array()) return malformed("a message without content");
    read_usage(wire::anthropic, body, counted_);
    std::uint64_t index = 0;
    for (const json& block : content) {
      if (auto bad = begin_block(index, block)) return bad;
      if (text_of(block, "type") == "tool_use")
        parts_.set_arguments(index, write_json(member(block, "input")));
      ++index;
    }
    stop_ = stop_of(text_of(body, "stop_reason"));
    finished_ = true;
    return std::nullopt;
  }

  bool finished() const override { return finished_; }
  bool closed() const override { return finished_; }
  const reported_usage& counted() const override { return counted_; }
  std::uint64_t content_bytes() const override { return parts_.bytes(); }

  answer take() override {
    answer out = parts_.finish(stop_);
    if (thinks_) out.opaque = {{"wire", to_string(wire::anthropic)}, {"blocks", blocks_of(out)}};
    return out;
  }

 private:
  fault begin_block(std::optional<std::uint64_t> index, const json& block) {
    if (!index || blocks_.contains(*index))
      return malformed("a content block without its own index");
    if (blocks_.size() >= most_blocks)
      return wire_fault{failure_kind::too_large, "too many content blocks"};
    const std::string_view type = text_of(block, "type");
    json kept = {{"type", type}};
    if (type == "text") {
      kept["text"] = text_of(block, "text");
      parts_.add_text(text_of(block, "text"));
    } else if (type == "tool_use") {
      if (auto bad = parts_.open_call(*index, text_of(block, "id"), text_of(block, "name")))
        return bad;
    } else if (type == "thinking" || type == "redacted_thinking") {
      thinks_ = true;
      kept = block;
      parts_.count(text_of(block, "thinking").size() + text_of(block, "data").size());
    } else {
      parts_.odd("content block of an unknown type");
    }
    blocks_.emplace(*index, std::move(kept));
    return std::nullopt;
  }

  fault extend(std::optional<std::uint64_t> index, const json& delta) {
    const auto found = index ? blocks_.find(*index) : blocks_.end();
    if (found == blocks_.end()) return malformed("a piece of a content block that did not begin");
    const std::string_view type = text_of(delta, "type");
    if (type == "text_delta") {
      const std::string_view piece = text_of(delta, "text");
      parts_.add_text(piece);
      return append(found->second, "text", piece);
    }
    if (type == "input_json_delta")
      return parts_.add_arguments(*index, text_of(delta, "partial_json"));
    if (type == "thinking_delta") {
      const std::string_view piece = text_of(delta, "thinking");
      parts_.count(piece.size());
      return append(found->second, "thinking", piece);
    }
    if (type == "signature_delta")
      return append(found->second, "signature", text_of(delta, "signature"));
    return std::nullopt;
  }

  static fault append(json& block, const char* key, std::string_view piece) {
    json& text = block[key];
    if (text.is_null()) text = "";
    if (!text.is_string()) return malformed("a content block of the wrong shape");
    text.get_ref<std::string&>() += piece;
    return std::nullopt;
  }

  json blocks_of(const answer& out) {
    json list = json::array();
    for (auto& [index, block] : blocks_) {
      const std::string_view type = text_of(block, "type");
      if (type == "tool_use") {
        const tool_request& call = out.calls[parts_.position(index)];
        list.push_back({{"type", "tool_use"},
                        {"id", call.id},
                        {"name", plain_name(call.name)},
                        {"input", call.arguments}});
      } else if (type == "thinking" || type == "redacted_thinking" ||
                 (type == "text" &&
                  text_of(block, "text").find_first_not_of(" \t\r\n") != std::string_view::npos)) {
        list.push_back(std::move(block));
      }
    }
    return list;
  }

  answer_parts parts_;
  std::map<std::uint64_t, json> blocks_;
  reported_usage counted_;
  stop_reason stop_ = stop_reason::other;
  bool thinks_ = false;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<answer_reader> anthropic_reader(const ask_settings& settings) {
  return std::make_unique<reader>(settings);
}

}  // namespace skein::model
