#include "runtime/mcp/outcome_text.hpp"

#include "schema/text.hpp"

namespace skein::mcp {
namespace {

using nlohmann::json;
using schema::detail::in_quotes;

constexpr std::size_t longest_name = 200;

std::string member(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string dump(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace);
}

/// Base64, so the size is that of the text.
std::string left_out(const std::string& what, const json& block, const char* key) {
  return "[" + what + " " + in_quotes(member(block, "mimeType"), longest_name) + ", " +
         std::to_string(member(block, key).size()) + " bytes of base64, left out]";
}

std::string text_of_block(const json& block) {
  const std::string type = member(block, "type");
  if (type == "text") return member(block, "text");
  if (type == "image" || type == "audio") return left_out(type, block, "data");
  if (type == "resource_link")
    return "[link to " + in_quotes(member(block, "uri"), longest_name) + ", not read]";
  if (type == "resource") {
    const auto found = block.find("resource");
    if (found == block.end() || !found->is_object()) return "[resource without content]";
    const std::string name = "resource " + in_quotes(member(*found, "uri"), longest_name);
    if (!found->contains("text")) return left_out(name, *found, "blob");
    return name + ":\n" + member(*found, "text");
  }
  return "[content of type " + in_quotes(type, longest_name) + ", left out]";
}

}  // namespace

std::string text_of(const tool_outcome& outcome) {
  if (outcome.how == tool_outcome::end::rejected) {
    return "the server refused the call (" + std::to_string(outcome.code) +
           "): " + outcome.message + "\n";
  }
  std::string text;
  bool words = false;
  for (const json& block : outcome.content) {
    words = words || member(block, "type") == "text";
    text += text_of_block(block);
    if (!text.ends_with('\n')) text += '\n';
  }
  if (!words && outcome.structured) text += dump(*outcome.structured) + "\n";
  return text.empty() ? "nothing\n" : text;
}

}  // namespace skein::mcp
