// Budgets: reserved before, settled after, never passed (T9.1, T9.7, F6).
#include "runtime/schedule/ledger.hpp"

#include "runtime/schedule/forecast.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <random>

namespace skein::schedule {
namespace {

constexpr std::int64_t hour = 3'600'000;

TEST(Ledger, T9_7_no_level_is_ever_passed_whatever_is_asked_metered_and_reported) {
  EXPECT_TRUE(rc::check("invariant", [](std::uint64_t seed) {
    std::mt19937_64 dice(seed);
    const auto roll = [&](std::int64_t most) {
      return std::uniform_int_distribution<std::int64_t>(0, most)(dice);
    };
    ledger real;
    const std::pair<budget_level, std::string> levels[] = {{budget_level::platform, ""},
                                                           {budget_level::tenant, "a"},
                                                           {budget_level::tenant, "b"},
                                                           {budget_level::campaign, "c"}};
    std::map<std::pair<budget_level, std::string>, budget_limits> limits;
    for (const auto& level : levels) {
      auto& at =
          limits[level] = {roll(2000), roll(2000), static_cast<std::uint32_t>(roll(6)), 0, 0};
      real.set_limits(level.first, level.second, at);
    }
    std::vector<reservation> live;
    std::map<std::pair<budget_level, std::string>, amounts> excess, spent;
    const auto levels_of = [](const reservation& r) {
      std::vector<std::pair<budget_level, std::string>> out{{budget_level::platform, ""},
                                                            {budget_level::tenant, r.tenant}};
      if (!r.campaign.empty()) out.emplace_back(budget_level::campaign, r.campaign);
      return out;
    };
    for (int i = 0; i < 150; ++i) {
      if (roll(2) > 0) {
        reservation asked{"run" + std::to_string(i),
                          roll(1) == 0 ? "a" : "b",
                          roll(1) == 0 ? "c" : "",
                          {roll(300) - 10, roll(300)},
                          {}};
        if (real.reserve(asked)) {
          RC_ASSERT(asked.most.tokens >= 0);
          live.push_back(asked);
        }
      } else if (!live.empty()) {
        const auto at = static_cast<std::size_t>(roll(static_cast<std::int64_t>(live.size()) - 1));
        auto& row = live[at];
        const amounts more{roll(200) - 50, roll(200) - 50};
        const amounts after{row.used.tokens + std::max<std::int64_t>(0, more.tokens),
                            row.used.micro_usd + std::max<std::int64_t>(0, more.micro_usd)};
        const bool within =
            after.tokens <= row.most.tokens && after.micro_usd <= row.most.micro_usd;
        RC_ASSERT(real.meter(row.run_id, more).has_value() == within);
        if (within) row.used = after;
        if (roll(1) == 0) {
          const auto told = real.settle(row.run_id, {roll(500) - 100, roll(500) - 100});
          RC_ASSERT(told.has_value());
          RC_ASSERT(told->charged.tokens >= row.used.tokens);
          for (const auto& level : levels_of(row)) {
            excess[level].tokens += told->excess.tokens;
            excess[level].micro_usd += told->excess.micro_usd;
            spent[level].tokens += told->charged.tokens;
            spent[level].micro_usd += told->charged.micro_usd;
          }
          RC_ASSERT(!real.settle(row.run_id, {1, 1}).has_value());
          live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
        }
      }
      for (const auto& level : levels) {
        const auto now = real.standing(level.first, level.second);
        const auto& most = limits[level];
        RC_ASSERT(now.spent == spent[level]);
        if (most.tokens > 0) {
          RC_ASSERT(now.spent.tokens + now.reserved.tokens - excess[level].tokens <= most.tokens);
        }
        if (most.micro_usd > 0) {
          RC_ASSERT(now.spent.micro_usd + now.reserved.micro_usd - excess[level].micro_usd <=
                    most.micro_usd);
        }
        if (most.concurrency > 0) RC_ASSERT(now.active <= most.concurrency);
      }
    }
    // A crash: the same from the rows.
    ledger again;
    std::vector<spending> past;
    for (const auto& [level, sum] : spent) past.push_back({level.first, level.second, sum});
    for (const auto& [level, most] : limits) again.set_limits(level.first, level.second, most);
    again.rebuild(past, live);
    for (const auto& level : levels) {
      const auto x = real.standing(level.first, level.second);
      const auto y = again.standing(level.first, level.second);
      RC_ASSERT(x.spent == y.spent);
      RC_ASSERT(x.reserved == y.reserved);
      RC_ASSERT(x.active == y.active);
    }
  }));
}

TEST(Ledger, F6_a_refusal_names_the_level_and_changes_nothing) {
  ledger real;
  real.set_limits(budget_level::tenant, "t", {0, 5'000'000, 0, 0, 0});
  real.set_limits(budget_level::campaign, "c", {100, 0, 0, 0, 0});
  const auto refused = real.reserve({"r", "t", "c", {101, 1}, {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::refused);
  EXPECT_NE(refused.error().message.find("campaign c"), std::string::npos);
  EXPECT_EQ(real.standing(budget_level::tenant, "t").reserved, amounts{});
  EXPECT_TRUE(real.reserve({"r", "t", "c", {100, 5'000'000}, {}}));
  EXPECT_TRUE(real.reserve({"r", "t", "c", {100, 5'000'000}, {}})) << "the same once more";
  EXPECT_FALSE(real.reserve({"r", "t", "c", {1, 1}, {}}));
  EXPECT_FALSE(real.reserve({"s", "t", "", {0, 1}, {}}));
  EXPECT_FALSE(real.reserve({"s", "t", "", {0, 0}, {}})) << "nothing is left";
}

TEST(Ledger, a_quota_lowered_below_use_stops_new_runs_and_keeps_live_ones) {
  ledger real;
  real.set_limits(budget_level::tenant, "t", {1000, 0, 4, 0, 0});
  ASSERT_TRUE(real.reserve({"r1", "t", "", {600, 0}, {}}));
  real.set_limits(budget_level::tenant, "t", {100, 0, 4, 0, 0});
  EXPECT_TRUE(real.standing(budget_level::tenant, "t").over);
  EXPECT_EQ(real.left(budget_level::tenant, "t").tokens, 0);
  EXPECT_TRUE(real.meter("r1", {600, 0})) << "it was promised";
  EXPECT_FALSE(real.meter("r1", {1, 0}));
  EXPECT_FALSE(real.reserve({"r2", "t", "", {1, 0}, {}}));
  ASSERT_TRUE(real.settle("r1", {600, 0}));
  EXPECT_FALSE(real.reserve({"r2", "t", "", {1, 0}, {}}));
}

TEST(Ledger, a_deleted_tenant_with_live_runs_settles_them_and_is_gone) {
  ledger real;
  real.set_limits(budget_level::tenant, "t", {1000, 0, 0, 0, 0});
  ASSERT_TRUE(real.reserve({"r", "t", "", {10, 0}, {}}));
  real.close(budget_level::tenant, "t");
  EXPECT_FALSE(real.reserve({"s", "t", "", {1, 0}, {}}));
  EXPECT_TRUE(real.standing(budget_level::tenant, "t").closed);
  ASSERT_TRUE(real.settle("r", {7, 0}));
  EXPECT_EQ(real.standing(budget_level::platform, "").spent.tokens, 7);
  EXPECT_EQ(real.standing(budget_level::tenant, "t").spent.tokens, 0);
}

TEST(Ledger, T9_1_lying_and_enormous_usage_is_contained) {
  ledger real;
  ASSERT_TRUE(real.reserve({"r", "t", "", {100, 100}, {}}));
  ASSERT_TRUE(real.meter("r", {60, 60}));
  const auto less = *real.settle("r", {-5, 10});
  EXPECT_EQ(less.charged, (amounts{60, 60}));
  EXPECT_TRUE(less.was_lying);
  const auto huge = std::numeric_limits<std::int64_t>::max();
  for (const char* run : {"x", "y", "z", "w", "v"}) {
    ASSERT_TRUE(real.reserve({run, "t", "", {1, 1}, {}}));
    const auto told = *real.settle(run, {huge, std::numeric_limits<std::int64_t>::min()});
    EXPECT_GT(told.excess.tokens, 0);
  }
  EXPECT_GT(real.standing(budget_level::tenant, "t").spent.tokens, 0);
  EXPECT_FALSE(real.reserve({"n", "t", "", {huge, 0}, {}}));
  EXPECT_EQ(micro_usd_of(0.1), 100'000);
  EXPECT_EQ(micro_usd_of(-1), 0);
  EXPECT_EQ(micro_usd_of(std::nan("")), 0);
  EXPECT_GT(micro_usd_of(1e300), 0);
}

TEST(Ledger, pull_requests_keep_to_sliding_windows) {
  ledger real;
  real.set_limits(budget_level::tenant, "t", {0, 0, 0, 2, 3});
  const std::int64_t start = 1'000'000'000'000;
  ASSERT_TRUE(real.take_pull_request("t", "", start));
  ASSERT_TRUE(real.take_pull_request("t", "c", start + 10));
  EXPECT_FALSE(real.take_pull_request("t", "", start + hour - 1));
  EXPECT_EQ(real.next_pull_request_ms("t", "", start + 20), start + hour);
  ASSERT_TRUE(real.take_pull_request("t", "", start + hour));
  EXPECT_FALSE(real.take_pull_request("t", "", start + 5 * hour)) << "three a day";
  EXPECT_EQ(real.next_pull_request_ms("t", "", start + 5 * hour), start + 24 * hour);
  EXPECT_TRUE(real.take_pull_request("t", "", start + 24 * hour));
}

TEST(Ledger, what_was_not_opened_is_given_back_once) {
  ledger real;
  real.set_limits(budget_level::tenant, "t", {0, 0, 0, 2, 0});
  const std::int64_t start = 1'000'000'000'000;
  ASSERT_TRUE(real.take_pull_request("t", "c", start));
  ASSERT_TRUE(real.take_pull_request("t", "c", start + 10));
  real.give_back_pull_request("t", "c", start + 5);
  EXPECT_EQ(real.pull_requests_left("t", "c", start + 20), 0U) << "none was counted then";
  real.give_back_pull_request("t", "c", start + 10);
  real.give_back_pull_request("t", "c", start + 10);
  EXPECT_EQ(real.pull_requests_left("t", "c", start + 20), 1U);
  EXPECT_TRUE(real.take_pull_request("t", "c", start + 20));
  EXPECT_FALSE(real.take_pull_request("t", "c", start + 21));
}

TEST(Ledger, pull_request_windows_survive_a_wrong_clock) {
  ledger real;
  real.set_limits(budget_level::platform, "", {0, 0, 0, 1, 0});
  const std::int64_t now = 1'000'000'000'000;
  ASSERT_TRUE(real.take_pull_request("t", "", now + 1000 * hour)) << "years ahead";
  EXPECT_FALSE(real.take_pull_request("t", "", now)) << "set back, it still counts";
  EXPECT_TRUE(real.take_pull_request("t", "", now + hour)) << "but for an hour only";
  ledger again;
  again.set_limits(budget_level::platform, "", {0, 0, 0, 1, 0});
  again.rebuild_pull_request("t", "", now);
  EXPECT_FALSE(again.take_pull_request("u", "", now + hour - 1));
}

TEST(Forecast, says_what_the_waves_may_cost_and_where_it_would_end) {
  ledger real;
  real.set_limits(budget_level::tenant, "t", {0, 100'000'000, 0, 0, 0});
  ASSERT_TRUE(real.reserve({"other", "t", "", {0, 40'000'000}, {}}));
  const auto told =
      forecast(real, "t", "c", {0, 300'000'000, 0, 0, 0}, {5, 25, 70}, {1000, 5'000'000});
  ASSERT_EQ(told.waves.size(), 3U);
  EXPECT_EQ(told.waves[1].most, (amounts{25'000, 125'000'000}));
  EXPECT_EQ(told.waves[1].cumulative, (amounts{30'000, 150'000'000}));
  EXPECT_EQ(told.total.micro_usd, 500'000'000);
  ASSERT_TRUE(told.stops);
  EXPECT_EQ(told.stops->level, budget_level::tenant);
  EXPECT_EQ(told.stops->runs, 12U);
  EXPECT_EQ(told.stops->wave, 1U);
  EXPECT_FALSE(forecast(real, "u", "c", {}, {5}, {1000, 5'000'000}).stops);
  const auto huge = forecast(real, "u", "c", {}, {4'000'000'000U, 4'000'000'000U},
                             {std::numeric_limits<std::int64_t>::max(), 1});
  EXPECT_GT(huge.total.tokens, 0);
}

}  // namespace
}  // namespace skein::schedule
