#include "cli/render/burndown_text.hpp"

#include <gmock/gmock.h>

namespace skein::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t hour = 3'600'000;

TEST(burndown_text, says_what_is_left_and_how_long_it_may_take) {
  const auto of = schedule::burn_down(10, 0, {hour, hour * 2, hour * 3, hour * 4}, hour * 4, 10);
  const auto text = burndown_text(of, hour * 4);
  EXPECT_THAT(text, HasSubstr("6 of 10 runs left"));
  EXPECT_THAT(text, HasSubstr("to go"));
  const auto document = to_json(of);
  EXPECT_EQ(document["points"].front()["left"], 10);
  EXPECT_EQ(document["points"].back()["left"], 6);
  EXPECT_TRUE(document["doneAt"].is_string());
}

TEST(burndown_text, is_silent_before_the_first_end_and_after_the_last) {
  EXPECT_THAT(burndown_text(schedule::burn_down(2, 0, {}, hour, 10), hour), IsEmpty());
  EXPECT_THAT(burndown_text(schedule::burn_down(2, 0, {1, 2}, hour, 10), hour), IsEmpty());
  EXPECT_TRUE(to_json(schedule::burn_down(2, 0, {}, hour, 10))["doneAt"].is_null());
}

}  // namespace
}  // namespace skein::cli
