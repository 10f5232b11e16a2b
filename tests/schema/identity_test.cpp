// Ids, hashes, the frozen form and the fingerprint.
#include "schema/identity.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>
#include <thread>

namespace skein::schema {
namespace {

task sample() {
  task out;
  out.name = "replace";
  out.spec.intent = "Replace old_api() by new_api()";
  out.spec.scope.include = {"src/**"};
  out.spec.agent_given = true;
  out.spec.agent.steps = {{"true", std::nullopt}};
  out.spec.repo.url = "https://host/org/a.git";
  out.spec.repo.branch = "main";
  return out;
}

TEST(Identity, IdsAreUniqueAndReadable) {
  std::set<std::string> seen;
  for (int round = 0; round < 10'000; ++round) {
    const std::string id = new_id();
    EXPECT_EQ(id.size(), 16U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz"), std::string::npos) << id;
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST(Identity, IdsOfThreadsDiffer) {
  std::array<std::vector<std::string>, 4> made;
  std::vector<std::thread> threads;
  for (auto& each : made) {
    threads.emplace_back([&each] {
      for (int round = 0; round < 200; ++round) each.push_back(new_id());
    });
  }
  for (std::thread& each : threads) each.join();
  std::set<std::string> all;
  for (const auto& each : made) all.insert(each.begin(), each.end());
  EXPECT_EQ(all.size(), 800U);
}

TEST(Identity, Sha256MatchesPublishedVectors) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Identity, CanonicalJsonSortsKeysAndReplacesBrokenText) {
  EXPECT_EQ(canonical_json(nlohmann::json::parse(R"({"b": 1, "a": [ 2 ]})")), R"({"a":[2],"b":1})");
  EXPECT_EQ(canonical_json("a\xff"), "\"a\xef\xbf\xbd\"");
  EXPECT_EQ(dump({{"a", 1}}, 2), "{\n  \"a\": 1\n}");
}

TEST(Identity, FingerprintIsWhatChangesAndWhere) {
  const std::string base = fingerprint(sample());
  task other = sample();
  other.name = "another";
  other.tenant = "payments";
  other.labels["a"] = "b";
  other.spec.budget.attempts = 9;
  other.spec.publish.title = "x";
  EXPECT_EQ(fingerprint(other), base);
  other.spec.repo.url = "https://host/org/a/";
  EXPECT_EQ(fingerprint(other), base) << "spellings of one address";

  const auto differs = [&base](auto change) {
    task changed = sample();
    change(changed);
    return fingerprint(changed) != base;
  };
  EXPECT_TRUE(differs([](task& t) { t.spec.intent += "!"; }));
  EXPECT_TRUE(differs([](task& t) { t.spec.scope.max_files = 1; }));
  EXPECT_TRUE(differs([](task& t) { t.spec.agent.steps[0].run = "false"; }));
  EXPECT_TRUE(differs([](task& t) { t.spec.verifiers.push_back({"u", "make", "", {}, true}); }));
  EXPECT_TRUE(differs([](task& t) { t.spec.repo.url = "https://host/org/b.git"; }));
  EXPECT_TRUE(differs([](task& t) { t.spec.repo.branch = "next"; }));
}

TEST(Identity, C13FreezeHashesItsText) {
  const frozen_task frozen = freeze(sample());
  EXPECT_EQ(frozen.sha256, sha256_hex(frozen.json));
  EXPECT_EQ(task_from_json(nlohmann::json::parse(frozen.json)), sample());
}

TEST(Identity, FreezeTakesTextThatIsNotUtf8) {
  task value = sample();
  value.spec.intent = "a\xff\xfe";
  EXPECT_EQ(freeze(value).sha256.size(), 64U);
}

}  // namespace
}  // namespace skein::schema
