// Texts that scripts and editors rely on, pinned; and that the published schemas say what the
// program does.
#include "tests/support/golden.hpp"
#include "schema/document.hpp"
#include "schema/identity.hpp"
#include "schema/run.hpp"
#include "tests/schema/random_documents.hpp"

#define VALIJSON_USE_EXCEPTIONS 1
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

namespace skein::schema {
namespace {

run sample_run() {
  run out;
  out.id = "0123456789abcdef";
  out.task_name = "replace-old-api";
  out.task_sha256 = "aa";
  out.fingerprint = "bb";
  out.campaign = "old-api";
  out.wave = 2;
  out.tenant = "payments";
  out.repo = {"git@host:org/a.git", "main", ""};
  out.base_commit = std::string(40, 'c');
  out.state = run_state::published;
  out.risk = risk_level::medium;
  out.attempt = 2;
  out.created_ms = 1'700'000'000'007;
  out.updated_ms = 1'700'000'060'120;
  out.patch_ref = "sha256:dd";
  out.diff = diff_summary{3, 20, 10, "ee"};
  out.published =
      publication{publish_mode::pr, "skein/x", "ff", "https://host/pr/1", false, "t", "b"};
  out.verdicts = {{"unit", true, verdict_status::passed, verdict_status::passed, true, false, 1234,
                   "sha256:11", "22", "ok\n"}};
  out.findings = {{"secrets", "error", "src/a.c", 7, "block", "generic key"}};
  out.used = {10, 20, 0.5, 3, 60'113, 4000, 99};
  out.timings = {1, 2, 3, 4, 5, 6, 7};
  return out;
}

TEST(Golden, RunAsJson) {
  test::expect_golden("run.json", dump(to_json(sample_run()), 2) + "\n");
}

TEST(Golden, RunInListsLeavesOutWhatIsHeavy) {
  test::expect_golden("run-brief.json", dump(to_json(sample_run(), true), 2) + "\n");
}

TEST(Golden, C15FailedRunAsJson) {
  run value;
  value.id = "fedcba9876543210";
  value.state = run_state::verification_failed;
  failure failed;
  failed.state = value.state;
  failed.cls = failure_class::f5;
  failed.reason = "verifier unit failed";
  failed.component = "verifier:unit";
  value.failed = failed;
  test::expect_golden("run-failed.json", dump(to_json(value), 2) + "\n");
}

TEST(Golden, RunWithBrokenTextIsStillJson) {
  run value = sample_run();
  value.findings[0].path = "src/\xff.c";
  EXPECT_TRUE(nlohmann::json::accept(dump(to_json(value))));
}

TEST(Golden, FrozenTask) {
  task value;
  value.name = "replace-old-api";
  value.spec.agent_given = true;
  value.spec.verifiers = {{"", "", "secrets", {}, true}};
  test::expect_golden("task-frozen.json", freeze(value).json + "\n");
}

TEST(Golden, JsonSchemas) {
  EXPECT_EQ(json_schema_names(),
            (std::vector<std::string>{"agent", "campaign", "config", "controls", "policy", "task", "tool",
                                      "tool-approvals", "tool-rules", "verifier"}));
  EXPECT_EQ(json_schema("nonsense"), std::nullopt);
  for (const std::string& name : json_schema_names()) {
    test::expect_golden("schema-" + name + ".json", std::string(*json_schema(name)));
  }
}

TEST(Golden, SchemasShareTheirDefinitions) {
  const auto task = nlohmann::json::parse(*json_schema("task"))["definitions"];
  for (const char* name : {"campaign", "verifier", "config", "policy", "tool"}) {
    const auto other = nlohmann::json::parse(*json_schema(name));
    for (const auto& [key, value] : other["definitions"].items()) {
      if (task.contains(key)) {
        EXPECT_EQ(value, task[key]) << name << " " << key;
      }
    }
  }
}

void expect_closed(const nlohmann::json& schema, const std::string& where) {
  if (schema.is_array()) {
    for (const auto& each : schema) expect_closed(each, where + "[]");
  }
  if (!schema.is_object()) return;
  if (schema.contains("properties") && !where.ends_with("/if")) {
    EXPECT_TRUE(schema.contains("additionalProperties")) << where;
  }
  for (const auto& [key, value] : schema.items()) expect_closed(value, where + "/" + key);
}

TEST(Golden, SchemasAllowNoUnknownKeys) {
  for (const std::string& name : json_schema_names()) {
    expect_closed(nlohmann::json::parse(*json_schema(name)), name);
  }
}

/// Whether the schema as published, with all its keywords, accepts the document.
bool published_schema_accepts(const std::string& name, const nlohmann::json& document) {
  const auto text = nlohmann::json::parse(*json_schema(name));
  valijson::Schema schema;
  valijson::adapters::NlohmannJsonAdapter adapter(text);
  valijson::SchemaParser().populateSchema(adapter, schema);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  return validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
}

TEST(Golden, PublishedSchemasAcceptWhatTheProgramWrites) {
  test::random_documents make(4);
  for (int round = 0; round < 30; ++round) {
    const auto task = to_json(make.task());
    EXPECT_TRUE(published_schema_accepts("task", task)) << task.dump(2);
    const auto campaign = to_json(make.campaign());
    EXPECT_TRUE(published_schema_accepts("campaign", campaign)) << campaign.dump(2);
  }
  EXPECT_TRUE(published_schema_accepts("config", to_json(config{})));
}

TEST(Golden, PublishedSchemasAndProgramRefuseTheSame) {
  const auto base = [] {
    task value;
    value.name = "a";
    return to_json(value);
  };
  const std::vector<std::pair<std::string, nlohmann::json>> changes{
      {"/metadata/name", "A b"},
      {"/metadata/labels", {{"a b", "x"}}},
      {"/spec/agent", {{"kind", "script"}, {"provider", "x"}}},
      {"/spec/agent", {{"kind", "replay"}, {"steps", nlohmann::json::array()}}},
      {"/spec/agent", nlohmann::json::object()},
      {"/spec/capabilities/network", "all"},
      {"/spec/capabilities/network", nlohmann::json::object()},
      {"/spec/capabilities/network", {{"allow", {"host"}}}},
      {"/spec/verifiers", {{{"name", "a"}}}},
      {"/spec/verifiers", {{{"use", "a"}, {"name", "b"}}}},
      {"/spec/verifiers", {{{"run", "a"}}}},
      {"/spec/budget/wallClock", "soon"},
      {"/spec/budget/wallClock", "5s1h"},
      {"/spec/budget/fileReadBytes", "1XB"},
      {"/spec/budget/attempts", 0},
      {"/spec/publish/title", "a\nb"},
      {"/spec/publish/reviewers", "everyone"},
      {"/spec/repo", {{"commit", "abc"}}},
      {"/spec/unknown", 1}};
  for (const auto& [where, value] : changes) {
    auto document = base();
    document[nlohmann::json::json_pointer(where)] = value;
    EXPECT_FALSE(published_schema_accepts("task", document)) << where << " " << value;
    EXPECT_FALSE(load_documents(document.dump(), "f").problems.empty()) << where << " " << value;
  }
  EXPECT_TRUE(published_schema_accepts("task", base()));
}

TEST(Golden, ShippedFilesLoad) {
  const std::string root = std::string(SKEIN_TEST_SOURCE_DIR) + "/../config/";
  for (const char* name : {"skein.yaml", "examples/task.yaml", "examples/campaign.yaml"}) {
    const loaded file = load_file(root + name);
    ASSERT_TRUE(file.problems.empty()) << to_string(file.problems[0]);
    ASSERT_EQ(file.documents.size(), 1U);
    if (const auto* fleet = std::get_if<config>(&file.documents[0])) {
      EXPECT_EQ(*fleet, config{}) << "skein.yaml shows the defaults";
    }
    if (auto* example = std::get_if<task>(&file.documents[0])) {
      task complete = *example;
      complete.spec.repo.url = "/srv/a.git";
      EXPECT_TRUE(missing_for_admission(complete).empty());
    }
  }
}

}  // namespace
}  // namespace skein::schema
