// The burndown of a campaign as a chart of characters.
#include "cli/render/burndown_chart.hpp"

#include <gmock/gmock.h>

namespace skein::cli {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::int64_t hour = 3'600'000;

schedule::burndown burnt(std::vector<schedule::burndown_point> points) {
  schedule::burndown out;
  out.points = std::move(points);
  return out;
}

TEST(BurndownChart, FallsFromTheWholeToWhatIsLeft) {
  const auto chart = burndown_chart(burnt({{0, 10}, {hour, 5}, {2 * hour, 0}}), 2 * hour, 24, 4);
  ASSERT_EQ(chart.size(), 6U);
  EXPECT_EQ(chart[0], "10 |##########");
  EXPECT_EQ(chart[1], "   |##########");
  EXPECT_EQ(chart[2], "   |###################");
  EXPECT_EQ(chart[3], "   |###################");
  EXPECT_EQ(chart[4], " 0 +--------------------");
  EXPECT_THAT(chart[5], HasSubstr("2h"));
  EXPECT_THAT(chart[5], EndsWith("now"));
  for (const auto& each : chart) EXPECT_LE(each.size(), 24U) << each;
}

TEST(BurndownChart, OneRunOfThousandsThatIsLeftIsSeen) {
  const auto chart = burndown_chart(burnt({{0, 5000}, {hour, 1}}), hour, 60, 3);
  ASSERT_EQ(chart.size(), 5U);
  EXPECT_THAT(chart[2], EndsWith("#"));
  EXPECT_EQ(chart[2].size(), 60U);
}

TEST(BurndownChart, SaysNothingWithoutAnEndOrWithoutRoom) {
  EXPECT_THAT(burndown_chart(burnt({}), 1, 80, 5), IsEmpty());
  EXPECT_THAT(burndown_chart(burnt({{0, 3}}), 1, 80, 5), IsEmpty());
  EXPECT_THAT(burndown_chart(burnt({{0, 0}, {1, 0}}), 1, 80, 5), IsEmpty());
  const auto some = burnt({{0, 4'000'000'000U}, {0, 4'000'000'000U}, {0, 3}});
  EXPECT_THAT(burndown_chart(some, -hour, 23, 5), IsEmpty());
  EXPECT_THAT(burndown_chart(some, -hour, 80, 1), IsEmpty());
  EXPECT_EQ(burndown_chart(some, -hour, 24, 2).size(), 4U) << "a clock that was set back";
}

}  // namespace
}  // namespace skein::cli
