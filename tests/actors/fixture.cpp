#include "tests/actors/fixture.hpp"

#include "runtime/policy/load.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <cstdlib>
#include <fstream>
#include <future>

namespace skein::actors::test {

fleet_fixture::fleet_fixture() {
  auto name = (std::filesystem::temp_directory_path() / "skein-actors-XXXXXX").string();
  directory_ = ::mkdtemp(name.data());
  caf_config_.set("scheduler.policy", caf::atom("testing"));
  system_ = std::make_unique<caf::actor_system>(caf_config_);
  scheduler_ = dynamic_cast<caf::scheduler::test_coordinator*>(&system_->scheduler());
  pool_ = std::make_unique<skein::test::stepped_pool>();
}

fleet_fixture::~fleet_fixture() {
  crash();
  pool_.reset();
  system_.reset();
  std::filesystem::remove_all(directory_);
}

void fleet_fixture::settle() {
  do {
    while (scheduler_->has_job()) scheduler_->run();
    if (!pool_) return;
    pool_->work();
  } while (scheduler_->has_job());
}

void fleet_fixture::pass(std::chrono::milliseconds time) {
  fake_->now_ms += time.count();
  scheduler_->advance_time(time);
  settle();
}

void fleet_fixture::boot_fleet(std::uint32_t cells, bool focused) {
  const store::state_layout layout{directory_};
  auto clock = [fake = fake_] { return fake->now_ms; };
  auto writer = store::writer::open(layout, clock);
  ASSERT_TRUE(writer) << writer.error().message;
  auto shared = std::make_shared<std::unique_ptr<store::writer>>(std::move(*writer));
  auto rules = test_rules();
  if (!policy_.empty()) {
    const auto file = directory_ / "policy.yaml";
    std::ofstream(file) << "apiVersion: skein/v1\nkind: Policy\nmetadata: {name: test}\n" << policy_;
    auto engine = policy::load(test_config() / "policies", {file.string()});
    ASSERT_TRUE(engine) << engine.error().message;
    rules.policy = std::move(*engine);
  }
  auto world = std::make_shared<surroundings>(
      surroundings{layout, {layout.bases(), {}, 0}, config_, std::move(rules),
                   artifact::artifact_store{layout.artifacts()}, loop_, pool_->pool(), clock, models_,
                   {}, room_});
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
  options.focused = focused;
  fleet_ = keep(system_->spawn(fleet, world, factory, options));
  auto booted_fleet = ask<booted>(boot{});
  ASSERT_TRUE(booted_fleet) << booted_fleet.error().message;
  auto reader = store::reader::open(layout);
  ASSERT_TRUE(reader) << reader.error().message;
  reader_ = std::move(*reader);
}

void fleet_fixture::tell_run(const way_out_tried& what) {
  const auto to = fake_->run.lock();
  ASSERT_TRUE(to);
  caf::anon_send(caf::actor_cast<way_out_listener>(to), what);
  settle();
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
