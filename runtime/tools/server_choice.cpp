#include "runtime/tools/server_choice.hpp"

#include "schema/text.hpp"

#include <map>

namespace skein::tools {
namespace {

constexpr std::size_t most_servers = 8;

}  // namespace

result<std::vector<chosen_server>> servers_of(const registry& from,
                                              const std::vector<std::string>& names) {
  std::map<std::string, chosen_server> by_name;
  for (const auto& name : names) {
    auto tool = from.usable(name);
    if (!tool && tool.error().code == errc::not_found) {
      return error{
          errc::unsupported,
          "the task names " + schema::detail::in_quotes(name) + ", and no tool is called so",
          "describe and approve it in a folder of `tools` in skein.yaml"};
    }
    if (!tool) return tool.error();
    auto origin = (*tool)->descriptor.origin;
    // Those of the platform are there anyhow.
    if (origin.from != schema::tool_origin::source::mcp) continue;
    origin.tool.clear();
    auto& server = by_name[origin.server];
    if (!server.tools.empty() && server.origin != origin) {
      return error{errc::invalid,
                   "tools " + server.tools.front() + " and " + name + " describe server " +
                       origin.server + " differently",
                   "give both the same version, command, url, repository and network"};
    }
    server.origin = std::move(origin);
    server.tools.push_back(name);
  }
  if (by_name.size() > most_servers) {
    return error{errc::refused,
                 "the task names tools of " + std::to_string(by_name.size()) +
                     " servers, allowed are " + std::to_string(most_servers),
                 "name fewer tools"};
  }
  std::vector<chosen_server> out;
  for (auto& [name, server] : by_name) out.push_back(std::move(server));
  return out;
}

}  // namespace skein::tools
