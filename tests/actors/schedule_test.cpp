// The scheduler at work: shares, priorities, limits, lost messages, crashes, and what it says.
#include "schema/identity.hpp"
#include "tests/actors/fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace skein::actors::test {

using state = schema::run_state;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class schedule_test : public fleet_fixture {
 protected:
  schema::task task_of(const std::string& tenant, const std::string& repository, int priority = 0) {
    auto made = task(repository);
    made.tenant = tenant;
    made.spec.priority = priority;
    return made;
  }

  void hold_everything() {
    store::switch_row hold;
    ASSERT_TRUE(ask<switch_report>(operate_switch{hold}));
  }
  void let_go() { ASSERT_TRUE(ask<switch_report>(operate_lift{store::lift_switch{}})); }

  /// Every attempt takes so long; whose it was is noted.
  void note_starts(std::int64_t takes_ms) {
    fake_->on_open = [this, takes_ms](const open_attempt& order) {
      started_.push_back(order.run_id);
      fake_->now_ms += takes_ms;
    };
  }
  std::vector<std::string> started_in_order() const {
    std::vector<std::string> names;
    for (const auto& id : started_) names.push_back(run(id).repo.url.substr(6));
    return names;
  }
  std::size_t of_tenant(const std::string& tenant, std::size_t first) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < std::min(first, started_.size()); ++i) {
      count += run(started_[i]).tenant == tenant ? 1 : 0;
    }
    return count;
  }
  why_answer why(const std::string& id) {
    auto answer = ask<why_answer>(get_why{id});
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : why_answer{};
  }
  store_actor store_of_fleet() const { return caf::actor_cast<store_actor>(children_.at(1)); }

  std::vector<std::string> started_;
};

