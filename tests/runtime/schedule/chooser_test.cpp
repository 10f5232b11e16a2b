// Fair shares, waiting, borrowing, preemption and the window onto the disk, on a driven clock.
#include "runtime/schedule/chooser.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <functional>
#include <map>
#include <queue>
#include <random>
#include <set>

namespace skein::schedule {
namespace {

queue_entry row(int number, const std::string& tenant, int priority = 0) {
  queue_entry out;
  out.run_id = "run" + std::to_string(number);
  out.tenant = tenant;
  out.repo = "repo" + std::to_string(number);
  out.priority = priority;
  out.seq = number;
  return out;
}

/// Runs that end after a while, on a clock that jumps from end to end.
class simulation {
 public:
  explicit simulation(chooser& real) : real_(real) {}

  void fill(std::int64_t now_ms, const std::function<double(const choice&)>& seconds) {
    for (;;) {
      const auto chosen = real_.next(now_ms).admitted;
      if (!chosen) return;
      const double lasts = seconds(*chosen);
      ends_.push({now_ms + std::llround(lasts * 1000), chosen->run_id});
      work_[chosen->run_id] = {chosen->tenant, lasts};
    }
  }
  /// The next end; false: nothing is at work or it lies behind `until_ms`.
  bool end_next(std::int64_t& now_ms, std::int64_t until_ms) {
    if (ends_.empty() || ends_.top().first > until_ms) return false;
    const auto [at, run] = ends_.top();
    ends_.pop();
    now_ms = at;
    const auto [tenant, lasts] = work_[run];
    work_.erase(run);
    used[tenant] += lasts;
    real_.finished(run, {lasts, 0});
    return true;
  }
  /// Of runs still at work.
  void count_open(std::int64_t now_ms) {
    for (; !ends_.empty(); ends_.pop()) {
      const auto [tenant, lasts] = work_[ends_.top().second];
      used[tenant] += lasts - static_cast<double>(ends_.top().first - now_ms) / 1000;
    }
  }

  std::map<std::string, double> used;

