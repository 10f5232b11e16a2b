// A fleet on the deterministic coordinator: one thread, messages in order, time only when a test says
// so. The store is real; what touches git, cells and remotes are fakes that answer at once, or when
// the test tells them to.
#pragma once

#include "actors/errors.hpp"
#include "actors/parts.hpp"
#include "actors/system/fleet.hpp"
#include "actors/system/store.hpp"
#include "tests/support/fake_world.hpp"
#include "tests/support/stepped_pool.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

namespace skein::actors::test {

class fleet_fixture : public ::testing::Test {
 protected:
  fleet_fixture();
  ~fleet_fixture() override;

  /// Opens the store (again) and boots a fleet on it.
  /// `focused`: on nothing, until something is submitted or attached.
  void boot_fleet(std::uint32_t cells = 2, bool focused = false);
  /// As kill -9: every actor is gone, nothing is said to anyone, the database is what was committed.
  void crash();

  /// Delivers messages until none is left.
  void settle();
  void pass(std::chrono::milliseconds time);

  /// Asks the fleet and delivers messages until it answered.
  template <class Answer, class Message>
  result<Answer> ask(Message message) {
    caf::scoped_actor self{*system_};
    auto handle = self->request(fleet_, caf::infinite, std::move(message));
    settle();
    result<Answer> outcome = error{errc::internal, "no answer", {}};
    handle.receive([&](Answer& answer) { outcome = std::move(answer); },
                   [&](const caf::error& failed) { outcome = from_caf(failed, "ask"); });
    return outcome;
  }

  /// What the cell of the last run that got one tried to reach.
  void tell_run(const way_out_tried& what);

  /// A task that passes every check, for repository /repo/NAME.
  [[nodiscard]] static schema::task task(const std::string& repository);
  std::string submit(const schema::task& what);
  [[nodiscard]] schema::run run(const std::string& id) const;
  [[nodiscard]] std::vector<std::string> events(const std::string& id) const;
  [[nodiscard]] const store::reader& stored() const { return *reader_; }

  fake_world_ptr fake_ = std::make_shared<fake_world>();
  std::filesystem::path directory_;
  schema::config config_;
  model_sources models_;
  schedule::worker_capacity room_;  ///< of the worker; nothing: as many cells as boot_fleet is told
  std::string policy_;  ///< `rules: …`, added to the shipped ones
  caf::actor_system_config caf_config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  fleet_actor fleet_;
  std::vector<caf::strong_actor_ptr> children_;
  std::unique_ptr<store::reader> reader_;
  process::io_loop loop_;
  std::unique_ptr<skein::test::stepped_pool> pool_;
};

}  // namespace skein::actors::test