TEST_F(schedule_test, tenants_get_cells_by_weight_while_both_want_them) {
  config_.tenants["large"].weight = 3;
  config_.tenants["small"].weight = 1;
  boot_fleet(1);
  hold_everything();
  // The small one was first, with everything it has.
  for (int i = 0; i < 40; ++i) submit(task_of("small", "s" + std::to_string(i)));
  for (int i = 0; i < 40; ++i) submit(task_of("large", "l" + std::to_string(i)));
  note_starts(60'000);
  let_go();
  settle();
  ASSERT_EQ(started_.size(), 80U);
  EXPECT_NEAR(static_cast<double>(of_tenant("large", 40)), 30, 2);
  EXPECT_EQ(of_tenant("small", 80), 40U) << "nobody starves";
}

TEST_F(schedule_test, priority_goes_first_and_outlives_a_crash) {
  fake_->hangs = "step";
  boot_fleet(1);
  submit(task("busy"));
  submit(task_of("payments", "low", -5));
  submit(task_of("payments", "usual"));
  submit(task_of("payments", "urgent", 50));
  crash();
  fake_->hangs.clear();
  note_starts(1);
  boot_fleet(1);
  EXPECT_THAT(started_in_order(), ElementsAre("urgent", "busy", "usual", "low"));
}

TEST_F(schedule_test, label_concurrency_holds_across_tenants) {
  config_.scheduler.labels["team=core"] = 1;
  fake_->hangs = "step";
  boot_fleet(4);
  auto first = task_of("a", "a");
  first.labels["team"] = "core";
  auto second = task_of("b", "b");
  second.labels["team"] = "core";
  submit(first);
  const auto waiting = submit(second);
  EXPECT_EQ(run(waiting).state, state::schedule);
  EXPECT_EQ(why(waiting).code, "label_concurrency");
  EXPECT_EQ(why(waiting).detail, "team=core");
  const auto other = submit(task_of("b", "c"));
  EXPECT_EQ(run(other).state, state::agent);
}

TEST_F(schedule_test, memory_and_processors_are_counted_besides_cells) {
  room_ = {.cells = 4, .memory_mib = 4096, .cpu_millis = 4000};
  fake_->hangs = "step";
  boot_fleet(4);
  auto large = task("a");
  large.spec.resources.memory_bytes = 3ULL << 30;
  auto second = task("b");
  second.spec.resources.memory_bytes = 2ULL << 30;
  auto busy = task("c");
  busy.spec.resources.cpus = 3.5;
  const auto first = submit(large);
  const auto waiting = submit(second);
  const auto computing = submit(busy);
  EXPECT_EQ(run(first).state, state::agent);
  EXPECT_EQ(run(waiting).state, state::schedule);
  EXPECT_EQ(why(waiting).code, "no_room");
  EXPECT_EQ(why(waiting).detail, "memory");
  EXPECT_EQ(why(computing).detail, "processors");
  const auto small = submit(task("d"));
  EXPECT_EQ(run(small).state, state::agent) << "what states nothing takes its share";
}

TEST_F(schedule_test, F1_what_no_worker_has_is_refused_at_intake) {
  room_ = {.cells = 4, .memory_mib = 4096, .cpu_millis = 4000};
  boot_fleet(4);
  auto large = task("a");
  large.spec.resources.memory_bytes = 5ULL << 30;
  const auto id = submit(large);
  EXPECT_EQ(run(id).state, state::rejected);
  EXPECT_THAT(run(id).failed->reason, HasSubstr("resources.memory is 5120 MiB"));
}

TEST_F(schedule_test, why_names_the_reason_the_position_and_what_is_in_the_way) {
  fake_->hangs = "step";
  boot_fleet(1);
  const auto working = submit(task("a"));
  EXPECT_FALSE(why(working).waiting);
  const auto next = submit(task("b"));
  const auto last = submit(task("c"));
  auto same = task("a");
  same.spec.intent = "Another change of the same repository, behaviour stays";
  const auto behind = submit(same);
  EXPECT_TRUE(why(next).waiting);
  EXPECT_EQ(why(next).code, "no_room");
  EXPECT_EQ(why(next).position, 0U);
  EXPECT_EQ(why(last).position, 1U);
  EXPECT_EQ(why(behind).code, "repository_busy");
  EXPECT_EQ(why(behind).detail, "/repo/a");
  hold_everything();
  EXPECT_EQ(why(next).code, "switch");
  EXPECT_FALSE(why("no-such-run").waiting);
}

TEST_F(schedule_test, row_that_nobody_was_told_of_is_found) {
  boot_fleet(1);
  const auto known = submit(task("a"));
  // Committed, and the message about it is lost.
  const auto frozen = schema::freeze(task("b"));
  store::add_run row;
  row.value = run(known);
  row.value.id = "lost";
  row.value.state = state::schedule;
  row.value.task_sha256 = frozen.sha256;
  row.value.fingerprint = frozen.fingerprint;
  row.value.repo.url = "/repo/b";
  row.value.attempt = 0;
  row.value.published.reset();
  caf::scoped_actor self{*system_};
  self->send(store_of_fleet(), commit{store::put_task{frozen.sha256, frozen.json}});
  self->send(store_of_fleet(), commit{row});
  settle();
  EXPECT_EQ(run("lost").state, state::schedule);
  pass(std::chrono::seconds{3});
  EXPECT_EQ(run("lost").state, state::published);
}

TEST_F(schedule_test, row_that_was_ended_behind_its_back_is_not_started) {
  fake_->hangs = "step";
  boot_fleet(1);
  const auto working = submit(task("a"));
  const auto gone = submit(task("b"));
  store::finish_queued end;
  end.scope = store::switch_scope::run;
  end.target = gone;
  end.failed.reason = "test";
  caf::scoped_actor self{*system_};
  self->send(store_of_fleet(), commit{end});
  settle();
  fake_->hangs.clear();
  store::switch_row kill;
  kill.kind = store::switch_kind::kill;
  kill.scope = store::switch_scope::run;
  kill.target = working;
  ASSERT_TRUE(ask<switch_report>(operate_switch{kill}));
  EXPECT_EQ(run(gone).state, state::killed);
  EXPECT_EQ(fake_->workspaces_opened, 1);
  const auto after = submit(task("c"));
  EXPECT_EQ(run(after).state, state::published) << "it holds no place";
}

TEST_F(schedule_test, repeated_messages_change_nothing) {
  fake_->hangs = "step";
  boot_fleet(2);
  const auto first = submit(task("a"));
  submit(task("b"));
  submit(task("c"));
  submit(task("d"));
  caf::scoped_actor self{*system_};
  for (int i = 0; i < 3; ++i) self->send(fleet_, cell_released{first});
  settle();
  EXPECT_EQ(fake_->workspaces_open, 3) << "one that said that its cell is free, once";
}

TEST_F(schedule_test, preempted_run_makes_room_and_starts_again) {
  config_.scheduler.preemptions_per_minute = 10;
  fake_->hangs = "step";
  boot_fleet(1);
  const auto low = submit(task_of("payments", "a", -50));
  EXPECT_EQ(run(low).state, state::agent);
  const auto high = submit(task_of("payments", "b", 50));
  pass(std::chrono::seconds{30});
  EXPECT_EQ(run(low).state, state::agent) << "not at once";
  for (int i = 0; i < 20; ++i) pass(std::chrono::seconds{2});
  EXPECT_EQ(run(high).state, state::agent);
  EXPECT_EQ(run(low).state, state::schedule);
  EXPECT_EQ(run(low).crashes, 0U);
  EXPECT_EQ(fake_->workspaces_open, 1);
  fake_->hangs.clear();
  store::switch_row kill;
  kill.kind = store::switch_kind::kill;
  kill.scope = store::switch_scope::run;
  kill.target = high;
  ASSERT_TRUE(ask<switch_report>(operate_switch{kill}));
  EXPECT_EQ(run(low).state, state::published);
  EXPECT_EQ(run(low).attempt, 2U);
}

TEST_F(schedule_test, runs_beyond_the_window_of_a_lane_come_in_order) {
  boot_fleet(1);
  hold_everything();
  for (int i = 0; i < 600; ++i) {
    submit(task_of("payments", "r" + std::to_string(i)));
    fake_->now_ms += 1;
  }
  note_starts(1);
  let_go();
  settle();
  ASSERT_EQ(started_.size(), 600U);
  const auto names = started_in_order();
  for (int i = 0; i < 600; ++i)
    EXPECT_EQ(names[static_cast<std::size_t>(i)], "r" + std::to_string(i));
}

}  // namespace skein::actors::test
