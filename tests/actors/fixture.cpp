#include "tests/actors/fixture.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <cstdlib>

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
        state.fake->lines.push_back(ask.what.line);
        if (!state.fake->hangs.empty() && ask.what.line == state.fake->hangs) {
          state.hanging = self->make_response_promise<cell::command_result>();
          return state.hanging;
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
      [](const record_change&) {
        recorded_change recorded;
        recorded.tree = std::string(40, 'c');
        recorded.patch_ref = std::string(64, 'd');
        recorded.diff.summary = {1, 1, 1, std::string(64, 'd')};
        recorded.diff.files.push_back({"src/a.c", "", "modified", 1, 1, false, 0100644, 0100644});
        return recorded;
      },
      [](const put_text&) { return stored_text{std::string(64, 'e'), false}; },
      [](job_done& job) { job.deliver(); },
  };
}

worker_actor::behavior_type fake_worker(worker_actor::pointer self, fake_world_ptr fake) {
  return {
      [self, fake](const open_attempt&) -> workspace_actor {
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
      [](job_done& job) { job.deliver(); },
  };
}

fleet_fixture::fleet_fixture() {
  auto name = (std::filesystem::temp_directory_path() / "skein-actors-XXXXXX").string();
  directory_ = ::mkdtemp(name.data());
  caf_config_.set("scheduler.policy", caf::atom("testing"));
  system_ = std::make_unique<caf::actor_system>(caf_config_);
  scheduler_ = dynamic_cast<caf::scheduler::test_coordinator*>(&system_->scheduler());
  pool_ = std::make_unique<process::blocking_pool>(1);
}

fleet_fixture::~fleet_fixture() {
  crash();
  pool_.reset();
  system_.reset();
  std::filesystem::remove_all(directory_);
}

void fleet_fixture::settle() {
  while (scheduler_->has_job()) scheduler_->run();
}

void fleet_fixture::pass(std::chrono::milliseconds time) {
  fake_->now_ms += time.count();
  scheduler_->advance_time(time);
  settle();
}

void fleet_fixture::boot_fleet(std::uint32_t cells) {
  const store::state_layout layout{directory_};
  auto clock = [fake = fake_] { return fake->now_ms; };
  auto writer = store::writer::open(layout, clock);
  ASSERT_TRUE(writer) << writer.error().message;
  auto shared = std::make_shared<std::unique_ptr<store::writer>>(std::move(*writer));
  auto world = std::make_shared<surroundings>(
      surroundings{layout, config_, verify::catalogue{}, artifact::artifact_store{layout.artifacts()},
                   scan::secret_scanner{}, loop_, *pool_, clock});
  children_.clear();
  auto keep = [this](auto handle) {
    children_.push_back(caf::actor_cast<caf::strong_actor_ptr>(handle));
    return handle;
  };
  fleet_factory factory;
  factory.store = [this, shared, keep] {
    return keep(system_->spawn(store_behavior, shared, std::function<void()>{}));
  };
  factory.worker = [this, keep] { return keep(system_->spawn(fake_worker, fake_)); };
  factory.repository = [this, keep] { return keep(system_->spawn(fake_repository, fake_)); };
  factory.publisher = [this, keep](const store_actor&) {
    return keep(system_->spawn(fake_publisher, fake_));
  };
  scheduler_options options;
  options.cells = cells;
  fleet_ = keep(system_->spawn(fleet, world, factory, options));
  auto booted_fleet = ask<booted>(boot{});
  ASSERT_TRUE(booted_fleet) << booted_fleet.error().message;
  auto reader = store::reader::open(layout);
  ASSERT_TRUE(reader) << reader.error().message;
  reader_ = std::move(*reader);
}

void fleet_fixture::crash() {
  reader_.reset();
  fleet_ = nullptr;
  // Children of the fleet that tests do not hold follow it; what they say on the way is not heard,
  // because the store goes first.
  for (const auto& child : children_) {
    caf::anon_send_exit(caf::actor_cast<caf::actor>(child), caf::exit_reason::kill);
  }
  children_.clear();
  settle();
}

schema::task fleet_fixture::task(const std::string& repository) {
  schema::task made;
  made.name = "replace-api";
  made.tenant = "payments";
  made.spec.intent = "Replace old_api by new_api everywhere, behaviour stays";
  made.spec.repo.url = "/repo/" + repository;
  made.spec.scope.include = {"src/**"};
  made.spec.agent_given = true;
  made.spec.agent.steps = {{"step", std::nullopt}};
  schema::verifier_spec unit;
  unit.name = "unit";
  unit.run = "check";
  made.spec.verifiers = {unit};
  return made;
}

std::string fleet_fixture::submit(const schema::task& what) {
  auto answer = ask<submitted>(submit_run{what, "alice", false});
  EXPECT_TRUE(answer) << answer.error().message;
  return answer ? answer->run_id : std::string{};
}

schema::run fleet_fixture::run(const std::string& id) const {
  auto found = reader_->run(id);
  EXPECT_TRUE(found) << found.error().message;
  return found ? *found : schema::run{};
}

std::vector<std::string> fleet_fixture::events(const std::string& id) const {
  std::vector<std::string> kinds;
  auto rows = reader_->events(id, 0, 1000);
  EXPECT_TRUE(rows);
  if (rows) {
    for (const auto& row : *rows) kinds.push_back(row.kind);
  }
  return kinds;
}

}  // namespace skein::actors::test
