// The MCP servers of one run, and the tool registry as this run sees it: what a server does not
// offer as it was approved is disabled here, and stays so for the rest of the run. Owned by the
// agent, used on its actor only. Which calls may be made is decided elsewhere.
//
//   connect ─▶ start in a cell, or find the way out ─▶ handshake ─▶ list ─▶ observe ─▶ ready
//                                                                      ▲
//                                          list_changed: list again ───┘     gone: nothing is
//                                          offered
#pragma once

#include "actors/parts.hpp"
#include "actors/tool_call.hpp"
#include "runtime/mcp/session.hpp"
#include "runtime/tools/server_choice.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skein::actors {

/// How what happens to servers is recorded.
struct server_reports {
  std::function<void(const std::string& kind, nlohmann::json payload)> note;
  std::function<void(const std::string& kind, const std::string& summary, nlohmann::json facts)>
      incident;
  /// Somebody else's words, cut and without secrets.
  std::function<std::string(const std::string&)> shown;
};

class tool_servers {
 public:
  tool_servers(agent_actor::pointer self, surroundings_ptr world, workspace_actor workspace,
               std::vector<tools::chosen_server> wanted, server_reports reports);

  /// Starts every server; `ready` once each of them is there or is not. A server that cannot be had
  /// is recorded, and its tools are not offered. `time` is what is left of the run.
  void connect(std::chrono::milliseconds time, std::function<void()> ready);

  /// As it is now; a later change makes another one.
  [[nodiscard]] std::shared_ptr<const tools::registry> registry() const { return registry_; }
  /// The tools of servers that are there.
  [[nodiscard]] std::vector<std::string> offered() const;
  /// Who carries a call of this tool out; none for a built-in tool, or one that the task does not
  /// name.
  [[nodiscard]] std::optional<served_tool> served(const std::string& tool) const;

 private:
  struct server {
    tools::chosen_server is;
    std::shared_ptr<mcp::session> session;  ///< none: see `gone`
    std::string gone = "its server is not connected";
    bool awaited = true;  ///< by connect()
  };

  void start(server& one, std::chrono::milliseconds time);
  void reach(server& one, std::chrono::milliseconds time);
  void open_session(server& one, std::chrono::milliseconds time,
                    std::shared_ptr<mcp::transport> over);
  void opened(server& one, const result<std::shared_ptr<mcp::session>>& session);
  void listed(server& one, const result<mcp::tool_list>& list);
  void changed(server& one, const result<mcp::tool_list>& list);
  void lost(server& one, const error& why);
  /// Of connect(): one server less to wait for.
  void settled(server& one);
  /// Compares and records what is disabled now and was not before; the names of tools that nobody
  /// approved.
  std::vector<std::string> observe(const server& one, const result<mcp::tool_list>& list);
  void note_started(const server& one, const std::vector<std::string>& unknown);
  /// Brings what a callback of any thread gets to the actor.
  template <class T>
  std::function<void(T)> back(server& one, void (tool_servers::*then)(server&, const T&)) const;

  agent_actor::pointer self_;
  surroundings_ptr world_;
  workspace_actor workspace_;
  server_reports reports_;
  std::shared_ptr<const tools::registry> registry_;
  std::map<std::string, server> servers_;
  std::size_t missing_ = 0;
  std::function<void()> ready_;
};

}  // namespace skein::actors
