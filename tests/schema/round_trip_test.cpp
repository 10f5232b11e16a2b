// Typed values survive JSON, and the frozen text is itself a valid document.
#include "schema/document.hpp"
#include "schema/identity.hpp"
#include "schema/run.hpp"
#include "tests/schema/random_documents.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace skein::schema {
namespace {

std::string problems_of(const loaded& file) {
  std::string out;
  for (const diagnostic& each : file.problems) out += to_string(each) + "\n";
  return out;
}

TEST(RoundTrip, EveryTaskSurvivesJson) {
  test::random_documents make(1);
  for (int round = 0; round < 500; ++round) {
    const task value = make.task();
    EXPECT_EQ(task_from_json(to_json(value)), value) << to_json(value).dump(2);
  }
}

TEST(RoundTrip, C13FrozenTaskLoadsAsTheSameTask) {
  test::random_documents make(2);
  for (int round = 0; round < 200; ++round) {
    const task value = make.task();
    const frozen_task frozen = freeze(value);
    const loaded file = load_documents(frozen.json, "frozen");
    ASSERT_EQ(problems_of(file), "") << frozen.json;
    ASSERT_EQ(std::get<task>(file.documents.at(0)), value);
    EXPECT_EQ(freeze(std::get<task>(file.documents[0])).sha256, frozen.sha256);
  }
}

TEST(RoundTrip, EveryCampaignSurvivesJsonAndLoading) {
  test::random_documents make(3);
  for (int round = 0; round < 200; ++round) {
    const campaign value = make.campaign();
    ASSERT_EQ(campaign_from_json(to_json(value)), value);
    const loaded file = load_documents(dump(to_json(value), 2), "campaign");
    ASSERT_EQ(problems_of(file), "");
    ASSERT_EQ(std::get<campaign>(file.documents.at(0)), value);
  }
}

TEST(RoundTrip, ConfigAndVerifierSurviveLoading) {
  config fleet;
  fleet.cells = 7;
  fleet.git_timeout = std::chrono::milliseconds{90'500};
  fleet.tenants["payments"] = {2.5, 4, 10.5, 1'000'000};
  fleet.egress.upstream_proxy = "http://user:word@proxy.example:3128";
  fleet.egress.registries["npm"] = {{"npm.mirror.example:8081", "*.b.example:443"}, true, false};
  fleet.egress.registries["pypi"] = {};
  fleet.tools = {"/etc/skein/tools"};
  fleet.tool_servers["files"] = {"/opt/servers", "/etc/ca.pem", std::chrono::seconds{5}};
  fleet.tool_servers["words"] = {};
  const loaded read = load_documents(dump(to_json(fleet)), "config");
  ASSERT_EQ(problems_of(read), "");
  EXPECT_EQ(std::get<config>(read.documents.at(0)), fleet);

  verifier_file check;
  check.name = "unit";
  check.run = "make test";
  check.when_files = {"Makefile"};
  check.required = false;
  check.timeout = std::chrono::minutes{7};
  const loaded again = load_documents(dump(to_json(check)), "verifier");
  ASSERT_EQ(problems_of(again), "");
  EXPECT_EQ(std::get<verifier_file>(again.documents.at(0)), check);
}

TEST(RoundTrip, FromJsonRefusesOtherDocuments) {
  EXPECT_THROW((void)task_from_json(nlohmann::json::array()), std::logic_error);
  EXPECT_THROW((void)task_from_json({{"kind", "Task"}}), std::logic_error);
  nlohmann::json wrong = to_json(task{});
  wrong["spec"]["scope"]["maxFiles"] = "many";
  EXPECT_THROW((void)task_from_json(wrong), std::logic_error);
  wrong = to_json(task{});
  wrong["spec"]["budget"]["wallClock"] = "soon";
  EXPECT_THROW((void)task_from_json(wrong), std::logic_error);
  EXPECT_THROW((void)campaign_from_json(to_json(task{})), std::logic_error);
}

TEST(RoundTrip, VerdictAndFailureSurviveJson) {
  const verdict seen{"unit",
                     false,
                     verdict_status::failed_before,
                     verdict_status::failed,
                     true,
                     true,
                     1234,
                     "sha256:abc",
                     "digest",
                     "line\n"};
  EXPECT_EQ(verdict_from_json(to_json(seen)), seen);

  failure failed;
  failed.state = run_state::blocked;
  failed.cls = failure_class::f7;
  failed.reason = "a secret in src/a.c:3";
  failed.attempt = 2;
  failed.safe_summary = "one finding";
  failed.raw_log_ref = "ref";
  failed.secret_scan_status = "found";
  failed.retryable = true;
  failed.suggested_next_action = "remove it";
  failed.at_ms = 1'700'000'000'123;
  failed.component = "scan:secrets";
  failed.policy_needs_fix = true;
  EXPECT_EQ(failure_from_json(to_json(failed, "id")), failed);
  EXPECT_EQ(failure_from_json(nlohmann::json::object()), failure{});
}

TEST(RoundTrip, UnknownVerdictNeverReadsAsPassed) {
  EXPECT_EQ(parse_verdict_status("fine"), verdict_status::error);
  EXPECT_EQ(verdict_from_json({{"status", ""}}).status, verdict_status::error);
}

}  // namespace
}  // namespace skein::schema
