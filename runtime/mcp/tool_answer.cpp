#include "runtime/mcp/tool_answer.hpp"

#include "schema/text.hpp"

#include <algorithm>

namespace skein::mcp {
namespace {

using nlohmann::json;
using schema::detail::in_quotes;

constexpr std::size_t most_cursor_bytes = 8192;

error bad_list(const std::string& why) {
  return error{errc::unavailable, "list the server's tools: " + why, "look at the server"};
}

error bad_result(const std::string& why) {
  return error{errc::corrupt, "the result of the call is not to be used: " + why,
               "look at the server"};
}

}  // namespace

result<std::string> tool_pages::add(const incoming& page) {
  if (page.what == incoming::kind::failure) {
    return bad_list("it answered with an error: " +
                    in_quotes(page.body.contains("message") && page.body["message"].is_string()
                                  ? page.body["message"].get_ref<const std::string&>()
                                  : "",
                              200));
  }
  bytes_ += page.bytes;
  if (++pages_ > limits_.pages || bytes_ > limits_.bytes) return bad_list("it does not end");
  if (!page.body.is_object()) return bad_list("the answer is no object");
  const auto tools = page.body.find("tools");
  if (tools == page.body.end() || !tools->is_array()) return bad_list("the answer has no tools");
  for (const json& each : *tools) {
    if (!each.is_object()) return bad_list("a tool in it is no object");
    if (tools_.size() >= limits_.tools) {
      return bad_list("it has more than " + std::to_string(limits_.tools) + " tools");
    }
    tools_.push_back(each);
  }
  const auto cursor = page.body.find("nextCursor");
  if (cursor == page.body.end() || cursor->is_null()) return std::string();
  if (!cursor->is_string() || cursor->get_ref<const std::string&>().size() > most_cursor_bytes) {
    return bad_list("its cursor is no text, or too long");
  }
  std::string next = cursor->get<std::string>();
  if (next.empty()) return next;
  if (!cursors_.insert(next).second) return bad_list("it leads in a circle");
  return next;
}

output_schemas output_schemas_of(const json& tools) {
  output_schemas out;
  for (const json& each : tools) {
    const auto name = each.find("name");
    const auto schema = each.find("outputSchema");
    if (name == each.end() || !name->is_string()) continue;
    if (schema == each.end() || schema->is_null()) continue;
    out.insert_or_assign(name->get<std::string>(), *schema);
  }
  return out;
}

result<tool_outcome> read_outcome(incoming reply, const tools::argument_schema* output) {
  tool_outcome out;
  if (reply.what == incoming::kind::failure) {
    out.how = tool_outcome::end::rejected;
    const auto code = reply.body.find("code");
    if (code != reply.body.end() && code->is_number_integer()) out.code = code->get<std::int64_t>();
    const auto message = reply.body.find("message");
    if (message != reply.body.end() && message->is_string()) {
      const std::string shown = in_quotes(message->get_ref<const std::string&>(), 1000);
      out.message = shown.substr(1, shown.size() - 2);
    }
    return out;
  }
  if (!reply.body.is_object()) return bad_result("it is no object");
  const auto failed = reply.body.find("isError");
  if (failed != reply.body.end()) {
    if (!failed->is_boolean()) return bad_result("isError is neither true nor false");
    if (failed->get<bool>()) out.how = tool_outcome::end::failed;
  }
  const auto structured = reply.body.find("structuredContent");
  const bool has_structured = structured != reply.body.end() && !structured->is_null();
  if (has_structured && !structured->is_object()) {
    return bad_result("structuredContent is no object");
  }
  const auto content = reply.body.find("content");
  if (content != reply.body.end()) {
    const bool blocks =
        content->is_array() && std::all_of(content->begin(), content->end(), [](const json& each) {
          const auto type = each.is_object() ? each.find("type") : each.end();
          return each.is_object() && type != each.end() && type->is_string();
        });
    if (!blocks) return bad_result("content is no list of blocks that each have a type");
    out.content = std::move(*content);
  } else if (!has_structured) {
    return bad_result("it has no content");
  }
  if (output != nullptr && out.how == tool_outcome::end::answered) {
    if (!has_structured)
      return bad_result("the structured content that the tool promises is missing");
    if (const auto checked = output->check(*structured); !checked) {
      return bad_result("structuredContent does not match the output schema: " +
                        checked.error().message);
    }
  }
  if (has_structured) out.structured = std::move(*structured);
  return out;
}

}  // namespace skein::mcp
