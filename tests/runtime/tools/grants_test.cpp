// L: what can be granted has a complete manifest, or nothing loads.
#include "runtime/tools/grants.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace skein::tools {
namespace {

using ::testing::HasSubstr;

std::string shipped() {
  std::ifstream file(SKEIN_TEST_SOURCE_DIR "/../config/grants.yaml");
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

std::string refusal(const std::string& text) {
  const auto found = read_grants(text, "grants.yaml");
  return found ? "" : found.error().message;
}

TEST(grants, L_every_kind_of_agent_network_provider_and_sandbox_has_a_manifest) {
  const auto found = read_grants(shipped(), "grants.yaml");
  ASSERT_TRUE(found) << found.error().message;
  for (const auto& name : grantable()) EXPECT_TRUE(found->contains(name)) << name;
  EXPECT_EQ(found->size(), grantable().size());
}

TEST(grants, L_one_that_is_missing_incomplete_or_says_nothing_stops_the_load) {
  for (const auto& name : grantable()) {
    auto text = shipped();
    const auto at = text.find(name + ":");
    ASSERT_NE(at, std::string::npos) << name;
    text = text.substr(0, at) + "network/other" + text.substr(at + name.size());
    EXPECT_THAT(refusal(text), HasSubstr("unknown grant")) << name;
  }
  const auto without = [](const std::string& line_start, const std::string& instead) {
    auto text = shipped();
    const auto at = text.find(line_start);
    return text.substr(0, at) + instead + text.substr(text.find('\n', at));
  };
  EXPECT_THAT(refusal(without("    provingLog:", "    # nothing")), HasSubstr("provingLog"));
  EXPECT_THAT(refusal(without("    preventingGate:", "    preventingGate: none")),
              HasSubstr("preventingGate"));
  EXPECT_THAT(refusal(without("    newAsset:", "    newAsset: TODO")), HasSubstr("newAsset"));
  EXPECT_THAT(refusal(without("    newAsset:", "    newasset: x")), HasSubstr("unknown key"));
  EXPECT_THAT(refusal("apiVersion: skein/v1\nkind: Grants\n"), HasSubstr("has no manifest"));
  EXPECT_THAT(refusal("[]"), HasSubstr("grants.yaml:1:1"));
}

}  // namespace
}  // namespace skein::tools
