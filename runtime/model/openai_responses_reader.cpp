// An answer in the format of OpenAI Responses. An item that is done counts in place of its pieces;
// the pieces are for those servers that never say that it is.
#include "runtime/model/answer_parts.hpp"
#include "runtime/model/failure_reading.hpp"
#include "runtime/model/json_text.hpp"
#include "runtime/model/usage_reading.hpp"

namespace skein::model {
namespace {

using nlohmann::json;

constexpr std::size_t most_items = 4096;

wire_fault malformed(std::string text) {
  return {failure_kind::malformed, std::move(text)};
}

class reader final : public answer_reader {
 public:
  explicit reader(const ask_settings& settings) : parts_(settings) {}

  fault event(std::string_view, std::string_view data) override {
    if (finished_ || data == "[DONE]") return std::nullopt;
    const auto parsed = read_json(data);
    if (!parsed || !parsed->is_object()) return malformed("an event that is not a JSON object");
    const std::string_view type = text_of(*parsed, "type");
    if (type == "error")
      return read_error(member(*parsed, "error").is_object() ? member(*parsed, "error") : *parsed);
    if (type == "response.output_item.added" || type == "response.output_item.done")
      return take_item(count_of(*parsed, "output_index"), member(*parsed, "item"),
                       type.ends_with("done"));
    if (type == "response.output_text.delta" || type == "response.refusal.delta")
      return extend_text(count_of(*parsed, "output_index"), text_of(*parsed, "delta"));
    if (type == "response.function_call_arguments.delta")
      return extend_call(count_of(*parsed, "output_index"), text_of(*parsed, "delta"));
    if (type == "response.completed" || type == "response.incomplete" || type == "response.failed")
      return end_with(member(*parsed, "response"));
    return std::nullopt;
  }

  fault whole(const json& body) override {
    if (!member(body, "output").is_array() && !member(body, "error").is_object())
      return malformed("a response without output");
    return end_with(body);
  }

  bool finished() const override { return finished_; }
  bool closed() const override { return finished_; }
  const reported_usage& counted() const override { return counted_; }
  std::uint64_t content_bytes() const override { return bytes_; }

  answer take() override {
    json kept = json::array();
    for (auto& [index, item] : items_) {
      parts_.add_text(item.text);
      refused_ = refused_ || item.refused;
      if (!item.reasoning.is_null()) kept.push_back(std::move(item.reasoning));
    }
    answer out =
        parts_.finish(refused_ && stop_ == stop_reason::end ? stop_reason::refusal : stop_);
    if (!kept.empty())
      out.opaque = {{"wire", to_string(wire::openai_responses)}, {"items", std::move(kept)}};
    return out;
  }

 private:
  struct item_state {
    std::string text;
    json reasoning;
    bool refused = false;
    bool call = false;
    bool done = false;
  };

  fault take_item(std::optional<std::uint64_t> index, const json& item, bool done) {
    if (!index || !item.is_object()) return malformed("an output item without index or content");
    if (!items_.contains(*index) && items_.size() >= most_items)
      return wire_fault{failure_kind::too_large, "too many output items"};
    item_state& held = items_[*index];
    if (held.done) return std::nullopt;
    held.done = done;
    const std::string_view type = text_of(item, "type");
    if (type == "function_call") {
      held.call = true;
      if (auto bad = parts_.open_call(*index, text_of(item, "call_id"), text_of(item, "name")))
        return bad;
      if (!text_of(item, "arguments").empty()) {
        bytes_ += done ? 0 : text_of(item, "arguments").size();
        parts_.set_arguments(*index, text_of(item, "arguments"));
      }
    } else if (type == "message" && done) {
      std::string text;
      for (const json& part : member(item, "content")) {
        text += text_of(part, "text");
        text += text_of(part, "refusal");
        held.refused = held.refused || text_of(part, "type") == "refusal";
      }
      bytes_ += text.size() > held.text.size() ? text.size() - held.text.size() : 0;
      if (!text.empty()) held.text = std::move(text);
    } else if (type == "reasoning" && done) {
      keep_reasoning(held, item);
    }
    return std::nullopt;
  }

  /// Only what the provider can read back without having stored it.
  void keep_reasoning(item_state& held, const json& item) {
    bytes_ += text_of(item, "encrypted_content").size();
    if (text_of(item, "encrypted_content").empty()) return;
    held.reasoning = {
        {"type", "reasoning"},
        {"summary", member(item, "summary").is_array() ? member(item, "summary") : json::array()},
        {"encrypted_content", text_of(item, "encrypted_content")}};
    if (!text_of(item, "id").empty()) held.reasoning["id"] = text_of(item, "id");
  }

  fault extend_text(std::optional<std::uint64_t> index, std::string_view piece) {
    const std::uint64_t at = index.value_or(0);
    if (!items_.contains(at) && items_.size() >= most_items)
      return wire_fault{failure_kind::too_large, "too many output items"};
    item_state& held = items_[at];
    bytes_ += piece.size();
    if (!held.done) held.text += piece;
    return std::nullopt;
  }

  fault extend_call(std::optional<std::uint64_t> index, std::string_view piece) {
    bytes_ += piece.size();
    if (!index) return malformed("arguments without an index");
    const auto found = items_.find(*index);
    if (found != items_.end() && found->second.done) return std::nullopt;
    return parts_.add_arguments(*index, piece);
  }

  fault end_with(const json& response) {
    read_usage(wire::openai_responses, {{"response", response}}, counted_);
    const std::string_view status = text_of(response, "status");
    if (member(response, "error").is_object() && status != "completed")
      return read_error(member(response, "error"));
    if (status == "failed" || status == "cancelled")
      return wire_fault{failure_kind::other, "the response failed without a reason"};
    std::uint64_t index = 0;
    if (member(response, "output").is_array())
      for (const json& item : member(response, "output"))
        if (auto bad = take_item(index++, item, true)) return bad;
    const std::string_view why = text_of(member(response, "incomplete_details"), "reason");
    stop_ = why == "max_output_tokens" ? stop_reason::length
            : why == "content_filter"  ? stop_reason::refusal
            : status == "incomplete"   ? stop_reason::length
                                       : stop_reason::end;
    finished_ = true;
    return std::nullopt;
  }

  answer_parts parts_;
  std::map<std::uint64_t, item_state> items_;
  reported_usage counted_;
  std::uint64_t bytes_ = 0;
  stop_reason stop_ = stop_reason::other;
  bool refused_ = false;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<answer_reader> openai_responses_reader(const ask_settings& settings) {
  return std::make_unique<reader>(settings);
}

}  // namespace skein::model
