// How waves cut a fleet, and the tasks of a campaign.
#include "schema/campaign.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace skein::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

wave_spec sized(std::uint32_t size) {
  wave_spec out;
  out.size = size;
  return out;
}
wave_spec percent(double value) {
  wave_spec out;
  out.percent = value;
  return out;
}
wave_spec rest() {
  wave_spec out;
  out.rest = true;
  return out;
}

campaign with(std::vector<wave_spec> waves) {
  campaign out;
  out.waves = std::move(waves);
  return out;
}

TEST(Campaign, WavesTakeTheirShare) {
  EXPECT_THAT(wave_sizes(with({}), 7), ElementsAre(7U));
  EXPECT_THAT(wave_sizes(with({}), 0), IsEmpty());
  EXPECT_THAT(wave_sizes(with({sized(5), percent(25), rest()}), 100), ElementsAre(5U, 25U, 70U));
  EXPECT_THAT(wave_sizes(with({percent(25)}), 10), ElementsAre(3U, 7U))
      << "rounded up, rest unclaimed";
  EXPECT_THAT(wave_sizes(with({percent(10)}), 70), ElementsAre(7U, 63U)) << "no rounding noise";
  EXPECT_THAT(wave_sizes(with({sized(5), rest()}), 3), ElementsAre(3U, 0U));
  EXPECT_THAT(wave_sizes(with({percent(100), percent(100)}), 9), ElementsAre(9U, 0U));
}

TEST(Campaign, WavesAlwaysSumToTheTotal) {
  for (std::uint32_t total = 0; total < 300; ++total) {
    for (const auto& each : {with({sized(3), percent(33.3)}), with({percent(0.1), percent(99.9)}),
                             with({sized(1000), rest()}), with({rest()})}) {
      const auto sizes = wave_sizes(each, total);
      EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), 0U), total);
    }
  }
  const auto sizes = wave_sizes(with({percent(50)}), 4'000'000'000U);
  EXPECT_THAT(sizes, ElementsAre(2'000'000'000U, 2'000'000'000U));
}

TEST(Campaign, TaskForARepository) {
  campaign owner;
  owner.name = "old-api";
  owner.tenant = "payments";
  owner.labels = {{"team", "core"}};
  owner.task.intent = "x";
  const task made = task_for_repo(owner, {"/srv/a.git", "main", ""});
  EXPECT_EQ(made.name, "old-api");
  EXPECT_EQ(made.tenant, "payments");
  EXPECT_EQ(made.labels, owner.labels);
  EXPECT_EQ(made.spec.intent, "x");
  EXPECT_EQ(made.spec.repo.url, "/srv/a.git");
}

TEST(Campaign, StatesHaveWords) {
  for (const auto each : {campaign_state::running, campaign_state::paused, campaign_state::halted,
                          campaign_state::aborted, campaign_state::completed}) {
    EXPECT_EQ(parse_campaign_state(to_string(each)), each);
  }
  EXPECT_EQ(parse_campaign_state("gone"), std::nullopt);
}

}  // namespace
}  // namespace skein::schema
