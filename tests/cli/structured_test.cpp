// JSON and YAML are the same value, whatever is in it.
#include "cli/render/structured.hpp"

#include "schema/run.hpp"
#include "schema/yaml_tree.hpp"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>
#include <nlohmann/json.hpp>

#include <random>

namespace skein::cli {
namespace {

using nlohmann::json;

json read_back(const std::string& yaml) {
  const auto read = schema::detail::read_yaml(yaml, {8U << 20U, 64, 200'000});
  if (read.fault) return "fault: " + read.fault->what + " in\n" + yaml;
  return read.documents.empty() ? json() : read.documents.front().to_json();
}

TEST(structured, yaml_reads_back_as_the_value_of_the_json) {
  const json value = {{"empty", json::object()},
                      {"none", nullptr},
                      {"list", {1, -2.5, true, "x", json::array(), {{"a", {1, 2}}, {"b", "c"}}}},
                      {"nested", {{{"deep", {{"deeper", json::array({json::array({1})})}}}}}}};
  EXPECT_EQ(read_back(yaml_text(value)), value);
  EXPECT_EQ(json::parse(json_text(value)), value);
}

TEST(structured, text_that_looks_like_something_else_stays_text) {
  json value = json::array();
  for (const char* text :
       {"",       "true",       "No",    "y",          "null",  "~",    "1",  "1e3",     "0x1f",
        "1_000",  "01",         "-",     "- a",        "a: b",  "a #b", "#c", "&anchor", "*alias",
        "!tag",   "|",          ">",     "'q'",        "\"q\"", "%d",   "@x", "`x`",     " lead",
        "trail ", "two\nlines", "tab\t", "2024-01-01", ".inf",  "<<",   "=",  "a\\b",    "?",
        ":",      "{a}",        "[a]",   "null ",      "NaN",   "on"}) {
    value.push_back(text);
    value.push_back({{text, text}});
  }
  EXPECT_EQ(read_back(yaml_text(value)), value);
}

/// Everything YAML can say, read by another reader than ours, which refuses control characters.
TEST(structured, any_text_survives) {
  static const std::vector<std::string> pieces{"a",    " ",  ":",    "#", "\n", "\"", "\\",
                                               "\x01", "é",  "日",   "-", "'",  "\t", "\xc2\x9b",
                                               "😀",    "\r", "\x7f", "{", "1",  ","};
  std::mt19937 random(7);
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (auto left = random() % 12; left > 0; --left) text += pieces[random() % pieces.size()];
    texts.push_back(text);
  }
  const json value = texts;
  EXPECT_EQ(YAML::Load(yaml_text(value)).as<std::vector<std::string>>(), texts);
  EXPECT_EQ(json::parse(json_text(value)), value);
}

TEST(structured, B10_no_control_character_reaches_a_terminal) {
  const json value = {{"reason", "\x1b[2J\x7f\xc2\x9b\xe2\x80\xa8 and \xff"}};
  for (const auto& text : {json_text(value), yaml_text(value)}) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\x7f'), std::string::npos);
    EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
    EXPECT_NE(text.find("\\u009b"), std::string::npos);
  }
}

TEST(structured, a_run_is_the_same_in_both_forms) {
  schema::run run;
  run.id = "0123456789abcdef";
  run.repo.url = "git@host:org/a.git";
  run.state = schema::run_state::verification_failed;
  run.failed.emplace();
  run.failed->reason = "verifier unit: 3 tests fail\nsecond line";
  run.verdicts.emplace_back();
  run.verdicts.back().name = "unit";
  run.verdicts.back().status = schema::verdict_status::failed;
  const auto value = schema::to_json(run);
  EXPECT_EQ(read_back(yaml_text(value)), json::parse(json_text(value)));
  EXPECT_EQ(json::parse(json_text(value)), value);
}

TEST(structured, scalars_and_empty_values_end_in_a_line_break) {
  EXPECT_EQ(json_text(json::array()), "[]\n");
  EXPECT_EQ(yaml_text(json::array()), "[]\n");
  EXPECT_EQ(yaml_text(json::object()), "{}\n");
  EXPECT_EQ(yaml_text("word"), "word\n");
}

}  // namespace
}  // namespace skein::cli
