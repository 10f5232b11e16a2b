// The exit code and the object of a campaign.
#include "cli/render/campaign_text.hpp"

#include "cli/invocation.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace skein::cli {
namespace {

using schema::campaign_state;
using schema::run_state;

store::campaign_row row_in(campaign_state state) {
  store::campaign_row row;
  row.value.name = "old-api";
  row.value.tenant = "payments";
  row.state = state;
  return row;
}

int code(campaign_state state, std::vector<std::pair<run_state, std::uint32_t>> states) {
  return exit_code_of(progress_of(row_in(state), {{0, std::move(states)}}));
}

TEST(exit_code, zero_only_when_every_run_succeeded) {
  EXPECT_EQ(code(campaign_state::completed, {{run_state::published, 3}, {run_state::no_change, 1}}),
            exit_ok);
  EXPECT_EQ(
      code(campaign_state::completed,
           {{run_state::published, 3}, {run_state::duplicate, 1}, {run_state::analysis_only, 1}}),
      exit_ok);
}

TEST(exit_code, the_code_that_all_failures_share) {
  EXPECT_EQ(code(campaign_state::completed,
                 {{run_state::published, 3}, {run_state::verification_failed, 2}}),
            exit_verification);
  EXPECT_EQ(code(campaign_state::completed, {{run_state::rejected, 1}, {run_state::blocked, 1}}),
            exit_refused);
  EXPECT_EQ(
      code(campaign_state::halted, {{run_state::budget_exhausted, 1}, {run_state::schedule, 9}}),
      exit_budget);
}

TEST(exit_code, one_when_failures_differ) {
  EXPECT_EQ(code(campaign_state::completed,
                 {{run_state::blocked, 1}, {run_state::verification_failed, 2}}),
            exit_failure);
  EXPECT_EQ(code(campaign_state::halted, {{run_state::schedule, 3}}), exit_failure);
}

TEST(exit_code, of_what_was_stopped_or_is_not_over) {
  EXPECT_EQ(code(campaign_state::aborted, {{run_state::published, 3}, {run_state::killed, 1}}),
            exit_killed);
  EXPECT_EQ(code(campaign_state::paused, {{run_state::published, 3}}), exit_pending);
  EXPECT_EQ(code(campaign_state::running, {{run_state::published, 3}}), exit_pending);
}

TEST(progress, waves_say_how_far_they_are) {
  auto row = row_in(campaign_state::halted);
  row.reason = "wave 2 succeeded for 50%";
  row.open_wave = 1;
  row.value.waves.resize(2);
  row.value.waves[1].require_success = 0.8;
  const auto progress = progress_of(row, {{0, {{run_state::published, 2}}},
                                          {1, {{run_state::published, 1}, {run_state::blocked, 1}}},
                                          {2, {{run_state::schedule, 4}}}});
  EXPECT_EQ(progress.total, 8U);
  EXPECT_EQ(progress.done, 4U);
  EXPECT_EQ(progress.succeeded, 3U);
  const auto document = to_json(progress);
  EXPECT_EQ(document.at("name"), "old-api");
  EXPECT_EQ(document.at("state"), "halted");
  EXPECT_EQ(document.at("tenant"), "payments");
  EXPECT_EQ(document.at("reason"), "wave 2 succeeded for 50%");
  EXPECT_EQ(document.at("totals"),
            (nlohmann::json{{"published", 3}, {"blocked", 1}, {"schedule", 4}}));
  EXPECT_EQ(document.at("waves"), nlohmann::json::parse(R"([
    {"wave":0,"total":2,"done":2,"succeeded":2,"requireSuccess":0.0,"state":"done"},
    {"wave":1,"total":2,"done":2,"succeeded":1,"requireSuccess":0.8,"state":"halted"},
    {"wave":2,"total":4,"done":0,"succeeded":0,"requireSuccess":0.0,"state":"pending"}])"));
}

TEST(percent_text, is_short) {
  EXPECT_EQ(percent_text(0.8), "80%");
  EXPECT_EQ(percent_text(0.625), "62.5%");
  EXPECT_EQ(percent_text(1.0 / 3), "33.3%");
}

}  // namespace
}  // namespace skein::cli
