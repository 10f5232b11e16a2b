#include "cli/campaign_forecast.hpp"

#include <gmock/gmock.h>

namespace skein::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

schedule::ledger with_tenant(double usd) {
  schedule::ledger out;
  schedule::budget_limits most;
  most.micro_usd = schedule::micro_usd_of(usd);
  out.set_limits(schedule::budget_level::tenant, "payments", most);
  return out;
}

TEST(campaign_forecast, says_what_it_may_cost_and_what_stands_in_the_way) {
  const auto of =
      schedule::forecast(with_tenant(12), "payments", "c", {}, {1, 4}, {1000, 5'000'000});
  const auto text = ::testing::PrintToString(forecast_lines(of));
  EXPECT_THAT(text, HasSubstr("at most 25.00 USD, 5000 tokens"));
  EXPECT_THAT(text, HasSubstr("wave 2: 4 runs, at most 20.00 USD"));
  EXPECT_THAT(text, HasSubstr("tenant payments admits only 2"));
  const auto document = to_json(of);
  EXPECT_EQ(document["most"]["usd"], 25.0);
  EXPECT_EQ(document["stops"]["runs"], 2);
  EXPECT_EQ(document["stops"]["level"], "tenant");
}

TEST(campaign_forecast, steps_without_a_model_cost_nothing) {
  const auto of = schedule::forecast(with_tenant(12), "payments", "c", {}, {3}, {});
  EXPECT_THAT(::testing::PrintToString(forecast_lines(of)), HasSubstr("costs nothing"));
  EXPECT_THAT(::testing::PrintToString(forecast_lines(of)), Not(HasSubstr("admits only")));
  EXPECT_TRUE(to_json(of)["stops"].is_null());
}

}  // namespace
}  // namespace skein::cli
