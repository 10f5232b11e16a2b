// C3: the arguments of a call against the schema that its tool declares.
#include "runtime/tools/argument_schema.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace skein::tools {
namespace {

using nlohmann::json;

std::string checked(const json& schema, const json& arguments) {
  const auto compiled = argument_schema::compile(schema);
  if (!compiled) return "schema: " + compiled.error().message;
  const auto done = compiled->check(arguments);
  return done ? "ok" : done.error().message;
}

const json plain = json::parse(R"({"type":"object","required":["path"],"additionalProperties":false,
  "properties":{"path":{"type":"string","minLength":1},"line":{"type":"integer","minimum":1},
                "mode":{"enum":["a","b"]}}})");

TEST(argument_schema, C3_accepts_what_fits) {
  EXPECT_EQ(checked(plain, {{"path", "a"}}), "ok");
  EXPECT_EQ(checked(plain, {{"path", "a"}, {"line", 3}, {"mode", "b"}}), "ok");
  EXPECT_EQ(checked(json::object(), json::object()), "ok");
}

TEST(argument_schema, C3_names_what_does_not_fit) {
  EXPECT_NE(checked(plain, json::object()).find("arguments: missing required property 'path'"),
            std::string::npos)
      << checked(plain, json::object());
  EXPECT_NE(checked(plain, {{"path", 1}}).find("path: "), std::string::npos);
  EXPECT_NE(checked(plain, {{"path", "a"}, {"line", 0}}).find("line: "), std::string::npos);
  EXPECT_NE(checked(plain, {{"path", "a"}, {"line", "1"}}).find("line: "), std::string::npos);
  EXPECT_NE(checked(plain, {{"path", "a"}, {"mode", "c"}}).find("mode: "), std::string::npos);
  EXPECT_NE(checked(plain, {{"path", "a"}, {"other", 1}}), "ok");
  EXPECT_NE(checked(plain, {{"path", ""}}), "ok");
  EXPECT_EQ(checked(plain, json::array()), "the arguments are no object");
}

struct pattern_case {
  const char* schema;
  const char* good;
  const char* bad;
};
class C3_patterns : public testing::TestWithParam<pattern_case> {};

TEST_P(C3_patterns, hold_wherever_they_stand) {
  const json schema = json::parse(GetParam().schema);
  EXPECT_EQ(checked(schema, json::parse(GetParam().good)), "ok");
  const std::string said = checked(schema, json::parse(GetParam().bad));
  EXPECT_NE(said, "ok");
  EXPECT_FALSE(said.starts_with("schema: ")) << said;
}

INSTANTIATE_TEST_SUITE_P(
    places, C3_patterns,
    testing::Values(
        pattern_case{R"({"properties":{"a":{"type":"string","pattern":"^x+$"}}})", R"({"a":"xx"})",
                     R"({"a":"xy"})"},
        pattern_case{
            R"({"properties":{"a":{"anyOf":[{"type":"string","pattern":"^x$"},{"type":"null"}]}}})",
            R"({"a":null})", R"({"a":"y"})"},
        pattern_case{
            R"({"properties":{"a":{"oneOf":[{"type":"string","pattern":"^x"},{"type":"string","pattern":"y$"}]}}})",
            R"({"a":"xz"})", R"({"a":"xy"})"},
        pattern_case{R"({"properties":{"a":{"allOf":[{"pattern":"x"},{"pattern":"y"}]}}})",
                     R"({"a":"xy"})", R"({"a":"x"})"},
        pattern_case{R"({"properties":{"a":{"not":{"pattern":"x"}}}})", R"({"a":"y"})",
                     R"({"a":"x"})"},
        pattern_case{R"({"properties":{"a":{"items":{"type":"string","pattern":"^x$"}}}})",
                     R"({"a":["x","x"]})", R"({"a":["x","y"]})"},
        pattern_case{
            R"({"properties":{"a":{"items":[{"pattern":"^x$"}],"additionalItems":{"pattern":"^y$"}}}})",
            R"({"a":["x","y"]})", R"({"a":["x","x"]})"},
        pattern_case{R"({"additionalProperties":{"type":"string","pattern":"^x$"}})",
                     R"({"q":"x"})", R"({"q":"y"})"},
        pattern_case{R"({"propertyNames":{"pattern":"^x$"}})", R"({"x":1})", R"({"y":1})"},
        pattern_case{
            R"({"if":{"properties":{"k":{"pattern":"^x$"}},"required":["k"]},"then":{"required":["v"]}})",
            R"({"k":"z"})", R"({"k":"x"})"},
        pattern_case{
            R"({"definitions":{"d":{"type":"string","pattern":"^x$"}},"properties":{"a":{"$ref":"#/definitions/d"}}})",
            R"({"a":"x"})", R"({"a":"y"})"},
        pattern_case{
            R"({"properties":{"a":{"type":"object","properties":{"b":{"anyOf":[{"properties":{"c":{"pattern":"^x$"}}},{"type":"null"}]}}}}})",
            R"({"a":{"b":{"c":"x"}}})", R"({"a":{"b":{"c":"y"}}})"}));

