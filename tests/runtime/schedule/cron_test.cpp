// Cron expressions, zones, windows and catching up, on given instants.
#include "runtime/schedule/cron.hpp"

#include "runtime/schedule/catch_up.hpp"
#include "runtime/schedule/window.hpp"

#include <gtest/gtest.h>

namespace skein::schedule {
namespace {

using namespace std::chrono;

sys_seconds utc(int y, unsigned m, unsigned d, int hour = 0, int minute = 0) {
  return sys_days{year{y} / static_cast<int>(m) / static_cast<int>(d)} + hours{hour} +
         minutes{minute};
}

cron must(std::string_view text) {
  auto parsed = cron::parse(text);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? *parsed : cron{};
}

time_zone zone(const std::string& name) {
  auto found = time_zone::find(name);
  EXPECT_TRUE(found) << (found ? "" : found.error().message);
  return found ? *found : time_zone{};
}

using times = std::vector<sys_seconds>;

TEST(Cron, reads_numbers_names_lists_ranges_and_steps) {
  EXPECT_EQ(must("0 1 * * 1-5"), must("  0\t1 * *  MON-fri "));
  EXPECT_EQ(must("0 0 1 jan,Jul *"), must("0 0 1 1,7 *"));
  EXPECT_EQ(must("*/20 9-17/4 * * *"), must("0,20,40 9,13,17 * * *"));
  EXPECT_EQ(must("0 0 * * 7"), must("0 0 * * sun"));
  EXPECT_EQ(must("0 0 * * 5-7"), must("0 0 * * 5,6,0"));
  EXPECT_EQ(must("@weekly"), must("0 0 * * 0"));
  EXPECT_EQ(must("@DAILY"), must("0 0 * * *"));
}

TEST(Cron, says_the_column_of_what_is_wrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"60 * * * *", "column 1: minute: 60 is out of range"},
      {"0 24 * * *", "column 3: hour"},
      {"0 0 L * *", "column 5: day of month: 'L' is not supported"},
      {"0 0 15W * *", "column 7: day of month: 'W' is not supported"},
      {"0 0 ? * 1", "column 5: day of month: '?' is not supported"},
      {"0 0 * * 1#2", "column 10: day of week: '#' is not supported"},
      {"0 0 * * fri-mon", "column 9: day of week: the range runs backwards"},
      {"*/0 * * * *", "column 3: minute: 0 is out of range"},
      {"5/15 * * * *", "column 2: minute: a step needs a range"},
      {"1,,2 * * * *", "column 3: minute: unexpected ','"},
      {"1, * * * *", "column 3: minute: it ends too early"},
      {"-1 * * * *", "column 1: minute"},
      {"0 0 * * 8", "column 9: day of week: 8 is out of range"},
      {"0 0 * 99999999999 *", "column 7: month"},
      {"0 0 * *", "fewer than five fields"},
      {"0 0 0 * * *", "column 11: more than five fields"},
      {"", "fewer than five fields"},
      {"@reboot", "column 1"},
      {"0 0 30 feb *", "column 5: it never fires"},
      {"0 0 31 2,4,6,9,11 *", "column 5: it never fires"},
      {"0 0 \xff * *", "column 5: day of month: unexpected byte"},
  };
  for (const auto& [text, message] : wrong) {
    const auto parsed = cron::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, errc::invalid);
    EXPECT_NE(parsed.error().message.find(message), std::string::npos) << parsed.error().message;
  }
  EXPECT_FALSE(cron::parse(std::string(1 << 20, '*')));
}

TEST(Cron, either_day_is_enough_when_both_restrict) {
  // The 13th, or a Friday.
  EXPECT_EQ(must("0 0 13 * fri").next_times({}, utc(2026, 11, 1), 4),
            (times{utc(2026, 11, 6), utc(2026, 11, 13), utc(2026, 11, 20), utc(2026, 11, 27)}));
  EXPECT_EQ(must("0 0 13 * *").next_times({}, utc(2026, 11, 1), 1), times{utc(2026, 11, 13)});
  // 30 February does not exist, but there are Mondays in February.
  EXPECT_EQ(must("0 0 30 2 mon").next_times({}, utc(2026, 1, 1), 1), times{utc(2026, 2, 2)});
}

TEST(Cron, finds_the_29th_of_february) {
  EXPECT_EQ(must("0 0 29 2 *").next_times({}, utc(2026, 1, 1), 2),
            (times{utc(2028, 2, 29), utc(2032, 2, 29)}));
  EXPECT_EQ(must("0 0 29 2 *").next_times({}, utc(2096, 3, 1), 1), times{utc(2104, 2, 29)});
}

