// Actors that stand in for git, cells and remotes: they answer at once, or as a test tells them.
#pragma once

#include "actors/protocol.hpp"
#include "actors/rulebook.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skein::actors::test {

/// How the fake world behaves; tests change it before or between messages.
struct fake_world {
  std::int64_t now_ms = 1'000'000;
  /// By repository URL; absent: succeeds.
  std::map<std::string, error> prepare_fails;
  /// What commands answer, by command line; absent: exit status 0.
  std::map<std::string, cell::command_result> commands;
  /// The same one after the other, before `commands` counts.
  std::map<std::string, std::deque<cell::command_result>> command_outcomes;
  /// Hears what attempts are opened with.
  std::function<void(const open_attempt&)> on_open;
  /// Who plays an MCP server; absent: none starts.
  std::function<server_started(const start_server&)> on_server;
  /// Command lines that never answer until killed.
  std::string hangs;
  bool empty_change = false;
  bool change_carries_over = false;  ///< an earlier run's change applies to the base as it is
  /// Outcomes of publishing, in order; then: published.
  std::deque<publish_outcome> publications;
  bool publisher_hangs = false;

  // Several threads when the scheduler is a real one.
  std::atomic<int> workspaces_open = 0;
  std::atomic<int> workspaces_opened = 0;
  std::atomic<int> commands_run = 0;
  std::atomic<int> published = 0;
  caf::weak_actor_ptr run;  ///< who opened the last workspace
  bool keep_lines = true;
  std::vector<std::string> lines;  ///< every command line run, in order, if kept
};
using fake_world_ptr = std::shared_ptr<fake_world>;

repository_actor::behavior_type fake_repository(repository_actor::pointer self, fake_world_ptr fake);
/// The shipped configuration in the source tree.
std::filesystem::path test_config();

/// The rules as they are shipped. Throws when they cannot be read.
rulebook test_rules();

worker_actor::behavior_type fake_worker(worker_actor::pointer self, fake_world_ptr fake);
publisher_actor::behavior_type fake_publisher(publisher_actor::pointer self, fake_world_ptr fake);

}  // namespace skein::actors::test
