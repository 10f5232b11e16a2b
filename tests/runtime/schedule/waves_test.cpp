// Waves of a fleet: who is in which, what halts them, what burns down, and who says no.
#include "runtime/schedule/waves.hpp"
#include "runtime/schedule/opt_out.hpp"
#include "runtime/schedule/outcome.hpp"
#include "runtime/schedule/wave_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>

namespace skein::schedule {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using numbers = std::vector<std::uint32_t>;

wave_rule of_size(std::uint32_t size) {
  wave_rule out;
  out.size = size;
  return out;
}
wave_rule of_percent(double percent) {
  wave_rule out;
  out.percent = percent;
  return out;
}
wave_rule of_label(const char* label) {
  wave_rule out;
  out.label = label;
  return out;
}
wave_rule of_owner(const char* owner) {
  wave_rule out;
  out.owner = owner;
  return out;
}

std::vector<fleet_repo> fleet(std::size_t count) {
  std::vector<fleet_repo> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({"r" + std::to_string(i), "", {}});
  return out;
}

TEST(WavePlan, cuts_by_number_percentage_label_and_owner) {
  auto repos = fleet(10);
  repos[7].labels = {"canary"};
  repos[8].owner = repos[2].owner = "core";
  const auto waves =
      *plan_waves({of_label("canary"), of_size(2), of_owner("core"), of_percent(25)}, repos);
  EXPECT_THAT(waves, ElementsAre(1, 1, 2, 3, 3, 3, 4, 0, 2, 4));
  EXPECT_THAT(*plan_waves({}, fleet(3)), ElementsAre(0, 0, 0));
  EXPECT_THAT(*plan_waves({of_percent(10)}, fleet(70)), ::testing::Contains(0U).Times(7));
}

TEST(WavePlan, a_rule_is_of_one_kind) {
  auto both = of_size(1);
  both.label = "x";
  EXPECT_FALSE(plan_waves({both}, fleet(3)));
  EXPECT_FALSE(plan_waves({wave_rule{}}, fleet(3)));
  EXPECT_FALSE(plan_waves(std::vector<wave_rule>(10'001, of_size(1)), fleet(3)));
}

TEST(WavePlan, a_dependent_comes_in_a_later_wave) {
  // 0 needs 3, which needs 4.
  const auto waves = *plan_waves({of_size(2), of_size(2)}, fleet(5), {{0, 3}, {3, 4}});
  // In order of need: 1 2 | 4 3 | 0; then 3 moves behind 4, and 0 behind 3.
  EXPECT_THAT(waves, ElementsAre(3, 0, 0, 2, 1));
}

TEST(WavePlan, names_the_cycle) {
  const auto refused = order_by_need(fleet(5), {{0, 1}, {1, 2}, {2, 3}, {3, 1}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("r1 -> r2 -> r3 -> r1"));
  EXPECT_THAT(order_by_need(fleet(2), {{1, 1}}).error().message, HasSubstr("r1 -> r1"));
  EXPECT_FALSE(order_by_need(fleet(2), {{0, 2}}));
}

TEST(WavePlan, keeps_every_dependency_and_takes_every_repository_once) {
  EXPECT_TRUE(rc::check("dependencies", [](std::uint64_t seed) {
    std::mt19937_64 dice(seed);
    const auto count = static_cast<std::uint32_t>(1 + dice() % 60);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> needs;
    numbers shuffled(count);
    for (std::uint32_t i = 0; i < count; ++i) shuffled[i] = i;
    std::shuffle(shuffled.begin(), shuffled.end(), dice);
    for (std::uint32_t i = 0; i < dice() % 80 && count > 1; ++i) {
      const auto a = dice() % count;
      const auto b = dice() % count;
      if (a != b) needs.emplace_back(shuffled[std::max(a, b)], shuffled[std::min(a, b)]);
    }
    const auto waves = plan_waves({of_size(1 + dice() % 9), of_percent(30)}, fleet(count), needs);
    RC_ASSERT(waves.has_value());
    for (const auto& [dependent, needed] : needs) RC_ASSERT((*waves)[dependent] > (*waves)[needed]);
  }));
}

TEST(WavePlan, finds_the_owner_of_an_address) {
  EXPECT_EQ(owner_of("git@host:acme/a.git"), "acme");
  EXPECT_EQ(owner_of("https://host:8443/acme/a/"), "acme");
  EXPECT_EQ(owner_of("https://host/platform/core/a.git"), "platform/core");
  EXPECT_EQ(owner_of("ssh://git@host/acme/a"), "acme");
  EXPECT_EQ(owner_of("/srv/git/a.git"), "srv/git");
  EXPECT_EQ(owner_of("a"), "");
  EXPECT_EQ(owner_of("https://host"), "");
}

TEST(Outcome, halts_on_failures_vetoes_and_failing_checks) {
  outcome_limits limits;
  limits.max_failure_rate = 0.2;
  limits.max_veto_rate = 0.5;
  limits.max_failing_checks = 3;
  outcome_figures figures;
  figures.ended = 4;
  figures.failed = 4;
  EXPECT_EQ(judge_outcome(limits, figures).act, outcome_act::go_on) << "too few to say";
  figures.ended = 5;
  figures.failed = 1;
  EXPECT_EQ(judge_outcome(limits, figures).act, outcome_act::go_on) << "a fifth is allowed";
  figures.failed = 2;
  EXPECT_EQ(judge_outcome(limits, figures).code, "failure_rate");
  figures.failed = 0;
  figures.merged = 2;
  figures.closed = 3;
  EXPECT_EQ(judge_outcome(limits, figures).code, "veto_rate");
  figures.closed = 2;
  EXPECT_EQ(judge_outcome(limits, figures).act, outcome_act::go_on);
  figures.failing_checks = 4;
  EXPECT_EQ(judge_outcome(limits, figures).code, "failing_checks");
  EXPECT_EQ(judge_outcome({}, figures).act, outcome_act::go_on);
}

TEST(Outcome, P1_never_lets_more_runs_go_than_may_open_pull_requests) {
  EXPECT_TRUE(rc::check(
      "open pull requests", [](std::uint8_t most, std::uint8_t open, std::uint8_t in_flight) {
        outcome_limits limits;
        limits.max_open_pull_requests = most;
        outcome_figures figures;
        figures.open = open;
        figures.in_flight = in_flight;
        const auto told = judge_outcome(limits, figures);
        if (most == 0) {
          RC_ASSERT(told.act == outcome_act::go_on);
        } else if (open + in_flight >= most) {
          RC_ASSERT(told.act == outcome_act::wait);
          RC_ASSERT(told.may_admit == 0U);
        } else {
          RC_ASSERT(told.may_admit == static_cast<std::uint32_t>(most - open - in_flight));
        }
      }));
}

TEST(Outcome, counts_runs_of_totals) {
  using schema::run_state;
  const auto told = count_runs({{0, {{run_state::published, 3}, {run_state::killed, 2}}},
                                {1, {{run_state::blocked, 1}, {run_state::agent, 7}}}});
  EXPECT_EQ(told.ended, 4U);
  EXPECT_EQ(told.failed, 1U);
}

TEST(Burndown, ends_with_what_is_left_and_says_when) {
  const std::int64_t hour = 3'600'000;
  std::vector<std::int64_t> ended;
  for (int i = 1; i <= 50; ++i) ended.push_back(i * hour / 10);
  const auto told = burn_down(100, 0, ended, 5 * hour, 6);
  ASSERT_EQ(told.points.size(), 6U);
  EXPECT_EQ(told.points.front().left, 100U);
  EXPECT_EQ(told.points[1].left, 90U);
  EXPECT_EQ(told.points.back().left, 50U);
  EXPECT_NEAR(told.per_hour, 10, 1);
  EXPECT_NEAR(static_cast<double>(*told.done_ms), 10.0 * hour, 0.6 * hour);
  EXPECT_EQ(burn_down(100, 0, {}, 5 * hour, 6).done_ms, std::nullopt);
  const auto odd = burn_down(1, 10, {5, 999}, 0, 0);
  EXPECT_EQ(odd.points.front().left, 1U) << "a clock that went backwards";
}

TEST(OptOut, says_no_to_everything_or_to_names) {
  EXPECT_TRUE(parse_opt_out("optOut: true\nreason: frozen until May\n")->refuses("any"));
  EXPECT_EQ(parse_opt_out("optOut: true\nreason: frozen\n")->reason, "frozen");
  EXPECT_FALSE(parse_opt_out("optOut: false")->refuses("any"));
  const auto some = *parse_opt_out("optOut: [old-api, 'java-*']\nlater: {x: 1}\n");
  EXPECT_TRUE(some.refuses("old-api"));
  EXPECT_TRUE(some.refuses("java-21"));
  EXPECT_FALSE(some.refuses("old-api-2"));
  EXPECT_FALSE(parse_opt_out("")->refuses("any"));
  EXPECT_FALSE(parse_opt_out("# nothing\n")->refuses("any"));
}

TEST(OptOut, what_cannot_be_read_is_an_error_with_its_place) {
  for (const std::string text :
       {"optOut: yes please", "optOut: [1]", "optOut: {a: b}", "- optOut", "optOut: [",
        "optOut: ''", "optOut: true\noptOut: false", "optOut: [[a]]", "\xff\xfe", "a: &x [*x]",
        "optOut: true\n---\noptOut: false"}) {
    const auto refused = parse_opt_out(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error().message, HasSubstr(".skein.yaml:"));
  }
  EXPECT_FALSE(parse_opt_out(std::string(1 << 20, ' ')));
  std::string deep = "optOut: ";
  for (int i = 0; i < 2000; ++i) deep += "[";
  EXPECT_FALSE(parse_opt_out(deep));
}

TEST(Waves, what_the_campaign_does_next_is_as_before) {
  using schema::run_state;
  schema::campaign owner;
  owner.waves.resize(2);
  owner.waves[0].require_success = 0.8;
  owner.waves[0].soak = std::chrono::milliseconds{1000};
  const auto totals = [](std::uint32_t good, std::uint32_t bad) {
    return std::vector<store::wave_totals>{
        {0, {{run_state::published, good}, {run_state::blocked, bad}}},
        {1, {{run_state::schedule, 3}}}};
  };
  EXPECT_EQ(next_act(owner, 0, totals(4, 1), 0).act, wave_act::soak);
  EXPECT_EQ(next_act(owner, 0, totals(4, 1), 1000).act, wave_act::open_next);
  EXPECT_EQ(next_act(owner, 0, totals(3, 2), 1000).act, wave_act::halt);
  EXPECT_EQ(next_act(owner, 1, totals(4, 1), 0).act, wave_act::wait);
}

}  // namespace
}  // namespace skein::schedule
