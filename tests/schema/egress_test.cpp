// The egress part of skein.yaml.
#include "schema/document.hpp"

#include <gtest/gtest.h>

namespace skein::schema {
namespace {

loaded read(const std::string& egress) {
  return load_documents("apiVersion: skein/v1\nkind: Config\negress: " + egress + "\n", "f.yaml");
}

TEST(EgressConfig, AddsARegistry) {
  const loaded file = read("{registries: {npm: {hosts: [\"m.example:80\"], allowPrivate: true}}}");
  ASSERT_TRUE(file.problems.empty()) << to_string(file.problems.front());
  const auto& found = std::get<config>(file.documents.at(0)).egress.registries.at("npm");
  EXPECT_EQ((registry_config{{"m.example:80"}, true, true}), found);
}

TEST(EgressConfig, WrongValuesHaveAPlace) {
  for (const char* text :
       {"{registries: {npm: {hosts: [\"m.example\"]}}}", "{registries: {npm: {}}}",
        "{registries: {npm: {hosts: [\"m.example:70000\"]}}}",
        "{registries: {\"N P\": {hosts: []}}}", "{registries: {npm: {hosts: [\"*:443\"]}}}",
        "{upstreamProxy: \"proxy:3128\"}", "{upstreamProxy: \"https://proxy.example:3128\"}",
        "{proxy: x}", "{registries: {npm: {hosts: [\"m.example:80\"], allowPrivate: 1}}}"}) {
    const loaded file = read(text);
    ASSERT_FALSE(file.problems.empty()) << text;
    EXPECT_EQ(3U, file.problems.front().line) << text;
  }
}

}  // namespace
}  // namespace skein::schema
