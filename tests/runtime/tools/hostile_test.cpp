// Descriptors made to exhaust or break whoever reads them: a diagnostic or findings, never more.
#include "tests/runtime/tools/tools_fixture.hpp"

#include <random>

namespace skein::tools {
namespace {

using nlohmann::json;

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string only_problem(const std::string& text) {
  const auto read = read_descriptors(text, "f");
  EXPECT_TRUE(read.tools.empty());
  return read.problems.empty() ? "none" : schema::to_string(read.problems.front());
}

TEST(hostile_descriptor, T4_5_too_large) {
  EXPECT_EQ(
      only_problem("{\"name\":\"a\",\"description\":\"" + std::string(50'000'000, 'x') + "\"}"),
      "f: the file is too long, expected at most 4 MiB");
}

TEST(hostile_descriptor, T4_5_too_deep) {
  for (const char* open : {"[", "{\"a\":"}) {
    EXPECT_NE(only_problem(repeated(open, 200'000)).find("nested too deeply"), std::string::npos);
  }
}

TEST(hostile_descriptor, T4_5_too_many_values) {
  EXPECT_NE(only_problem("[" + repeated("1,", 300'000) + "1]").find("holds too much"),
            std::string::npos);
}

TEST(hostile_descriptor, T4_5_broken_text) {
  EXPECT_EQ(only_problem("{\"name\":\"\xff\"}"),
            "f:1:10: byte 0xff is not UTF-8, expected UTF-8 text");
  EXPECT_NE(only_problem("{\"name\":\"a\"").find("f:1:12"), std::string::npos);
  EXPECT_NE(only_problem("{\"name\":\"\\ud800\"}").find("f:1:"), std::string::npos);
  EXPECT_NE(only_problem(std::string("{\"name\":\"a\0\"}", 13)).find("a NUL byte"),
            std::string::npos);
  EXPECT_NE(only_problem("").find("no document"), std::string::npos);
}

TEST(hostile_descriptor, T4_5_keys_that_come_twice) {
  EXPECT_EQ(only_problem("{\"name\":\"a\",\n \"description\":\"b\",\n \"description\":\"c\"}"),
            "f:3:2: key \"description\" stands twice, expected each key once");
}

TEST(hostile_descriptor, T4_5_wrong_shapes) {
  EXPECT_NE(only_problem(R"({"tools":[{"description":"x"}]})").find("without a name"),
            std::string::npos);
  EXPECT_NE(only_problem(R"({"name":"a","inputSchema":[]})").find("inputSchema is no map"),
            std::string::npos);
  EXPECT_NE(only_problem(R"({"name":"a","description":{}})").find("no text"), std::string::npos);
  EXPECT_NE(only_problem(R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})").find("with an error"),
            std::string::npos);
  EXPECT_NE(only_problem("3").find("f:"), std::string::npos);
  EXPECT_NE(only_problem("{\"tools\":3}").find("no tools"), std::string::npos);
}

TEST(hostile_descriptor, T4_5_long_keys_over_many_values_cost_no_memory) {
  std::string text = "{\"name\":\"a\",\"" + std::string(1'000'000, 'k') + "\":[";
  text += repeated("1,", 100'000) + "1]}";
  EXPECT_TRUE(test::rules_found(text).contains("over-long"));
}

TEST(hostile_descriptor, T4_5_texts_full_of_encodings_are_given_up) {
  const std::string blob = repeated("aWdub3Jl", 400'000);
  EXPECT_TRUE(
      test::rules_found(json{{"name", "a"}, {"description", blob}}.dump()).contains("over-long"));
  const std::string words = repeated("aWdub3JlIGFsbCBw ", 200'000);
  EXPECT_TRUE(
      test::rules_found(json{{"name", "a"}, {"description", words}}.dump()).contains("over-long"));
  json many = {{"type", "object"}};
  for (int i = 0; i < 30'000; ++i)
    many["properties"]["p" + std::to_string(i)] = {{"type", "string"}};
  EXPECT_TRUE(
      test::rules_found(json{{"name", "a"}, {"inputSchema", many}}.dump()).contains("over-long"));
}

TEST(hostile_descriptor, places_of_json_are_those_of_the_text) {
  const auto read = read_descriptors(
      "\n{ \"tools\" : [ {\"name\":\"a\" , \"x\": [1.5e3, true,null,\n \"\\\"q\\\\\" ,{}],\n"
      "\"inputSchema\":{\"default\": -7}} ] }",
      "f");
  ASSERT_EQ(read.tools.size(), 1U);
  const auto at = [&](const char* pointer) { return to_string(place_of(read.tools[0], pointer)); };
  EXPECT_EQ(at("name"), "f:2:23");
  EXPECT_EQ(at("x"), "f:2:34");
  EXPECT_EQ(at("x/0"), "f:2:35");
  EXPECT_EQ(at("x/1"), "f:2:42");
  EXPECT_EQ(at("x/2"), "f:2:47");
  EXPECT_EQ(at("x/3"), "f:3:2");
  EXPECT_EQ(at("x/4"), "f:3:11");
  EXPECT_EQ(at("inputSchema/default"), "f:4:27");
  EXPECT_EQ(read.tools[0].told["x"][3], "\"q\\");
}

TEST(hostile_descriptor, T4_5_mutated_answers_never_throw) {
  const std::string honest =
      R"({"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"a","description":"b","inputSchema":)"
      R"({"type":"object","properties":{"c":{"type":"string","enum":["d"]}}}}]}})";
  std::mt19937 random(7);
  const std::string bytes = "{}[]\",:\\ \n\t0ue-.\xc3\xa9\xf0&%#<>";
  for (int round = 0; round < 3000; ++round) {
    std::string text = honest;
    for (int change = 0; change < 4; ++change) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = bytes[random() % bytes.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 5);
          break;
        default:
          text.insert(at, 1, bytes[random() % bytes.size()]);
      }
      if (text.empty()) text = "{";
    }
    const auto read = read_descriptors(text, "f");
    EXPECT_NE(read.tools.empty() && read.descriptors.empty(),
              read.problems.empty() && !read.tools.empty());
    (void)test::shipped_screen().look(read.tools, {"read_file"});
  }
}

}  // namespace
}  // namespace skein::tools
