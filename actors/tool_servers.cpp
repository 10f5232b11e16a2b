#include "actors/tool_servers.hpp"

#include "actors/offload.hpp"
#include "runtime/mcp/cell_program.hpp"
#include "runtime/mcp/http_transport.hpp"
#include "runtime/mcp/stdio_transport.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>

namespace skein::actors {

namespace {

/// Until a server's cell is there, or the way to it.
constexpr std::chrono::minutes start_timeout{2};

/// Of tools that nobody approved, in one event.
constexpr std::size_t most_unknown = 20;

}  // namespace

tool_servers::tool_servers(agent_actor::pointer self, surroundings_ptr world,
                           workspace_actor workspace, std::vector<tools::chosen_server> wanted,
                           server_reports reports)
    : self_(self),
      world_(std::move(world)),
      workspace_(std::move(workspace)),
      reports_(std::move(reports)),
      registry_(std::make_shared<const tools::registry>(world_->rules.tools)) {
  for (auto& each : wanted) {
    const auto name = each.origin.server;
    servers_[name].is = std::move(each);
  }
}

template <class T>
std::function<void(T)> tool_servers::back(server& one,
                                          void (tool_servers::*then)(server&, const T&)) const {
  // Weak: what is kept in a session must not keep the agent that owns it.
  return [owner = const_cast<tool_servers*>(this), &one, then,
          weak = caf::actor_cast<caf::weak_actor_ptr>(self_)](T value) {
    const auto agent = weak.lock();
    if (!agent) return;
    auto kept = std::make_shared<T>(std::move(value));
    come_back(caf::actor_cast<agent_actor>(agent),
              [owner, &one, then, kept] { (owner->*then)(one, *kept); });
  };
}

void tool_servers::connect(std::chrono::milliseconds time, std::function<void()> ready) {
  ready_ = std::move(ready);
  missing_ = servers_.size();
  for (auto& [name, one] : servers_) {
    if (one.is.origin.url.empty()) {
      start(one, time);
    } else {
      reach(one, time);
    }
  }
}

void tool_servers::start(server& one, std::chrono::milliseconds time) {
  const auto& origin = one.is.origin;
  start_server ask;
  ask.name = origin.server;
  ask.command = origin.command;
  ask.reads_repository = origin.reads_repository;
  ask.network = origin.network;
  ask.time = time;
  const auto& known = world_->config.tool_servers;
  if (const auto own = known.find(origin.server);
      own != known.end() && !own->second.install.empty()) {
    ask.mounts.push_back({own->second.install, mcp::installed_path});
  }
  self_->request(workspace_, start_timeout, std::move(ask))
      .then(
          [this, &one, time](const server_started& started) {
            auto launch = [server = started.server](process::io_loop&, auto done) {
              done(std::move(*server));
            };
            open_session(one, time, mcp::over_stdio(world_->loop, std::move(launch)));
          },
          [this, &one](const caf::error& failed) {
            lost(one, from_caf(failed, "start server " + one.is.origin.server));
          });
}

void tool_servers::reach(server& one, std::chrono::milliseconds time) {
  self_->request(workspace_, start_timeout, find_way_out{})
      .then(
          [this, &one, time](const way_out_found& way) {
            mcp::http_options options;
            options.url = one.is.origin.url;
            options.proxy = way.proxy;
            const auto own = world_->config.tool_servers.find(one.is.origin.server);
            if (own != world_->config.tool_servers.end()) options.ca_file = own->second.ca_file;
            open_session(one, time,
                         mcp::over_http(world_->loop, world_->models.client, std::move(options)));
          },
          [this, &one](const caf::error& failed) {
            lost(one, from_caf(failed, "reach server " + one.is.origin.server));
          });
}

void tool_servers::open_session(server& one, std::chrono::milliseconds time,
                                std::shared_ptr<mcp::transport> over) {
  mcp::session_options options;
  options.server = one.is.origin.server;
  options.limits.handshake = std::min(options.limits.handshake, time);
  options.limits.list = std::min(options.limits.list, time);
  options.on_tools = back<result<mcp::tool_list>>(one, &tool_servers::changed);
  options.on_closed = back<error>(one, &tool_servers::lost);
  mcp::session::open(world_->loop, std::move(over), std::move(options),
                     back<result<std::shared_ptr<mcp::session>>>(one, &tool_servers::opened));
}

void tool_servers::opened(server& one, const result<std::shared_ptr<mcp::session>>& session) {
  if (!session) return lost(one, session.error());
  one.session = *session;
  one.gone.clear();
  const auto& is = one.session->server();
  if (!is.has_tools) {
    return listed(one, mcp::tool_list{nlohmann::json::array(), is.version});
  }
  one.session->list_tools(back<result<mcp::tool_list>>(one, &tool_servers::listed));
}

void tool_servers::listed(server& one, const result<mcp::tool_list>& list) {
  if (!one.session) return;
  if (!list) return lost(one, list.error());
  note_started(one, observe(one, list));
  settled(one);
}

void tool_servers::changed(server& one, const result<mcp::tool_list>& list) {
  if (!one.session) return;
  const auto unknown = observe(one, list);
  reports_.note("tool_server_changed", {{"server", one.is.origin.server},
                                        {"tools", list ? list->tools.size() : 0},
                                        {"unknown", unknown}});
}

void tool_servers::lost(server& one, const error& why) {
  one.session.reset();
  one.gone = reports_.shown(why.message);
  reports_.note("tool_server_lost", {{"server", one.is.origin.server}, {"reason", one.gone}});
  settled(one);
}

void tool_servers::settled(server& one) {
  if (!std::exchange(one.awaited, false)) return;
  if (--missing_ == 0) std::exchange(ready_, {})();
}

std::vector<std::string> tool_servers::observe(const server& one,
                                               const result<mcp::tool_list>& list) {
  const auto& name = one.is.origin.server;
  const auto before = registry_;
  auto now = std::make_shared<tools::registry>(*before);
  const auto told =
      list ? now->observe(name, list->server_version, list->tools)
           : now->distrust(name, "its list of tools cannot be read: " + list.error().message);
  registry_ = now;
  std::vector<std::string> unknown;
  auto disabled = nlohmann::json::array();
  for (const auto& each : told) {
    if (each.what == tools::observed_tool::change::unknown && unknown.size() < most_unknown)
      unknown.push_back(reports_.shown(each.tool).substr(0, 128));
    if (each.disabled.empty() || !before->usable(each.disabled)) continue;
    const auto& tool = now->tools().at(each.disabled);
    disabled.push_back({{"tool", each.disabled},
                        {"change", to_string(each.what)},
                        {"detail", reports_.shown(each.detail)},
                        {"version", tool.descriptor.version},
                        {"sha256", tool.sha256}});
  }
  if (disabled.empty()) return unknown;
  // T4.9: nobody looked at what the server says now.
  nlohmann::json facts = {
      {"server", name}, {"version", one.is.origin.version}, {"tools", disabled}};
  reports_.note("tool_disabled", facts);
  reports_.incident("tool_changed",
                    "server " + name + " does not offer what was approved; " +
                        std::to_string(disabled.size()) + " of its tools are disabled",
                    std::move(facts));
  return unknown;
}

void tool_servers::note_started(const server& one, const std::vector<std::string>& unknown) {
  const auto& is = one.session->server();
  auto given = nlohmann::json::array();
  for (const auto& name : one.is.tools) {
    const auto& tool = registry_->tools().at(name);
    given.push_back({{"tool", name},
                     {"version", tool.descriptor.version},
                     {"sha256", tool.sha256},
                     {"usable", tool.disabled.empty()}});
  }
  reports_.note("tool_server_started", {{"server", one.is.origin.server},
                                        {"name", reports_.shown(is.name)},
                                        {"version", reports_.shown(is.version)},
                                        {"revision", is.revision},
                                        {"where", one.is.origin.url.empty() ? "cell" : "url"},
                                        {"tools", std::move(given)},
                                        {"unknown", unknown}});
}

std::vector<std::string> tool_servers::offered() const {
  std::vector<std::string> names;
  for (const auto& [name, one] : servers_)
    if (one.session) names.insert(names.end(), one.is.tools.begin(), one.is.tools.end());
  return names;
}

std::optional<served_tool> tool_servers::served(const std::string& tool) const {
  for (const auto& [name, one] : servers_) {
    const auto& tools = one.is.tools;
    if (std::find(tools.begin(), tools.end(), tool) == tools.end()) continue;
    served_tool out{name, one.is.origin.version, one.session, one.gone};
    const auto known = world_->config.tool_servers.find(name);
    if (known != world_->config.tool_servers.end()) out.timeout = known->second.timeout;
    return out;
  }
  return std::nullopt;
}

}  // namespace skein::actors
