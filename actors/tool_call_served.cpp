// A call that an MCP server carries out: what goes there, and what its answer becomes.
#include "actors/offload.hpp"
#include "actors/tool_call.hpp"
#include "runtime/mcp/outcome_text.hpp"

#include <algorithm>

namespace skein::actors {

namespace {

/// Whatever progress the server reports.
constexpr std::chrono::milliseconds longest_call{std::chrono::minutes{10}};

/// Of an answer; what a model sees is less.
constexpr std::size_t longest_kept = 1U << 20;

std::string kind_of(const mcp::tool_outcome& answered) {
  switch (answered.how) {
    case mcp::tool_outcome::end::answered:
      return "ok";
    case mcp::tool_outcome::end::failed:
      return "failed";
    case mcp::tool_outcome::end::rejected:
      break;
  }
  return "server_rejected";
}

}  // namespace

void tool_call_state::call_server() {
  const auto& descriptor = registry().tools().at(spec.tool).descriptor;
  if (!spec.served->session) {
    return not_possible(
        {errc::unavailable, "tool " + spec.tool + ": " + spec.served->gone, "go on without it"});
  }
  const auto text = spec.arguments.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  // T5: whatever it is good for, it is not for a server.
  if (spec.secrets && !spec.secrets->scan(text, "").empty()) {
    return not_possible({errc::refused, "the arguments hold a secret; nothing was sent",
                         "call the tool without it"});
  }
  mcp::call_options how;
  how.timeout = std::min(spec.served->timeout, spec.limits.time);
  how.most = std::min(longest_call, spec.limits.time);
  const auto model = nlohmann::json::parse(descriptor.model_json, nullptr, false);
  if (model.is_object() && model.contains("outputSchema")) {
    auto promised = tools::argument_schema::compile(model["outputSchema"]);
    if (!promised) return not_possible(promised.error());
    how.output = std::move(*promised);
  }
  asked_at_ms_ = world->now_ms();
  asked_ = spec.served->session->call_tool(
      descriptor.origin.tool, spec.arguments, std::move(how),
      [handle = caf::actor_cast<tool_call_actor>(self), this](result<mcp::tool_outcome> answered) {
        auto kept = std::make_shared<result<mcp::tool_outcome>>(std::move(answered));
        come_back(handle, [this, kept] { server_answered(*kept); });
      });
}

void tool_call_state::server_answered(const result<mcp::tool_outcome>& answered) {
  asked_.reset();
  auto outcome = std::make_shared<call_outcome>();
  outcome->result.duration_ms = world->now_ms() - asked_at_ms_;
  auto& said = outcome->said;
  if (answered) {
    said.failed = answered->how != mcp::tool_outcome::end::answered;
    said.text = mcp::text_of(*answered);
    said.kind = kind_of(*answered);
  } else {
    said.failed = true;
    said.text = answered.error().message + "\n";
    said.kind = std::string(to_string(answered.error().code));
  }
  outcome->result.output_bytes = said.text.size();
  said.text = agent::head_and_tail(said.text, longest_kept);
  outcome->result.truncated = outcome->result.output_bytes > said.text.size();
  if (spec.secrets) said.text = spec.secrets->redact(said.text);
  keep(outcome, said.text);
}

}  // namespace skein::actors
