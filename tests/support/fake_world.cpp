#include "tests/support/fake_world.hpp"

#include "actors/errors.hpp"
#include "runtime/diff/scope.hpp"

#include <caf/stateful_actor.hpp>

#include <caf/typed_response_promise.hpp>

#include <filesystem>
#include <stdexcept>

namespace skein::actors::test {

namespace {

/// One attempt's workspace without files or cell.
struct fake_workspace_state {
  workspace_actor::pointer self;
  fake_world_ptr fake;
  bool open = true;
  caf::typed_response_promise<cell::command_result> hanging;

  explicit fake_workspace_state(workspace_actor::pointer self) : self(self) {}
  void close() {
    if (std::exchange(open, false)) --fake->workspaces_open;
  }
};

workspace_actor::behavior_type fake_workspace(
    workspace_actor::stateful_pointer<fake_workspace_state> self, fake_world_ptr fake,
    caf::actor_addr owner) {
  self->state.fake = fake;
  ++fake->workspaces_open;
  ++fake->workspaces_opened;
  self->monitor(owner);
  self->set_down_handler([self](const caf::down_msg&) {
    self->state.close();
    self->quit();
  });
  return {
      [](const enter_phase&) { return phase_entered{}; },
      [self](const execute& ask) -> caf::result<cell::command_result> {
        auto& state = self->state;
        ++state.fake->commands_run;
        if (state.fake->keep_lines) state.fake->lines.push_back(ask.what.line);
        if (!state.fake->hangs.empty() && ask.what.line == state.fake->hangs) {
          state.hanging = self->make_response_promise<cell::command_result>();
          return state.hanging;
        }
        if (auto& next = state.fake->command_outcomes[ask.what.line]; !next.empty()) {
          auto outcome = std::move(next.front());
          next.pop_front();
          return outcome;
        }
        const auto known = state.fake->commands.find(ask.what.line);
        return known == state.fake->commands.end() ? cell::command_result{} : known->second;
      },
      [self](const collect_change&) {
        auto change = std::make_shared<workspace::change_set>();
        if (!self->state.fake->empty_change) {
          change->files.push_back({"src/a.c", workspace::entry_kind::regular, "new\n"});
        }
        return change_collected{change, {}};
      },
      [self](const start_server& ask) -> caf::result<server_started> {
        const auto& fake = *self->state.fake;
        if (fake.on_server) return fake.on_server(ask);
        return to_caf({errc::unsupported, "no server in this test", {}});
      },
      [](const find_way_out&) -> caf::result<way_out_found> {
        return to_caf({errc::unsupported, "the task has no network grant", {}});
      },
      [self](const close_attempt&) {
        self->state.close();
        self->quit();
        return attempt_closed{};
      },
      [](const cell_ready&) {},
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace

repository_actor::behavior_type fake_repository(repository_actor::pointer, fake_world_ptr fake) {
  return {
      [fake](const prepare_base& ask) -> caf::result<prepared_base> {
        if (auto found = fake->prepare_fails.find(ask.repo.url); found != fake->prepare_fails.end()) {
          return to_caf(found->second);
        }
        return prepared_base{{"/mirror", "main", std::string(40, 'b'), std::string(40, 't')},
                             "/checkout",
                             {},
                             [](const std::string&, bool) { return false; }};
      },
      [](const record_change& ask) {
        recorded_change recorded;
        recorded.tree = std::string(40, 'c');
        recorded.patch_ref = std::string(64, 'd');
        recorded.diff.summary = {1, 1, 1, std::string(64, 'd')};
        recorded.diff.files.push_back({"src/a.c", "", "modified", 1, 1, false, 0100644, 0100644});
        recorded.findings = diff::check_scope(ask.task->spec.scope, {{"src/a.c", 2}});
        recorded.parsed = std::make_shared<const diff::change>();
        return recorded;
      },
      [fake](const carry_change&) {
        if (!fake->change_carries_over) return carried_change{nullptr, "the same lines were changed"};
        auto change = std::make_shared<workspace::change_set>();
        change->files.push_back({"src/a.c", workspace::entry_kind::regular, "carried\n"});
        return carried_change{change, {}};
      },
      [](const put_text&) { return stored_text{std::string(64, 'e'), false}; },
      [](job_done& job) { job.deliver(); },
  };
}

std::filesystem::path test_config() {
  return std::filesystem::path(SKEIN_TEST_SOURCE_DIR).parent_path() / "config";
}

rulebook test_rules() {
  auto loaded = rulebook::load(test_config(), schema::config{});
  if (!loaded) throw std::runtime_error(loaded.error().message);
  return std::move(*loaded);
}

worker_actor::behavior_type fake_worker(worker_actor::pointer self, fake_world_ptr fake) {
  return {
      [self, fake](const open_attempt& ask) -> workspace_actor {
        if (fake->on_open) fake->on_open(ask);
        fake->run = caf::actor_cast<caf::weak_actor_ptr>(self->current_sender());
        return self->spawn(fake_workspace, fake,
                           caf::actor_cast<caf::actor_addr>(self->current_sender()));
      },
  };
}

publisher_actor::behavior_type fake_publisher(publisher_actor::pointer self, fake_world_ptr fake) {
  return {
      [self, fake](const publish_run& order) -> caf::result<publish_outcome> {
        if (fake->publisher_hangs) return self->make_response_promise<publish_outcome>();
        if (!fake->publications.empty()) {
          auto outcome = fake->publications.front();
          fake->publications.pop_front();
          return outcome;
        }
        ++fake->published;
        schema::publication made;
        made.branch = "skein/" + order.run.id;
        made.commit = std::string(40, 'f');
        made.draft = order.draft;
        return publish_outcome{made, {}, false};
      },
      [](const look_at&) {},
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace skein::actors::test