TEST(Cron, a_skipped_time_fires_at_the_first_instant_after_the_gap) {
  const auto berlin = zone("Europe/Berlin");
  // 29 March 2026: 02:00 becomes 03:00, which is 01:00 UTC.
  EXPECT_EQ(must("30 2 * * *").next_times(berlin, utc(2026, 3, 28, 12), 2),
            (times{utc(2026, 3, 29, 1), utc(2026, 3, 30, 0, 30)}));
  EXPECT_EQ(must("*/20 2-3 * * *").next_times(berlin, utc(2026, 3, 29, 0), 3),
            (times{utc(2026, 3, 29, 1), utc(2026, 3, 29, 1, 20), utc(2026, 3, 29, 1, 40)}));
}

TEST(Cron, a_time_shown_twice_fires_once) {
  const auto berlin = zone("Europe/Berlin");
  // 25 October 2026: 03:00 becomes 02:00.
  EXPECT_EQ(must("30 2 * * *").next_times(berlin, utc(2026, 10, 24, 12), 2),
            (times{utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)}));
  EXPECT_EQ(must("30 2 * * *").next_times(berlin, utc(2026, 10, 25, 0, 45), 1),
            times{utc(2026, 10, 26, 1, 30)});
}

TEST(Cron, zones_of_half_hours_and_days_that_begin_after_midnight) {
  EXPECT_EQ(must("0 9 * * *").next_times(zone("Asia/Kolkata"), utc(2026, 5, 1), 1),
            times{utc(2026, 5, 1, 3, 30)});
  // Lord Howe moves by half an hour: 4 October 2026, 02:00 becomes 02:30.
  EXPECT_EQ(must("15 2 * * *").next_times(zone("Australia/Lord_Howe"), utc(2026, 10, 3, 14), 1),
            times{utc(2026, 10, 3, 15, 30)});
  // Beirut's midnight of 29 March 2026 does not exist.
  EXPECT_EQ(must("0 0 * * *").next_times(zone("Asia/Beirut"), utc(2026, 3, 28, 12), 1),
            times{utc(2026, 3, 28, 22)});
}