 private:
  chooser& real_;
  std::priority_queue<std::pair<std::int64_t, std::string>,
                      std::vector<std::pair<std::int64_t, std::string>>, std::greater<>>
      ends_;
  std::map<std::string, std::pair<std::string, double>> work_;
};

TEST(Chooser, shares_ten_minutes_of_contention_by_weight_within_five_percent) {
  EXPECT_TRUE(rc::check("fairness", [](std::uint64_t seed) {
    std::mt19937_64 dice(seed);
    const auto roll = [&](int least, int most) {
      return std::uniform_int_distribution<int>(least, most)(dice);
    };
    chooser_limits limits;
    limits.lane_window = 0;
    chooser real(limits);
    real.set_capacity({64, 0, 0, 0});
    const int tenants = roll(2, 12);
    double weights = 0;
    std::map<std::string, double> weight;
    std::map<std::string, int> mean;
    int number = 0;
    for (int t = 0; t < tenants; ++t) {
      const auto name = "t" + std::to_string(t);
      tenant_terms terms;
      terms.weight = weight[name] = roll(1, 5);
      weights += terms.weight;
      mean[name] = roll(1, 8);
      real.set_tenant(name, terms);
    }
    for (const auto& [name, heavy] : weight) {
      const int wanted = static_cast<int>(64 * 600 * 2.5 * heavy / weights / mean[name]) + 100;
      for (int i = 0; i < wanted; ++i) {
        auto made = row(++number, name);
        // Expectations are far off on purpose: use as measured has to put that right.
        made.expected_seconds = static_cast<std::uint32_t>(roll(1, 30));
        (void)real.add(made, 0);
      }
    }
    simulation world(real);
    std::int64_t now = 0;
    const auto lasts = [&](const choice& of) {
      return mean[of.tenant] * (0.5 + roll(0, 100) / 100.0);
    };
    world.fill(now, lasts);
    while (world.end_next(now, 600'000)) world.fill(now, lasts);
    world.count_open(600'000);
    double total = 0;
    for (const auto& [name, seconds] : world.used) total += seconds;
    RC_ASSERT(total > 64 * 600 * 0.98);
    for (const auto& [name, heavy] : weight) {
      const double due = heavy / weights;
      const double error = std::abs(world.used[name] / total - due);
      if (error > 0.05 * due) RC_FAIL(name + " is off by " + std::to_string(error / due));
    }
  }));
}

TEST(Chooser, lends_what_is_idle_and_takes_it_back_as_runs_end) {
  chooser real({});
  real.set_capacity({10, 0, 0, 0});
  for (int i = 0; i < 200; ++i) (void)real.add(row(i, "busy"), 0);
  simulation world(real);
  std::int64_t now = 0;
  const auto ten = [](const choice&) { return 10.0; };
  world.fill(now, ten);
  EXPECT_EQ(real.figures().admitted, 10U) << "borrowed all of it";
  while (world.end_next(now, 30'000)) world.fill(now, ten);
  for (int i = 200; i < 400; ++i) (void)real.add(row(i, "late"), now);
  while (world.end_next(now, 130'000)) world.fill(now, ten);
  // It has caught up with what the other had used before.
  EXPECT_NEAR(world.used["late"], world.used["busy"], 0.15 * world.used["busy"]);
}

TEST(Chooser, forgets_past_use_with_its_half_life) {
  chooser_limits limits;
  limits.half_life_ms = 60'000;
  chooser real(limits);
  real.set_capacity({1, 0, 0, 0});
  (void)real.add(row(1, "a"), 0);
  ASSERT_TRUE(real.next(0).admitted);
  real.finished("run1", {100, 0});
  const double at_first = real.standing("a");
  EXPECT_NEAR(at_first, 100, 1e-6);
  (void)real.add(row(2, "b"), 60'000);
  EXPECT_NEAR(real.standing("a"), 50, 1e-6);
  (void)real.add(row(3, "b"), 60'000LL * 100'000);
  EXPECT_NEAR(real.standing("a"), 0, 1e-6);
  ASSERT_TRUE(real.next(60'000LL * 100'000).admitted) << "a century later it still works";
  (void)real.add(row(4, "b"), 5);
  EXPECT_GE(real.standing("b"), 0) << "a clock that runs backwards is harmless";
}

TEST(Chooser, ageing_lets_nobody_starve_behind_higher_priorities) {
  chooser_limits limits;
  limits.ageing_ms = 10'000;
  chooser real(limits);
  real.set_capacity({1, 0, 0, 0});
  auto old = row(0, "t", -5);
  (void)real.add(old, 0);
  std::int64_t now = 0;
  for (int i = 1; i < 1000; ++i) {
    auto rival = row(i, "t", 5);
    rival.enqueued_ms = now;
    (void)real.add(rival, now);
    const auto chosen = real.next(now).admitted;
    ASSERT_TRUE(chosen);
    if (chosen->run_id == "run0") {
      EXPECT_GE(now, 100'000) << "ten steps of priority are worth a hundred seconds";
      EXPECT_LE(now, 102'000);
      return;
    }
    real.finished(chosen->run_id, {1, 0});
    now += 1000;
  }
  FAIL() << "it starved";
}

TEST(Chooser, keeps_room_for_a_run_that_needs_much) {
  chooser real({});
  real.set_capacity({4, 0, 0, 0});
  for (int i = 0; i < 2000; ++i) (void)real.add(row(i, "small"), 0);
  simulation world(real);
  std::int64_t now = 0;
  int which = 0;
  // Ends are spread, so that four cells are never free by themselves.
  const auto lasts = [&](const choice&) { return 10.0 + (which++ % 4) * 2.5; };
  world.fill(now, lasts);
  auto large = row(5000, "large");
  large.needs.cells = 4;
  (void)real.add(large, now);
  while (real.why("run5000", now).what != waits_for::nothing) {
    ASSERT_TRUE(world.end_next(now, 600'000)) << "it starved";
    world.fill(now, lasts);
  }
  EXPECT_LE(now, 300'000 + 40'000);
}

TEST(Chooser, preempts_within_its_bounds) {
  chooser_limits limits;
  limits.preemptions_per_minute = 2;
  limits.preempt_after_ms = 1000;
  chooser real(limits);
  real.set_capacity({4, 0, 0, 0});
  for (int i = 0; i < 4; ++i) (void)real.add(row(i, "t", i == 3 ? 9 : 0), 0);
  while (real.next(0).admitted) {
  }
  real.cell_free("run2");
  (void)real.add(row(4, "t"), 0);
  ASSERT_TRUE(real.next(0).admitted);
  for (int i = 10; i < 20; ++i) (void)real.add(row(i, "t", 5), 0);
  EXPECT_FALSE(real.preempt(500)) << "it has not waited long enough";
  std::set<std::string> stopped;
  while (const auto told = real.preempt(2000)) {
    EXPECT_TRUE(stopped.insert(told->victim).second) << "twice the same run";
    real.requeue(told->victim, {1, 0}, 2000);
    ASSERT_EQ(real.next(2000).admitted->run_id, told->beneficiary);
  }
  EXPECT_EQ(stopped.size(), 2U) << "two a minute";
  while (const auto told = real.preempt(70'000)) {
    EXPECT_TRUE(stopped.insert(told->victim).second);
    real.requeue(told->victim, {1, 0}, 70'000);
    ASSERT_TRUE(real.next(70'000).admitted);
  }
  // Of 0, 1, 2, 4 with the low priority, 2 was past its cell; 3 is more important.
  EXPECT_EQ(stopped, (std::set<std::string>{"run0", "run1", "run4"}));
}

TEST(Chooser, takes_from_another_tenant_only_what_was_borrowed) {
  chooser_limits limits;
  limits.preemptions_per_minute = 10;
  limits.preempt_after_ms = 0;
  chooser real(limits);
  real.set_capacity({4, 0, 0, 0});
  for (int i = 0; i < 8; ++i) (void)real.add(row(i, "borrower"), 0);
  while (real.next(0).admitted) {
  }
  for (int i = 10; i < 18; ++i) (void)real.add(row(i, "owner", 50), 1);
  int taken = 0;
  while (const auto told = real.preempt(1000)) {
    ++taken;
    real.requeue(told->victim, {1, 0}, 1000);
    ASSERT_EQ(real.next(1000).admitted->tenant, "owner");
  }
  EXPECT_EQ(taken, 2) << "half of the four cells";
}

TEST(Chooser, a_preempted_run_is_never_a_victim_again_even_after_a_restart) {
  chooser_limits limits;
  limits.preemptions_per_minute = 10;
  limits.preempt_after_ms = 0;
  chooser real(limits);
  real.set_capacity({1, 0, 0, 0});
  auto was = row(1, "t");
  was.preempted = true;
  EXPECT_TRUE(real.adopt(was, false, 0));
  EXPECT_FALSE(real.adopt(was, false, 0));
  (void)real.add(row(2, "t", 50), 0);
  EXPECT_FALSE(real.preempt(1000));
}

TEST(Chooser, a_full_queue_answers_with_the_position_and_takes_nothing) {
  chooser_limits limits;
  limits.max_queued = 3;
  chooser real(limits);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(real.add(row(i, "t"), 0).verdict, intake::queued);
  const auto answer = real.add(row(3, "t"), 0);
  EXPECT_EQ(answer.verdict, intake::full);
  EXPECT_EQ(answer.position, 3U);
  EXPECT_EQ(real.add(row(2, "t"), 0).verdict, intake::known);
  EXPECT_TRUE(real.remove("run0"));
  EXPECT_EQ(real.add(row(3, "t"), 0).verdict, intake::queued);
}

TEST(Chooser, a_removed_tenant_admits_nothing_and_its_live_runs_end) {
  chooser real({});
  real.set_capacity({1, 0, 0, 0});
  (void)real.add(row(1, "gone"), 0);
  (void)real.add(row(2, "gone"), 0);
  ASSERT_TRUE(real.next(0).admitted);
  real.remove_tenant("gone");
  EXPECT_EQ(real.add(row(3, "gone"), 0).verdict, intake::closed);
  EXPECT_EQ(real.why("run2", 0).what, waits_for::held);
  real.finished("run1", {1, 0});
  EXPECT_FALSE(real.next(1).admitted);
  EXPECT_TRUE(real.remove("run2"));
  EXPECT_EQ(real.figures().in_memory, 0U);
}

TEST(Chooser, says_position_and_time_left) {
  chooser real({});
  real.set_capacity({2, 0, 0, 0});
  for (int i = 0; i < 10; ++i) (void)real.add(row(i, "t"), 0);
  EXPECT_EQ(real.why("run0", 0).what, waits_for::turn);
  EXPECT_EQ(real.why("run0", 0).eta_ms, 0);
  ASSERT_TRUE(real.next(0).admitted && real.next(0).admitted);
  const auto last = real.why("run9", 0);
  EXPECT_EQ(last.what, waits_for::room);
  EXPECT_EQ(last.position, 7U);
  EXPECT_EQ(last.eta_ms, 8 * 30'000) << "two cells, sixty seconds a run until it is known better";
  real.hold(switch_scope::tenant, "t");
  EXPECT_EQ(real.why("run9", 0).what, waits_for::held);
  EXPECT_EQ(real.why("run9", 0).eta_ms, std::nullopt);
  EXPECT_EQ(real.why("other", 0).what, waits_for::unknown);
}

/// A million rows would be too slow here; what counts is that the order is that of one long queue.
TEST(Chooser, a_window_onto_the_disk_keeps_the_order_of_the_whole_queue) {
  EXPECT_TRUE(rc::check("window", [](std::uint64_t seed) {
    std::mt19937_64 dice(seed);
    chooser_limits limits;
    limits.lane_window = 8;
    chooser real(limits);
    real.set_capacity({1, 0, 0, 0});
    std::map<std::pair<std::int64_t, std::int64_t>, queue_entry> disk;
    const auto place = [&](const queue_entry& r) {
      return std::pair{rank_of(r.enqueued_ms, r.priority, limits.ageing_ms), r.seq};
    };
    int number = 0;
    const auto submit = [&] {
      auto made = row(++number, "t", static_cast<int>(dice() % 7) - 3);
      disk.emplace(place(made), made);
      const auto verdict = real.add(made, 0).verdict;
      RC_ASSERT(verdict == intake::queued || verdict == intake::on_disk);
    };
    for (int i = 0; i < 100; ++i) submit();
    RC_ASSERT(real.figures().in_memory == 8U);
    RC_ASSERT(real.figures().in_memory + real.figures().on_disk == disk.size());
    while (!disk.empty()) {
      for (const auto& asked : real.refills(10)) {
        std::vector<queue_entry> page;
        auto at = disk.upper_bound({asked.after_rank, asked.after_seq});
        for (; at != disk.end() && page.size() < asked.room; ++at) page.push_back(at->second);
        real.refilled(asked, page, 0);
      }
      const auto chosen = real.next(0).admitted;
      RC_ASSERT(chosen.has_value());
      RC_ASSERT(chosen->run_id == disk.begin()->second.run_id);
      if (dice() % 4 == 0) {
        real.requeue(chosen->run_id, {1, 0}, 0);
      } else {
        disk.erase(disk.begin());
        real.finished(chosen->run_id, {1, 0});
      }
      if (number < 300 && dice() % 2 == 0) submit();
    }
    RC_ASSERT(real.figures().in_memory == 0U);
    RC_ASSERT(real.figures().on_disk == 0U);
  }));
}

}  // namespace
}  // namespace skein::schedule