TEST(argument_schema, C3_expressions_cannot_be_made_to_run_for_ever) {
  const json schema = {{"properties", {{"a", {{"type", "string"}, {"pattern", "^(a+)+$"}}}}}};
  EXPECT_NE(checked(schema, {{"a", std::string(1'000'000, 'a') + "!"}}), "ok");
  EXPECT_EQ(checked(schema, {{"a", std::string(1'000'000, 'a')}}), "ok");
  const json date = {{"properties", {{"a", {{"type", "string"}, {"format", "date"}}}}}};
  EXPECT_EQ(checked(date, {{"a", std::string(1'000'000, '1')}}), "ok");
}

TEST(argument_schema, C3_schemas_that_cannot_be_checked_are_refused) {
  for (
      const char* text :
      {R"({"$ref":"https://evil.test/x"})", R"({"$ref":"other.json"})", R"({"$ref":"#"})",
       R"({"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}},"$ref":"#/definitions/a"})",
       R"j({"patternProperties":{"(a+)+":{}}})j", R"j({"pattern":"(?=x)"})j",
       R"({"contains":{"pattern":"x"}})"}) {
    const auto made = argument_schema::compile(json::parse(text));
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code, errc::unsupported) << made.error().message;
  }
  for (const char* text : {R"({"type":"text"})", R"({"multipleOf":0})", R"({"$ref":"#/none"})",
                           R"({"properties":[]})", R"({"anyOf":[]})", R"({"pattern":7})",
                           R"({"required":"a"})", R"({"properties":{"a":3}})"}) {
    const auto made = argument_schema::compile(json::parse(text));
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code, errc::invalid) << text << made.error().message;
  }
}

TEST(argument_schema, C3_references_that_double_are_bounded) {
  json schema = {{"definitions", {{"d0", {{"type", "string"}}}}}, {"$ref", "#/definitions/d20"}};
  for (int i = 1; i <= 20; ++i) {
    const json before = {{"$ref", "#/definitions/d" + std::to_string(i - 1)}};
    schema["definitions"]["d" + std::to_string(i)] = {
        {"properties", {{"a", before}, {"b", before}}}};
  }
  const auto made = argument_schema::compile(schema);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::unsupported);
}

TEST(argument_schema, C3_large_and_deep_arguments_are_refused) {
  json deep = json::object();
  for (int i = 0; i < 100; ++i) deep = {{"a", std::move(deep)}};
  EXPECT_EQ(checked(json::object(), deep), "the arguments are too large or too deep");
  EXPECT_EQ(checked(json::object(), {{"a", json(std::vector<int>(30'000, 1))}}),
            "the arguments are too large or too deep");
  const json unique = {{"properties", {{"a", {{"uniqueItems", true}}}}}};
  EXPECT_NE(checked(unique, {{"a", json(std::vector<int>(5'000, 1))}}), "ok");
  EXPECT_NE(checked(unique, {{"a", {1, 1}}}), "ok");
  EXPECT_EQ(checked(unique, {{"a", {1, 2}}}), "ok");
}

}  // namespace
}  // namespace skein::tools
