// Hostile files: each gives problems, within bounds; nothing throws, hangs or grows without limit.
#include "schema/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace skein::schema {
namespace {

using ::testing::HasSubstr;

std::string problem(std::string_view text) {
  const loaded file = load_documents(text, "f");
  EXPECT_TRUE(file.documents.empty());
  EXPECT_FALSE(file.problems.empty());
  EXPECT_LE(file.problems.size(), 50U);
  return file.problems.empty() ? "" : to_string(file.problems[0]);
}

std::string repeated(const std::string& part, std::size_t count) {
  std::string out;
  out.reserve(part.size() * count);
  for (std::size_t index = 0; index < count; ++index) out += part;
  return out;
}

TEST(Hostile, B1BrokenEncodingNamesThePlace) {
  EXPECT_EQ(problem("a: 1\nb: \xff\n"), "f:2:4: byte 0xff is not UTF-8, expected UTF-8 text");
  EXPECT_EQ(problem("ü: \xc3"), "f:1:4: byte 0xc3 is not UTF-8, expected UTF-8 text");
  EXPECT_THAT(problem("\xed\xa0\x80"), HasSubstr("not UTF-8"));                      // surrogate
  EXPECT_THAT(problem("\xc0\xaf"), HasSubstr("not UTF-8"));                          // overlong
  EXPECT_THAT(problem(std::string("\xff\xfe\x61\x00", 4)), HasSubstr("not UTF-8"));  // UTF-16
}

TEST(Hostile, B1ControlCharacters) {
  EXPECT_EQ(problem(std::string("a: b\0c", 6)), "f:1:5: a NUL byte, expected UTF-8 text");
  // yaml-cpp takes 0x04 for the end of the file.
  EXPECT_THAT(problem("a: b\x04\nkind: Task\n"), HasSubstr("control character 0x04"));
  EXPECT_THAT(problem("a: \x1b[31m"), HasSubstr("control character 0x1b"));
  EXPECT_THAT(problem("a: \"x\\0y\"\n"), HasSubstr("an escape makes a NUL byte"));
  EXPECT_THAT(problem("\"a\\0b\": 1\n"), HasSubstr("is not text"));
}

TEST(Hostile, B1DeepNesting) {
  EXPECT_THAT(problem(repeated("[", 100'000) + repeated("]", 100'000)),
              HasSubstr("nested too deeply"));
  EXPECT_THAT(problem(repeated("{a: ", 100'000) + repeated("}", 100'000)),
              HasSubstr("nested too deeply"));
  EXPECT_THAT(problem(repeated("[", 100'000)), HasSubstr("f:1:1: "));
  EXPECT_THAT(problem(repeated("{a: ", 100'000)), HasSubstr("f:1:1: "));
  EXPECT_THAT(problem(repeated("- ", 500'000)), HasSubstr("nested too deeply"));
  EXPECT_THAT(problem(repeated("? ", 500'000)), HasSubstr("f:1:"));
  std::string blocks;
  for (std::size_t depth = 0; depth < 2000; ++depth) blocks += std::string(depth, ' ') + "a:\n";
  EXPECT_THAT(problem(blocks), HasSubstr("nested too deeply"));
  EXPECT_THAT(problem(repeated("[", 2'000'000)), HasSubstr("too many [, { and ,"));
}

TEST(Hostile, B1AliasBombs) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 12; ++level) {
    const std::string before = "*a" + std::to_string(level - 1);
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + before;
    for (int copy = 0; copy < 9; ++copy) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_THAT(problem(bomb), HasSubstr("too much, counting what aliases repeat"));
  const std::string wide =
      "a: &a \"" + std::string(1'000'000, 'x') + "\"\nb: [" + repeated("*a, ", 1000) + "]\n";
  EXPECT_THAT(problem(wide), HasSubstr("too much, counting what aliases repeat"));
  EXPECT_THAT(problem("a: &a [*a]\n"), HasSubstr("inside of its own anchor"));
  EXPECT_THAT(problem("a: *nowhere\n"), HasSubstr("f:1:4: "));
  std::string chain = "a0: &a0 [x]\n";
  for (int level = 1; level < 100; ++level) {
    chain += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [*a" +
             std::to_string(level - 1) + "]\n";
  }
  EXPECT_THAT(problem(chain), HasSubstr("nested too deeply"));
}

TEST(Hostile, AliasesOfReasonableSizeWork) {
  const loaded file = load_documents(
      "apiVersion: skein/v1\nkind: Task\nmetadata: {name: a}\n"
      "spec: {scope: {include: &p [\"src/**\"], exclude: *p}}\n",
      "f");
  ASSERT_TRUE(file.problems.empty());
  EXPECT_EQ(std::get<task>(file.documents[0]).spec.scope.exclude,
            std::vector<std::string>{"src/**"});
}

TEST(Hostile, B1TooManyValuesAndLongThings) {
  EXPECT_THAT(problem("[" + repeated("a,", 250'000) + "]"), HasSubstr("too many"));
  EXPECT_THAT(problem(repeated("- a\n", 250'000)), HasSubstr("holds too much"));
  EXPECT_THAT(problem(std::string(5U << 20, 'a')), HasSubstr("too long"));
  EXPECT_THAT(problem(std::string(3U << 20, 'a')), HasSubstr("not a document"));
  EXPECT_THAT(problem(std::string(100'000, 'k') + ": 1\n"), HasSubstr("f:1:"));
  EXPECT_THAT(problem("? " + std::string(100'000, 'k') + "\n: 1\n"), HasSubstr("too long"));
  const std::string task =
      "apiVersion: skein/v1\nkind: Task\nmetadata: {name: a}\nspec: {intent: \"";
  // std::regex would run out of stack on texts like this one.
  EXPECT_THAT(problem(task + std::string(2U << 20, 'a') + "\"}\n"),
              HasSubstr("the text is too long"));
  EXPECT_THAT(problem("apiVersion: skein/v1\nkind: Task\nmetadata: {name: \"" +
                      std::string(2U << 20, 'a') + "\"}\nspec: {}\n"),
              HasSubstr("the text is too long"));
}

TEST(Hostile, B1RefusedYaml) {
  EXPECT_THAT(problem("a: 1\nb: 2\na: 3\n"), HasSubstr("f:3:1: key \"a\" is there twice"));
  EXPECT_THAT(problem("a: !!binary aGk=\n"), HasSubstr("tag "));
  EXPECT_THAT(problem("a: !ruby/object:X {}\n"), HasSubstr("tag "));
  EXPECT_THAT(problem("[a, b]: 1\n"), HasSubstr("f:1:"));
  EXPECT_THAT(problem("? [a]\n: 1\n"), HasSubstr("a key is a list or a map"));
  EXPECT_THAT(problem("~: 1\n"), HasSubstr("an empty key"));
  EXPECT_THAT(problem("a: b: c\n"), HasSubstr("expected well-formed YAML"));
  EXPECT_THAT(problem("a: \"x\n"), HasSubstr("f:"));
  EXPECT_THAT(
      problem("apiVersion: skein/v1\nkind: Task\nmetadata: {name: a}\nspec:\n  scope: &s {}\n"
              "  budget: {<<: *s}\n"),
      HasSubstr("unknown key \"<<\""));
}

TEST(Hostile, B1StrayCharactersDoNotReadForEver) {
  for (const char* text : {",", "]", "}", ", \"| \n"}) {
    EXPECT_THAT(problem(text), HasSubstr("expected well-formed YAML")) << text;
  }
}

TEST(Hostile, B1RandomBytesNeverThrow) {
  std::mt19937 engine(11);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 2000; ++round) {
    std::string text(static_cast<std::size_t>(round % 300), ' ');
    for (char& c : text) c = static_cast<char>(byte(engine));
    EXPECT_FALSE(load_documents(text, "f").problems.empty());
  }
}

TEST(Hostile, B1RandomYamlTokensNeverThrow) {
  static const std::vector<std::string> parts{"a",
                                              ": ",
                                              "- ",
                                              "\n",
                                              "\n  ",
                                              "[",
                                              "]",
                                              "{",
                                              "}",
                                              ", ",
                                              "&a ",
                                              "*a ",
                                              "!t ",
                                              "\"",
                                              "'",
                                              "| \n",
                                              "> ",
                                              "? ",
                                              "# ",
                                              "---\n",
                                              "...\n",
                                              "%YAML 1.2\n",
                                              "\t",
                                              "<<",
                                              "1e9",
                                              "0x1",
                                              "~",
                                              "\\",
                                              "true",
                                              "kind: Task\n",
                                              "spec:\n ",
                                              "metadata: {name: a}\n",
                                              "apiVersion: skein/v1\n",
                                              "ü",
                                              "-",
                                              ":",
                                              "\r\n",
                                              "@",
                                              "`"};
  std::mt19937 engine(12);
  std::uniform_int_distribution<std::size_t> pick(0, parts.size() - 1);
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (int part = 0; part < round % 60; ++part) text += parts[pick(engine)];
    const loaded file = load_documents(text, "f");
    EXPECT_NE(file.documents.empty(), file.problems.empty()) << text;
  }
}

TEST(Hostile, B1MutatedTasksNeverThrow) {
  const std::string good =
      "apiVersion: skein/v1\nkind: Task\nmetadata: {name: a, labels: {x: y}}\nspec:\n"
      "  intent: \"Replace old by new\"\n  scope: {include: [\"src/**\"], maxFiles: 2}\n"
      "  agent: {kind: script, steps: [{run: \"true\", timeout: 5m}]}\n"
      "  verifiers: [{name: u, run: make, timeout: 1h30m}, {use: secrets}]\n"
      "  budget: {usd: 5.5, shellOutputBytes: 1MiB}\n";
  std::mt19937 engine(13);
  std::uniform_int_distribution<std::size_t> at(0, good.size() - 1);
  std::uniform_int_distribution<int> byte(32, 126);
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (int change = 0; change <= round % 4; ++change)
      text[at(engine)] = static_cast<char>(byte(engine));
    const loaded file = load_documents(text, "f");
    EXPECT_NE(file.documents.empty(), file.problems.empty()) << text;
  }
}

}  // namespace
}  // namespace skein::schema
