// Rules from a text, and a call decided by them.
#pragma once

#include "runtime/policy/load.hpp"
#include "schema/document.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace skein::policy::test {

inline std::vector<schema::policy_rule> rules_of(const std::string& rules) {
  const auto read =
      schema::load_documents("apiVersion: skein/v1\nkind: Policy\nrules:\n" + rules, "p.yaml");
  for (const auto& each : read.problems) ADD_FAILURE() << schema::to_string(each);
  if (read.documents.empty()) return {};
  return std::get<schema::policy_file>(read.documents.front()).rules;
}

inline engine engine_of(const std::string& rules) {
  auto made = engine::compile(rules_of(rules));
  EXPECT_TRUE(made) << made.error().message;
  return std::move(*made);
}

inline decision decide(const engine& rules, const std::string& tool, const nlohmann::json& args,
                       const circumstances& around = {}) {
  return rules.decide(tool, args, around);
}

/// The shipped rules.
inline const engine& shipped() {
  static const engine rules = [] {
    auto made = load(std::string(SKEIN_TEST_SOURCE_DIR) + "/../config/policies");
    if (!made) ADD_FAILURE() << made.error().message;
    return std::move(*made);
  }();
  return rules;
}

}  // namespace skein::policy::test
