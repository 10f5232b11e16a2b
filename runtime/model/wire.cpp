#include "runtime/model/wire.hpp"

#include <array>

namespace skein::model {
namespace {

struct wire_row {
  wire format;
  const char* name;
  const char* path;
  decltype(&anthropic_request) build;
  decltype(&anthropic_reader) read;
};

constexpr std::array wires{
    wire_row{wire::anthropic, "anthropic", "/messages", &anthropic_request, &anthropic_reader},
    wire_row{wire::openai_responses, "openai-responses", "/responses", &openai_responses_request,
             &openai_responses_reader},
    wire_row{wire::openai_chat, "openai-chat", "/chat/completions", &openai_chat_request,
             &openai_chat_reader},
};

const wire_row& row_of(wire format) noexcept {
  for (const wire_row& row : wires)
    if (row.format == format) return row;
  return wires.front();
}

}  // namespace

const char* to_string(wire value) noexcept {
  return row_of(value).name;
}

std::optional<wire> parse_wire(std::string_view text) noexcept {
  for (const wire_row& row : wires)
    if (text == row.name) return row.format;
  return std::nullopt;
}

std::string build_request(wire format, const conversation& said, const ask_settings& settings,
                          const wire_traits& traits) {
  return row_of(format).build(said, settings, traits);
}

std::unique_ptr<answer_reader> make_reader(wire format, const ask_settings& settings) {
  return row_of(format).read(settings);
}

std::string endpoint(wire format, std::string_view base_url) {
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  const bool versioned = format != wire::anthropic || base_url.ends_with("/v1");
  return std::string(base_url) + (versioned ? "" : "/v1") + row_of(format).path;
}

}  // namespace skein::model
