// An answer in the format of OpenAI Chat Completions, read as leniently as its many imitations
// need.
#include "runtime/model/answer_parts.hpp"
#include "runtime/model/failure_reading.hpp"
#include "runtime/model/json_text.hpp"
#include "runtime/model/usage_reading.hpp"

#include <array>
#include <utility>

namespace skein::model {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, stop_reason>, 5> stops{{
    {"stop", stop_reason::end},
    {"length", stop_reason::length},
    {"tool_calls", stop_reason::tool_calls},
    {"function_call", stop_reason::tool_calls},
    {"content_filter", stop_reason::refusal},
}};

wire_fault malformed(std::string text) {
  return {failure_kind::malformed, std::move(text)};
}

class reader final : public answer_reader {
 public:
  explicit reader(const ask_settings& settings) : parts_(settings) {}

  fault event(std::string_view, std::string_view data) override {
    if (done_) return std::nullopt;
    if (data == "[DONE]") {
      done_ = true;
      // Without a reason nothing says that it was the whole answer.
      return std::nullopt;
    }
    const auto parsed = read_json(data);
    if (!parsed || !parsed->is_object()) return malformed("an event that is not a JSON object");
    if (const json& wrong = member(*parsed, "error"); !wrong.is_null()) return read_error(wrong);
    return take_choice(*parsed, "delta");
  }

  fault whole(const json& body) override {
    if (const json& wrong = member(body, "error"); !wrong.is_null()) return read_error(wrong);
    if (!member(body, "choices").is_array() || member(body, "choices").empty())
      return malformed("a completion without choices");
    done_ = true;
    return take_choice(body, "message");
  }

  bool finished() const override { return stopped_; }
  bool closed() const override { return done_; }
  const reported_usage& counted() const override { return counted_; }
  std::uint64_t content_bytes() const override { return parts_.bytes(); }

  answer take() override {
    answer out =
        parts_.finish(refused_ && stop_ == stop_reason::end ? stop_reason::refusal : stop_);
    if (!reasoning_.empty())
      out.opaque = {{"wire", to_string(wire::openai_chat)}, {"reasoning_content", reasoning_}};
    return out;
  }

 private:
  fault take_choice(const json& chunk, const char* key) {
    if (member(chunk, "usage").is_object()) read_usage(wire::openai_chat, chunk, counted_);
    const json& choices = member(chunk, "choices");
    if (!choices.is_array()) return std::nullopt;
    for (const json& choice : choices) {
      if (count_of(choice, "index").value_or(0) != 0) continue;
      const json& said = member(choice, key);
      parts_.add_text(text_of(said, "content"));
      parts_.add_text(text_of(said, "refusal"));
      refused_ = refused_ || !text_of(said, "refusal").empty();
      parts_.count(text_of(said, "reasoning_content").size());
      reasoning_ += text_of(said, "reasoning_content");
      if (auto bad = take_calls(member(said, "tool_calls"))) return bad;
      if (const std::string_view reason = text_of(choice, "finish_reason"); !reason.empty())
        stop_with(reason);
      else if (done_)
        stop_with("");
    }
    return std::nullopt;
  }

  void stop_with(std::string_view reason) {
    stopped_ = true;
    stop_ = stop_reason::other;
    for (const auto& [name, stop] : stops)
      if (name == reason) stop_ = stop;
  }

  fault take_calls(const json& calls) {
    if (!calls.is_array()) return std::nullopt;
    for (const json& call : calls) {
      const json& function = member(call, "function");
      const auto key = key_of(call);
      if (auto bad = parts_.open_call(key, text_of(call, "id"), text_of(function, "name")))
        return bad;
      last_ = key;
      const json& arguments = member(function, "arguments");
      // Some servers send the object itself.
      if (auto bad = arguments.is_object()
                         ? parts_.add_arguments(key, write_json(arguments))
                         : parts_.add_arguments(key, text_of(function, "arguments")))
        return bad;
    }
    return std::nullopt;
  }

  /// Its index; where there is none, a new id or name begins a call and anything else goes on.
  std::uint64_t key_of(const json& call) {
    if (const auto index = count_of(call, "index")) return *index;
    const bool begins =
        !text_of(call, "id").empty() || !text_of(member(call, "function"), "name").empty();
    return begins ? next_unnumbered_++ : last_;
  }

  answer_parts parts_;
  reported_usage counted_;
  std::string reasoning_;
  std::uint64_t next_unnumbered_ = 2'000'000'000;
  std::uint64_t last_ = 2'000'000'000;
  stop_reason stop_ = stop_reason::other;
  bool refused_ = false;
  bool stopped_ = false;
  bool done_ = false;
};

}  // namespace

std::unique_ptr<answer_reader> openai_chat_reader(const ask_settings& settings) {
  return std::make_unique<reader>(settings);
}

}  // namespace skein::model
