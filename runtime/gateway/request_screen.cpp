#include "runtime/gateway/request_screen.hpp"

#include "runtime/model/json_text.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace skein::gateway {
namespace {

using json = nlohmann::ordered_json;

/// Members of a request that reach beyond it: other servers, stored state, work that goes on.
constexpr std::array<std::string_view, 9> reaching{
    "mcp_servers", "container",          "background", "conversation", "previous_response_id",
    "prompt",      "web_search_options", "functions",  "audio"};

/// Types of tools that the agent itself carries out; a star stands for any end.
constexpr std::array<std::string_view, 9> local_tools{
    "function", "custom",        "local_shell",  "shell",   "apply_patch",
    "bash_*",   "text_editor_*", "computer_20*", "memory_*"};

bool is_local(std::string_view type) {
  return std::any_of(local_tools.begin(), local_tools.end(), [type](std::string_view known) {
    if (!known.ends_with('*')) return type == known;
    return type.starts_with(known.substr(0, known.size() - 1));
  });
}

std::string_view text_of(const json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  return found->get_ref<const std::string&>();
}

bool empty_member(const json& value) {
  return value.is_null() || value == false ||
         ((value.is_array() || value.is_object()) && value.empty());
}

bool is_remote(const json& value) {
  if (value.is_object()) return value.contains("url") && is_remote(value["url"]);
  return value.is_string() && !value.get_ref<const std::string&>().starts_with("data:");
}

/// Content that the provider would have to fetch, or take from what it stored. The shapes of tools
/// and the arguments of calls are only text to it.
std::optional<std::string> finds_remote(const json& value) {
  if (value.is_object()) {
    const std::string_view type = text_of(value, "type");
    if ((type == "url" || type == "file" || type == "input_file" || type == "item_reference") &&
        (value.contains("url") || value.contains("file_url") || value.contains("file_id") ||
         type == "item_reference"))
      return std::string(type) + " content by reference";
    for (const auto& [key, member] : value.items()) {
      if ((key == "image_url" || key == "file_url") && is_remote(member))
        return key + " that is no data: URL";
      if (key == "file_id" && member.is_string()) return "a stored file";
      if (type == "tool_use" && key == "input") continue;
      if (auto found = finds_remote(member)) return found;
    }
  } else if (value.is_array()) {
    for (const json& one : value)
      if (auto found = finds_remote(one)) return found;
  }
  return std::nullopt;
}

void strip_tools(json& request, std::vector<std::string>* stripped) {
  if (!request.contains("tools") || !request["tools"].is_array()) return;
  json kept = json::array();
  for (json& tool : request["tools"]) {
    const std::string_view type = text_of(tool, "type");
    if (tool.is_object() && (!tool.contains("type") || is_local(type)))
      kept.push_back(std::move(tool));
    else if (stripped != nullptr)
      stripped->push_back(schema::detail::in_quotes(type));
  }
  if (kept.empty()) {
    request.erase("tools");
    request.erase("tool_choice");
  } else {
    request["tools"] = std::move(kept);
  }
}

/// Cuts what is asked for to what may be, under whichever name it stands.
std::uint64_t bound_output(json& request, model::wire format, std::uint32_t most) {
  constexpr std::array<const char*, 3> names{"max_tokens", "max_output_tokens",
                                             "max_completion_tokens"};
  bool named = false;
  std::uint64_t out = 0;
  for (const char* name : names) {
    const auto found = request.find(name);
    if (found == request.end() || found->is_null()) continue;
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > most) *found = most;
    out = std::max(out, found->get<std::uint64_t>());
    named = true;
  }
  if (named) return out;
  // Without a limit of its own the answer would be as long as the model likes.
  if (format == model::wire::openai_responses) request["max_output_tokens"] = most;
  if (format == model::wire::anthropic) request["max_tokens"] = most;
  return most;
}

}  // namespace

boost::system::result<screened, refusal> screen_request(model::wire format, std::string_view body,
                                                        const std::vector<std::string>& models,
                                                        std::uint32_t most_output_tokens,
                                                        std::vector<std::string>* stripped) {
  // The bounded reader decides whether it is JSON; this one keeps the order of the members.
  if (!model::read_json(body)) return refusal{outcome::malformed, "the body is not JSON"};
  json request = json::parse(body, nullptr, false);
  if (!request.is_object()) return refusal{outcome::malformed, "the body is not a JSON object"};
  screened out;
  out.model = text_of(request, "model");
  if (std::find(models.begin(), models.end(), out.model) == models.end())
    return refusal{outcome::model_not_allowed,
                   "model " + schema::detail::in_quotes(out.model) + " is not allowed in this run"};
  for (const std::string_view name : reaching)
    if (const auto found = request.find(name); found != request.end() && !empty_member(*found))
      return refusal{outcome::not_allowed, std::string(name) + " is not allowed in this run"};
  if (const auto found = request.find("n");
      found != request.end() && !found->is_null() && *found != 1)
    return refusal{outcome::not_allowed, "more than one answer is not allowed in this run"};
  for (const char* part : {"messages", "input", "system"})
    if (const auto found = request.find(part); found != request.end())
      if (auto remote = finds_remote(*found))
        return refusal{outcome::not_allowed, *remote + " is not allowed in this run"};
  strip_tools(request, stripped);
  out.output_tokens = bound_output(request, format, most_output_tokens);
  out.streaming = request.value("stream", json(false)) == true;
  if (format == model::wire::openai_responses) request["store"] = false;
  if (format == model::wire::openai_chat) {
    request.erase("store");
    // Otherwise nothing says what it cost.
    if (out.streaming) {
      if (!request["stream_options"].is_object()) request["stream_options"] = json::object();
      request["stream_options"]["include_usage"] = true;
    }
  }
  out.body = request.dump(-1, ' ', false, json::error_handler_t::replace);
  return out;
}

void throw_exception_from_error(const refusal& failed, const boost::source_location&) {
  throw std::runtime_error(failed.detail);
}

}  // namespace skein::gateway
