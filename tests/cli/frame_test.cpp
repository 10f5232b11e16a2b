// Pictures of live progress fit the terminal they are for, and replace each other exactly.
#include "cli/watch/frame.hpp"
#include "cli/watch/live_block.hpp"
#include "cli/watch/rate.hpp"

#include "cli/render/printable.hpp"

#include <gtest/gtest.h>

namespace skein::cli {
namespace {

using schema::run_state;

campaign_frame sample() {
  campaign_frame frame;
  auto& campaign = frame.campaign;
  campaign.name = "old-api";
  campaign.total = 40;
  campaign.done = 10;
  campaign.succeeded = 8;
  campaign.open_wave = 1;
  campaign.waves = {{5, 5, 5, 0.8, "done"}, {10, 5, 3, 0.9, "running"}, {25, 0, 0, 0, "pending"}};
  campaign.states = {{run_state::schedule, 28},
                     {run_state::agent, 2},
                     {run_state::published, 8},
                     {run_state::verification_failed, 2}};
  frame.active = {{"/srv/git/organisation/first-project.git", run_state::agent, 62'000},
                  {"/srv/git/b.git", run_state::verify, 3'400}};
  frame.active_total = 2;
  frame.per_minute = 12.34;
  frame.left_ms = 146'000;
  return frame;
}

TEST(frame, says_everything_in_eighty_columns) {
  const auto lines = frame_lines(sample(), {80, 24}, style(), true);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_NE(lines[0].find("10/40  25%  12/min  eta 2m26s"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("verification_failed 2"), std::string::npos) << lines[1];
  EXPECT_EQ(lines[2], "  wave 2 of 3: 5/10 done, needs 90% success (now 60%)");
  EXPECT_EQ(lines[3], "  agent      1m02s  /srv/git/organisation/first-project.git");
  EXPECT_EQ(lines[4], "  verify      3.4s  /srv/git/b.git");
}

TEST(frame, fits_any_terminal) {
  auto frame = sample();
  frame.campaign.name = std::string(63, 'n');
  for (int i = 0; i < 60; ++i) frame.active.push_back({"/srv/日本/x", run_state::agent, i * 1000});
  frame.active_total = 500;
  for (std::size_t columns_there = 1; columns_there < 130; ++columns_there) {
    for (const std::size_t rows : {1U, 2U, 3U, 5U, 10U, 50U}) {
      for (const bool utf8 : {true, false}) {
        const auto lines = frame_lines(frame, {columns_there, rows}, style(), utf8);
        EXPECT_LT(lines.size(), std::max<std::size_t>(rows, 2));
        for (const auto& line : lines) {
          // The last column stays free: some terminals wrap when it is written.
          EXPECT_LE(columns(line), std::max<std::size_t>(columns_there - 1, 4)) << line;
        }
      }
    }
  }
}

TEST(frame, says_how_many_active_runs_are_not_shown) {
  auto frame = sample();
  frame.active_total = 9;
  EXPECT_EQ(frame_lines(frame, {80, 24}, style(), true).back(), "  and 7 more");
}

TEST(frame, B10_names_of_repositories_cannot_speak_to_the_terminal) {
  auto frame = sample();
  frame.active.front().repo = "/srv/\x1b[2J\nowned";
  for (const auto& line : frame_lines(frame, {80, 24}, style(), true)) {
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

TEST(frame, needs_no_unicode) {
  const auto lines = frame_lines(sample(), {80, 24}, style(), false);
  EXPECT_NE(lines[0].find("#######"), std::string::npos);
  EXPECT_EQ(lines[0].find("━"), std::string::npos);
}

TEST(frame, a_failure_is_always_seen_in_the_bar) {
  auto frame = sample();
  frame.campaign.total = 5000;
  frame.campaign.done = 2500;
  frame.campaign.succeeded = 2499;
  const auto lines = frame_lines(frame, {80, 24}, style(true), true);
  EXPECT_NE(lines[0].find("\x1b[31m━\x1b[0m"), std::string::npos) << lines[0];
}

TEST(run_line, shows_the_stages_of_one_run) {
  schema::run run;
  run.repo.url = "/srv/git/a.git";
  run.state = run_state::verify;
  run.updated_ms = 10'000;
  run.timings[static_cast<std::size_t>(schema::stage::prepare)] = 400;
  run.timings[static_cast<std::size_t>(schema::stage::agent)] = 12'000;
  EXPECT_EQ(run_line({run}, "", 79, style(), true, 12'500),
            "✓ prepare 0.4s  ✓ agent 12s  ▸ verify 2.5s  /srv/git/a.git");
  EXPECT_LE(columns(run_line({run}, "", 20, style(), true, 12'500)), 20U);
}

TEST(run_line, counts_several_runs) {
  std::vector<schema::run> runs(3);
  runs[0].state = run_state::published;
  runs[1].state = run_state::agent;
  runs[1].repo.url = "/b";
  runs[2].state = run_state::schedule;
  EXPECT_EQ(run_line(runs, "", 79, style(), true, 0), "1/3 done  agent /b");
}

TEST(frame, T9_11_a_switch_that_holds_the_work_back_is_told) {
  auto frame = sample();
  frame.held = "hold switch on all by root: release day";
  EXPECT_EQ(frame_lines(frame, {80, 24}, style(), true)[3],
            "  held: hold switch on all by root: release day");
  EXPECT_EQ(run_line({schema::run{}}, frame.held, 20, style(), true, 0), "held: hold switch o…");
}

TEST(block_update, replaces_line_by_line_without_clearing_first) {
  EXPECT_EQ(block_update({}, {}, {"a", "b"}, 80), "\r\x1b[?7la\x1b[K\nb\x1b[K\n\x1b[?7h\x1b[J");
  EXPECT_EQ(block_update({1, 1}, {}, {"c"}, 80), "\r\x1b[2A\x1b[?7lc\x1b[K\n\x1b[?7h\x1b[J");
}

TEST(block_update, lines_above_stay_above) {
  EXPECT_EQ(block_update({5}, {"warning: x"}, {"bar"}, 80),
            "\r\x1b[1Awarning: x\x1b[K\n\x1b[?7lbar\x1b[K\n\x1b[?7h\x1b[J");
}

TEST(block_update, knows_what_a_narrowed_terminal_wrapped) {
  // 79 columns are two rows in a terminal of 40, and 81 would be three.
  EXPECT_EQ(block_update({79, 10}, {}, {"x"}, 40), "\r\x1b[3A\x1b[?7lx\x1b[K\n\x1b[?7h\x1b[J");
}

TEST(block_update, an_empty_block_only_clears) {
  EXPECT_EQ(block_update({5, 5}, {}, {}, 80), "\r\x1b[2A\x1b[J");
}

TEST(rate, counts_over_the_last_minute) {
  rate_meter meter;
  EXPECT_FALSE(meter.per_minute());
  for (int second = 0; second <= 120; ++second) {
    meter.add(second * 1000, static_cast<std::uint32_t>(second < 60 ? 0 : (second - 60) * 2));
  }
  ASSERT_TRUE(meter.per_minute());
  EXPECT_NEAR(*meter.per_minute(), 120, 4);
  EXPECT_NEAR(static_cast<double>(*meter.time_for(240)), 120'000, 5000);
}

TEST(rate, is_unknown_while_nothing_gets_done) {
  rate_meter meter;
  meter.add(0, 5);
  meter.add(30'000, 5);
  EXPECT_FALSE(meter.per_minute());
  EXPECT_FALSE(meter.time_for(10));
}

TEST(rate, remembers_little_however_often_it_is_asked) {
  rate_meter meter;
  for (int i = 0; i < 1000; ++i) meter.add(i, static_cast<std::uint32_t>(i));
  ASSERT_TRUE(meter.per_minute());
  EXPECT_NEAR(*meter.per_minute(), 60'000, 100);
}

}  // namespace
}  // namespace skein::cli
