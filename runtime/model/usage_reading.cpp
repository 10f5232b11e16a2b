#include "runtime/model/usage_reading.hpp"

#include "runtime/model/json_text.hpp"

namespace skein::model {
namespace {

constexpr std::uint64_t bytes_a_token = 3;
// A tokenizer may pack a run of blanks into one token, but not a whole text.
constexpr std::uint64_t fewest_tokens_divisor = 64;
// What a provider adds of its own: its system text, the form of tools.
constexpr std::uint64_t hidden_input = 16'384;
constexpr std::uint64_t hidden_output = 4'096;

void overwrite(std::optional<std::uint64_t>& target, std::optional<std::uint64_t> value) {
  if (value) target = value;
}

void read_anthropic(const nlohmann::json& counts, reported_usage& into) {
  overwrite(into.input, count_of(counts, "input_tokens"));
  overwrite(into.output, count_of(counts, "output_tokens"));
  overwrite(into.cache_read, count_of(counts, "cache_read_input_tokens"));
  overwrite(into.cache_write, count_of(counts, "cache_creation_input_tokens"));
}

struct openai_names {
  const char* input;
  const char* input_details;
  const char* output;
};
constexpr openai_names responses_names{"input_tokens", "input_tokens_details", "output_tokens"};
constexpr openai_names chat_names{"prompt_tokens", "prompt_tokens_details", "completion_tokens"};

void read_openai(const nlohmann::json& counts, const openai_names& names, reported_usage& into) {
  if (!counts.is_object()) return;
  into = {};
  const auto input = count_of(counts, names.input);
  const auto cached = count_of(member(counts, names.input_details), "cached_tokens").value_or(0);
  if (input && cached <= *input) {
    into.input = *input - cached;
    into.cache_read = cached;
  }
  into.output = count_of(counts, names.output);
}

}  // namespace

void read_usage(wire format, const nlohmann::json& message, reported_usage& into) {
  switch (format) {
    case wire::anthropic:
      read_anthropic(member(member(message, "message"), "usage"), into);
      read_anthropic(member(message, "usage"), into);
      break;
    case wire::openai_responses:
      read_openai(member(member(message, "response"), "usage"), responses_names, into);
      read_openai(member(message, "usage"), responses_names, into);
      break;
    case wire::openai_chat:
      read_openai(member(message, "usage"), chat_names, into);
      break;
  }
}

std::uint64_t estimated_tokens(std::uint64_t bytes) noexcept {
  return bytes / bytes_a_token + 1;
}

usage judge_usage(const reported_usage& reported, const passed_bytes& passed, std::string* why) {
  usage out;
  out.input = reported.input.value_or(0);
  out.output = reported.output.value_or(0);
  out.cache_read = reported.cache_read.value_or(0);
  out.cache_write = reported.cache_write.value_or(0);
  out.reported = true;
  const std::uint64_t all_input = out.input + out.cache_read + out.cache_write;
  const char* wrong = nullptr;
  if (!reported.input || !reported.output)
    wrong = "usage missing";
  else if (all_input > passed.request + hidden_input ||
           all_input < passed.request / fewest_tokens_divisor || all_input == 0)
    wrong = "usage of input cannot be true";
  else if (out.output < passed.content / fewest_tokens_divisor ||
           (out.output == 0 && passed.content > 0) ||
           (passed.max_output_tokens != 0 && out.output > passed.max_output_tokens + hidden_output))
    wrong = "usage of output cannot be true";
  if (wrong == nullptr) return out;
  if (why != nullptr) *why = wrong;
  usage estimate;
  estimate.input = estimated_tokens(passed.request);
  estimate.output = estimated_tokens(passed.content);
  return estimate;
}

}  // namespace skein::model