TEST(Cron, refuses_zones_that_are_not_there) {
  for (const char* name : {"Europe/Bremen", "../../etc/passwd", "UTC ", "/etc/localtime", "a\nb"}) {
    EXPECT_FALSE(time_zone::find(name)) << name;
  }
  EXPECT_FALSE(time_zone::find(std::string(100'000, 'a')));
}

TEST(Cron, extreme_instants_end_quickly) {
  EXPECT_TRUE(must("* * * * *").next_times({}, sys_seconds::max(), 10).empty());
  EXPECT_TRUE(must("* * * * *").next_times({}, sys_seconds::min(), 10).empty());
  EXPECT_EQ(must("* * * * *").next_times({}, utc(2026, 1, 1), 1'000'000).size(), 1000U);
}

TEST(Window, is_open_inside_also_over_midnight) {
  const auto night = *window::parse("22:00-04:00");
  EXPECT_TRUE(night.contains({}, utc(2026, 1, 1, 22)));
  EXPECT_TRUE(night.contains({}, utc(2026, 1, 2, 3, 59)));
  EXPECT_FALSE(night.contains({}, utc(2026, 1, 2, 4)));
  EXPECT_EQ(night.next_open({}, utc(2026, 1, 2, 4)), utc(2026, 1, 2, 22));
  EXPECT_EQ(night.next_open({}, utc(2026, 1, 2, 23)), utc(2026, 1, 2, 23));
  const auto late = *window::parse("18:00-24:00");
  EXPECT_TRUE(late.contains({}, utc(2026, 1, 1, 23, 59)));
  EXPECT_FALSE(late.contains({}, utc(2026, 1, 1, 0)));
}

TEST(Window, keeps_to_the_clock_on_the_wall) {
  const auto berlin = zone("Europe/Berlin");
  const auto early = *window::parse("01:00-06:00");
  EXPECT_EQ(early.next_open(berlin, utc(2026, 7, 1, 12)), utc(2026, 7, 1, 23));
  EXPECT_EQ(early.next_open(berlin, utc(2026, 12, 1, 12)), utc(2026, 12, 2, 0));
  // The clocks skip all of it on 29 March.
  const auto skipped = *window::parse("02:10-02:50");
  EXPECT_EQ(skipped.next_open(berlin, utc(2026, 3, 28, 12)), utc(2026, 3, 30, 0, 10));
  // It opens in the gap, and is open at its end.
  const auto half = *window::parse("02:30-05:00");
  EXPECT_EQ(half.next_open(berlin, utc(2026, 3, 28, 12)), utc(2026, 3, 29, 1));
}

TEST(Window, refuses_what_is_none) {
  for (const char* text : {"", "1:00-6:00", "01:00-01:00", "24:00-01:00", "01:60-02:00",
                           "25:00-26:00", "01:00 06:00", "01:00-24:01", "aa:bb-cc:dd"}) {
    EXPECT_FALSE(window::parse(text)) << text;
  }
}

class catching_up : public ::testing::Test {
 protected:
  const cron nightly_ = must("0 1 * * *");
  /// Ten nights were missed; it is noon.
  const timetable_memory memory_{utc(2026, 5, 1, 1), false};
  const sys_seconds noon_ = utc(2026, 5, 11, 12);
};

TEST_F(catching_up, skip_leaves_what_was_missed) {
  const auto told = step(nightly_, {}, when_missed::skip, memory_, noon_);
  EXPECT_FALSE(told.fire);
  EXPECT_EQ(told.given_up, 10U);
  EXPECT_EQ(told.look_again, utc(2026, 5, 12, 1));
  const auto next = step(nightly_, {}, when_missed::skip, {told.considered_until, false},
                         utc(2026, 5, 12, 1) + seconds{30});
  EXPECT_EQ(next.fire, utc(2026, 5, 12, 1));
}

TEST_F(catching_up, once_fires_the_latest) {
  const auto told = step(nightly_, {}, when_missed::once, memory_, noon_);
  EXPECT_EQ(told.fire, utc(2026, 5, 11, 1));
  EXPECT_EQ(told.given_up, 9U);
  EXPECT_FALSE(step(nightly_, {}, when_missed::once, {told.considered_until, false}, noon_).fire);
}

TEST_F(catching_up, all_fires_each_the_oldest_first) {
  auto memory = memory_;
  for (int night = 2; night <= 11; ++night) {
    const auto told = step(nightly_, {}, when_missed::all, memory, noon_);
    ASSERT_EQ(told.fire, utc(2026, 5, static_cast<unsigned>(night), 1));
    memory.considered_until = told.considered_until;
  }
  EXPECT_FALSE(step(nightly_, {}, when_missed::all, memory, noon_).fire);
}

TEST_F(catching_up, all_is_bounded) {
  const auto told = step(must("* * * * *"), {}, when_missed::all, memory_, noon_);
  EXPECT_GE(*told.fire, noon_ - minutes{100});
  EXPECT_GT(told.given_up, 0U);
  EXPECT_LE(told.given_up, most_counted);
  const auto long_gone =
      step(must("* * * * *"), {}, when_missed::once, {sys_seconds{}, false}, noon_);
  EXPECT_EQ(long_gone.fire, noon_);
}

TEST_F(catching_up, does_not_overlap_with_itself) {
  auto running = memory_;
  running.running = true;
  for (const auto policy : {when_missed::skip, when_missed::once, when_missed::all}) {
    EXPECT_FALSE(step(nightly_, {}, policy, running, noon_).fire);
  }
  const auto told = step(nightly_, {}, when_missed::once, running, noon_);
  EXPECT_EQ(step(nightly_, {}, when_missed::once, {told.considered_until, false}, noon_).fire,
            utc(2026, 5, 11, 1))
      << "afterwards it is caught up on";
}

TEST_F(catching_up, a_clock_set_back_fires_nothing_twice) {
  const auto fired =
      step(nightly_, {}, when_missed::once, {utc(2026, 5, 10, 2), false}, utc(2026, 5, 11, 1));
  ASSERT_TRUE(fired.fire);
  const auto again = step(nightly_, {}, when_missed::once, {fired.considered_until, false},
                          utc(2026, 5, 11, 0, 30));
  EXPECT_FALSE(again.fire);
  EXPECT_TRUE(again.clock_moved_back);
  EXPECT_EQ(again.look_again, utc(2026, 5, 12, 1));
  // A clock that was years ahead must not silence the timetable for years.
  const auto repaired = step(nightly_, {}, when_missed::once, {utc(2036, 1, 1), false}, noon_);
  EXPECT_EQ(repaired.considered_until, noon_);
  EXPECT_EQ(repaired.look_again, utc(2026, 5, 12, 1));
}

}  // namespace
}  // namespace skein::schedule
