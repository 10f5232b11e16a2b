// What a command line means: words, commands that others run, and texts that need no shell.
#include "runtime/shell/analysis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace skein::shell {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> commands_of(const std::string& text) {
  const auto parsed = analyse(text);
  if (!parsed) return {"error: " + parsed.error().message};
  std::vector<std::string> out;
  for (const execution& each : parsed->commands) {
    if (!each.words.empty()) out.push_back(plain_text(each));
  }
  return out;
}

TEST(ShellParser, QuotesAndEscapes) {
  EXPECT_THAT(commands_of(R"(a 'b c' "d e" f\ g "h"'i'j "" \" '"' "\a\$x")"),
              ElementsAre(R"(a b c d e f g hij  " " \a$x)"));
  EXPECT_THAT(commands_of("a#b #c\nd"), ElementsAre("a#b", "d"));
  EXPECT_THAT(commands_of("a\\\nb c\\\n d"), ElementsAre("ab c d"));
  EXPECT_THAT(commands_of("'a\\\nb'"), ElementsAre("a\\\nb"));
  EXPECT_THAT(commands_of(R"($'a\tb\x41\101\u00e9\'')"), ElementsAre("a\tbAA\xc3\xa9'"));
}

TEST(ShellParser, CommandsInEveryConstruct) {
  EXPECT_THAT(commands_of("a && b || c; d | e & f"), ElementsAre("a", "b", "c", "d", "e", "f"));
  EXPECT_THAT(commands_of("if a; then b; elif c; then d; else e; fi"),
              ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(commands_of("while a\ndo b\ndone; until c; do d; done"),
              ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(commands_of("for x in a b\ndo c; done"), ElementsAre("c"));
  EXPECT_THAT(commands_of("for x; do c; done"), ElementsAre("c"));
  EXPECT_THAT(commands_of("for ((i=0;i<3;i++)); do c; done"), ElementsAre("c"));
  EXPECT_THAT(commands_of("case x in a|b) c;; (d) e;; *) f; esac"), ElementsAre("c", "e", "f"));
  EXPECT_THAT(commands_of("f() { a; }; function g { b; }"), ElementsAre("a", "b"));
  EXPECT_THAT(commands_of("[[ -f x && ( a < b ) || $(c) ]] && d"), ElementsAre("c", "d"));
  EXPECT_THAT(commands_of("(a; b) 2>&1 | { c; }"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(commands_of("$(case x in a) b;; esac)"), ElementsAre("…", "b"));
  EXPECT_THAT(commands_of("a $(b `c \\`d\\``)"), ElementsAre("a …", "b …", "c …", "d"));
  EXPECT_THAT(commands_of("a <<X && b\n$(c)\nX\nd"), ElementsAre("a", "c", "b", "d"));
  EXPECT_THAT(commands_of("a <<-X\n\tt\n\tX\nb"), ElementsAre("a", "b"));
  EXPECT_THAT(commands_of("a \"${x:-$(b)}\" ${y#`c`}"), ElementsAre("a … …", "b", "c"));
}

TEST(ShellParser, CommandsThatOthersRun) {
  EXPECT_THAT(commands_of("sh -c 'a; b'"), ElementsAre("sh -c a; b", "a", "b"));
  EXPECT_THAT(commands_of("env -u X A=b c d"), ElementsAre("A=b env -u X A=b c d", "c d"));
  EXPECT_THAT(commands_of("sudo -u me timeout -s KILL 5 nice -5 a b"),
              ElementsAre("sudo -u me timeout -s KILL 5 nice -5 a b",
                          "timeout -s KILL 5 nice -5 a b", "nice -5 a b", "a b"));
  EXPECT_THAT(commands_of("find . -name x -exec a {} \\; -exec b {} +"),
              ElementsAre("find . -name x -exec a {} ; -exec b {} +", "a …", "b …"));
  EXPECT_THAT(commands_of("xargs -0 -n 1 a b"), ElementsAre("xargs -0 -n 1 a b", "a b …"));
  EXPECT_THAT(commands_of("eval a 'b; c'"), ElementsAre("eval a b; c", "a b", "c"));
  EXPECT_THAT(commands_of("sh <<'E'\na\nE"), ElementsAre("sh", "a"));
}

class NotUnderstood : public ::testing::TestWithParam<const char*> {};
TEST_P(NotUnderstood, IsAnErrorWithAPlace) {
  const auto parsed = parse(GetParam());
  ASSERT_FALSE(parsed) << GetParam();
  EXPECT_THAT(parsed.error().message, HasSubstr(" at byte "));
}
INSTANTIATE_TEST_SUITE_P(Texts, NotUnderstood,
                         ::testing::Values("'", "\"", "`", "$(", "$((1", "${", "a \\", "(", "{ a",
                                           "if a", "if a; then", "while a; do b",
                                           "for 1 in a; do b; done", "case x", "case x in a", "a |",
                                           "a &&", "&& a", "| a", ";", "a;;b", ")", "}", "fi",
                                           "done", "a (", "f() a", "<<E", "a <", "a <<E\nx", "[[ a",
                                           "${}", "${x{}", "$((a)", "((a", "a=(", "\x01", "a\rb",
                                           "\xff", "a\xe2\x80\x8b", "a $(b"));

TEST(ShellParser, DirectArguments) {
  EXPECT_EQ(direct_arguments("git 'log' --format=\"%h %s\" a\\ b").value(),
            (std::vector<std::string>{"git", "log", "--format=%h %s", "a b"}));
  for (const char* text : {"a; b",  "a | b",   "a &",    "a > b", "A=b c",  "a $b", "a *",
                           "a ~",   "a {b,c}", "a $'b'", "cd x",  "echo x", "! a",  "(a)",
                           "a `b`", "exec a",  "time a", "",      "a\nb",   ". a",  "'' a"}) {
    EXPECT_FALSE(direct_arguments(text)) << text;
  }
}

TEST(ShellParser, DepthIsBoundedAndItsBoundIsNear) {
  const auto nested = [](int depth) {
    std::string out = "a";
    for (int i = 0; i < depth; ++i) out = "a $(" + out + ")";
    return out;
  };
  EXPECT_TRUE(parse(nested(8)));
  EXPECT_FALSE(parse(nested(10'000)));
}

// Random bytes, and random pieces of shell, end in an answer of bounded size.
TEST(ShellParser, FuzzNeverCrashesAndIsBounded) {
  std::mt19937 random(20'261'123);
  const std::vector<std::string> pieces{
      "$(",    ")",           "`",           "'",         "\"",
      "${",    "}",           "{",           "((",        "))",
      "<<E\n", "\nE\n",       "<(",          ">",         ">>",
      "&",     "&&",          "|",           ";",         ";;",
      "if ",   "then ",       "fi ",         "for x in ", "do ",
      "done ", "case x in ",  "esac",        "a",         " ",
      "\n",    "\\",          "$x",          "$'",        "[[ ",
      " ]]",   "=",           "a=",          "(",         "sh -c ",
      "env ",  "xargs ",      "find -exec ", "eval ",     "#",
      "~",     "*",           "{a,b}",       "\xff",      "\xe2\x80\x8b",
      "!",     "function f ", "while ",      "<<<",       "2>&1",
      "time "};
  std::size_t understood = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const bool bytes = round % 4 == 0;
    for (std::uint32_t n = random() % 40; n > 0; --n) {
      if (bytes) {
        text += static_cast<char>(random());
      } else {
        text += pieces[random() % pieces.size()];
      }
    }
    const auto parsed = analyse(text);
    if (!parsed) {
      ASSERT_FALSE(parsed.error().message.empty());
      continue;
    }
    ++understood;
    ASSERT_LE(parsed->commands.size(), 400U);
    ASSERT_LE(parsed->obstacles.size(), 20U);
  }
  EXPECT_GT(understood, 100U);
}

TEST(expand, a_bracket_that_nothing_closes_is_a_character) {
  const auto told = analyse("[ \"$x\" = y ] && rm a[bc] d[");
  ASSERT_TRUE(told);
  EXPECT_EQ("[", told->commands[0].name());
  ASSERT_EQ(2U, told->commands.size());
  const auto& words = told->commands[1].words;
  ASSERT_EQ(3U, words.size());
  EXPECT_FALSE(words[1].known);
  EXPECT_EQ((argument{"d[", true, false}), words[2]);
}

}  // namespace
}  // namespace skein::shell
