// The MCP client as a program, for peers that test clients and for real servers:
//   mcp_conformance_client URL               the scenario named by MCP_CONFORMANCE_SCENARIO
//   mcp_conformance_client --try URL         lists, pings and calls one tool
//   mcp_conformance_client --try -- COMMAND  the same over stdio
// Calls come from MCP_TRY_TOOL and MCP_TRY_ARGUMENTS (JSON). Prints one line of JSON.
#include "runtime/http/client.hpp"
#include "runtime/mcp/http_transport.hpp"
#include "runtime/mcp/session.hpp"
#include "runtime/mcp/stdio_transport.hpp"

#include <cstdlib>
#include <future>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace skein;
using nlohmann::json;

/// Blocking.
template <class T>
T wait_for(const std::function<void(std::function<void(T)>)>& begin) {
  const auto promise = std::make_shared<std::promise<T>>();
  auto future = promise->get_future();
  begin([promise](T value) { promise->set_value(std::move(value)); });
  return future.get();
}

std::string variable(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

int complain(const error& why) {
  std::cerr << why.message << (why.remedy.empty() ? "" : "; ") << why.remedy << '\n';
  return 1;
}

/// Accepts what is asked with the defaults of its schema, as a person would who only presses Enter.
json accept_defaults(const json& params) {
  json content = json::object();
  const json schema = params.value("requestedSchema", json::object());
  const json fields = schema.value("properties", json::object());
  for (const auto& [name, field] : fields.items()) {
    if (field.is_object() && field.contains("default")) content[name] = field["default"];
  }
  return {{"action", "accept"}, {"content", content}};
}

/// Arguments that a tool's schema asks for: numbers where it wants numbers.
json arguments_for(const json& tool) {
  json out = json::object();
  const json schema = tool.value("inputSchema", json::object());
  const json fields = schema.value("properties", json::object());
  for (const auto& [name, field] : fields.items()) {
    const std::string type = field.is_object() ? field.value("type", "") : "";
    if (type == "number" || type == "integer") out[name] = 2;
    if (type == "string") out[name] = "text";
  }
  return out;
}

class conversation {
 public:
  explicit conversation(std::shared_ptr<mcp::session> with) : session_(std::move(with)) {}
  ~conversation() {
    wait_for<int>([&](auto done) { session_->close([done] { done(0); }); });
  }
  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;

  result<mcp::tool_list> list() {
    return wait_for<result<mcp::tool_list>>(
        [&](auto done) { session_->list_tools(std::move(done)); });
  }
  result<mcp::tool_outcome> call(const std::string& name, const json& arguments) {
    return wait_for<result<mcp::tool_outcome>>(
        [&](auto done) { session_->call_tool(name, arguments, {}, std::move(done)); });
  }
  result<> ping() {
    return wait_for<result<>>([&](auto done) { session_->ping(std::move(done)); });
  }
  const mcp::server_identity& server() { return session_->server(); }

 private:
  std::shared_ptr<mcp::session> session_;
};

int run_scenario(conversation& with, const std::string& scenario) {
  // Its server has nothing but the handshake.
  if (scenario == "initialize") return with.server().name.empty() ? 1 : 0;
  const auto listed = with.list();
  if (!listed) return complain(listed.error());
  for (const json& tool : listed->tools) {
    const auto outcome = with.call(tool["name"], arguments_for(tool));
    if (!outcome) return complain(outcome.error());
    std::cout << outcome->content.dump() << '\n';
  }
  return 0;
}

int try_server(conversation& with) {
  const auto listed = with.list();
  if (!listed) return complain(listed.error());
  if (const auto pinged = with.ping(); !pinged) return complain(pinged.error());
  const json arguments = json::parse(variable("MCP_TRY_ARGUMENTS", "{}"), nullptr, false);
  const auto outcome = with.call(variable("MCP_TRY_TOOL", "echo"), arguments);
  if (!outcome) return complain(outcome.error());
  json told{{"server", with.server().name},
            {"revision", with.server().revision},
            {"tools", listed->tools.size()},
            {"end", outcome->how == mcp::tool_outcome::end::answered ? "answered"
                    : outcome->how == mcp::tool_outcome::end::failed ? "failed"
                                                                     : "rejected"},
            {"content", outcome->content}};
  if (outcome->structured) told["structured"] = *outcome->structured;
  std::cout << told.dump() << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) {
    std::cerr << "usage: mcp_conformance_client [--try] URL | --try -- COMMAND…\n";
    return 2;
  }
  const bool trying = words.front() == "--try";
  const std::string scenario = variable("MCP_CONFORMANCE_SCENARIO", "initialize");
  process::io_loop loop;
  const auto client = std::make_shared<http::client>();
  mcp::session_options options;
  options.server = "peer";
  if (scenario.starts_with("elicitation")) options.elicit = accept_defaults;
  // Its server speaks a revision in which the scenario's subject did not exist.
  if (scenario == "sse-retry") options.also_accept = {"2025-03-26"};
  std::shared_ptr<mcp::transport> over;
  if (trying && words.size() > 2 && words[1] == "--") {
    over = mcp::over_stdio(
        loop, mcp::on_host({{words.begin() + 2, words.end()},
                            {"PATH=" + variable("PATH", "/usr/bin:/bin"), "HOME=/nonexistent"},
                            ""}));
  } else {
    mcp::http_options to;
    to.url = words.back();
    over = mcp::over_http(loop, client, to);
  }
  using opened = result<std::shared_ptr<mcp::session>>;
  auto session = wait_for<opened>(
      [&](auto done) { mcp::session::open(loop, over, options, std::move(done)); });
  if (!session) return complain(session.error());
  conversation with(std::move(*session));
  return trying ? try_server(with) : run_scenario(with, scenario);
}
