// The gate's verdict over findings, verdicts and the task.
#include "runtime/diff/decision.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skein::diff {
namespace {

using ::testing::HasSubstr;

schema::finding with(const std::string& action) {
  return {"rule." + action, "error", "src/a.c", 3, action, "something " + action};
}

schema::verdict verdict(schema::verdict_status status, bool flaky = false) {
  schema::verdict made;
  made.name = "unit";
  made.status = status;
  made.required = true;
  made.flaky = flaky;
  return made;
}

TEST(decision, nothing_found_is_published) {
  const auto made = decide({}, {with("report")}, {}, {});
  EXPECT_EQ(made.action, gate_action::publish);
  EXPECT_EQ(made.findings.size(), 1U);
}

TEST(decision, F7_a_secret_goes_before_everything) {
  const auto made = decide({}, {with("block")}, {}, {with("block")});
  EXPECT_EQ(made.action, gate_action::block);
  EXPECT_EQ(made.cls, schema::failure_class::f7);
}

TEST(decision, F8_a_blocking_finding_blocks_with_its_place) {
  const auto made = decide({}, {with("approval"), with("block"), with("block")}, {}, {});
  EXPECT_EQ(made.action, gate_action::block);
  EXPECT_EQ(made.cls, schema::failure_class::f8);
  EXPECT_EQ(made.reason, "something block: src/a.c:3 (and 1 more findings)");
}

TEST(decision, T8_6_approval_goes_before_draft) {
  const auto made = decide({}, {with("draft"), with("approval")}, {}, {});
  EXPECT_EQ(made.action, gate_action::approval);
  EXPECT_THAT(made.reason, HasSubstr("something approval"));
}

TEST(decision, F11_doubts_and_draft_findings_make_a_draft) {
  EXPECT_EQ(decide({}, {with("draft")}, {}, {}).action, gate_action::draft);
  EXPECT_THAT(decide({}, {}, {verdict(schema::verdict_status::passed, true)}, {}).reason,
              HasSubstr("flaky"));
  EXPECT_THAT(decide({}, {}, {verdict(schema::verdict_status::failed_before)}, {}).reason,
              HasSubstr("fails on the base already"));
  schema::task_spec task;
  task.publish.mode = schema::publish_mode::draft;
  EXPECT_EQ(decide(task, {}, {}, {}).action, gate_action::draft);
}

}  // namespace
}  // namespace skein::diff
