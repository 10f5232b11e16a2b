// The few lines of an output that matter, safe to show and to feed back.
#include "runtime/verify/verifier_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

namespace skein::verify {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Excerpt, FindsTheTellingLinesInNoise) {
  std::string output;
  for (int line = 0; line < 5000; ++line) {
    output += "compiling unit " + std::to_string(line) + "\n";
    if (line == 2500)
      output += "src/a.c:7: ERROR: old_api undeclared\n  7 | old_api();\n    | ^~~\n";
  }
  const std::string text = excerpt(output);
  EXPECT_THAT(text,
              HasSubstr("src/a.c:7: ERROR: old_api undeclared\n  7 | old_api();\n    | ^~~\n"));
  EXPECT_THAT(text, HasSubstr("compiling unit 2500\n"));
  EXPECT_THAT(text, HasSubstr("compiling unit 4999\n"));
  EXPECT_THAT(text, Not(HasSubstr("compiling unit 100\n")));
}

TEST(Excerpt, WithoutTellingLinesItIsTheEnd) {
  std::string output;
  for (int line = 0; line < 5000; ++line) output += "line " + std::to_string(line) + "\n";
  const std::string text = excerpt(output, 100);
  EXPECT_THAT(text, HasSubstr("line 4999\n"));
  EXPECT_LE(text.size(), 100U);
  EXPECT_EQ(excerpt("ok\n"), "ok\n");
  EXPECT_EQ(excerpt(""), "");
  EXPECT_EQ(excerpt("\n\n\n"), "");
}

TEST(Excerpt, StripsEscapesAndControlCharacters) {
  EXPECT_EQ(excerpt("\x1b[31merror\x1b[0m: \x1b]0;title\ax\tb\x07\x7f\r\n"), "error: x b\n");
  EXPECT_EQ(excerpt("10%\r50%\r100%\n"), "100%\n");
  EXPECT_EQ(excerpt("a\xc2\x9b"
                    "31mb\n"),
            "a31mb\n");
  EXPECT_EQ(excerpt("\x1b"), "");
  EXPECT_EQ(excerpt("\x1b["), "");
  EXPECT_EQ(excerpt("a\x1b[\nb\n"), "a\nb\n");
  EXPECT_EQ(excerpt("bad \xff byte\n"), "bad \xef\xbf\xbd byte\n");
}

TEST(Excerpt, C5BoundedWhateverComes) {
  EXPECT_LE(excerpt(std::string(8U << 20, 'e')).size(), 4096U);
  std::string errors;
  for (int line = 0; line < 100'000; ++line) errors += "error " + std::to_string(line) + "\n";
  const std::string text = excerpt(errors);
  EXPECT_LE(text.size(), 4096U);
  EXPECT_THAT(text, HasSubstr("error 0\n"));
  EXPECT_THAT(text, HasSubstr("error 99999\n"));
  EXPECT_EQ(excerpt(errors, 0), "");
}

TEST(Excerpt, RandomBytesBecomeValidText) {
  std::mt19937 engine(5);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 500; ++round) {
    std::string output(static_cast<std::size_t>(round * 7), ' ');
    for (char& c : output) c = static_cast<char>(byte(engine));
    const std::string text = excerpt(output, 1000);
    EXPECT_LE(text.size(), 1000U);
    // Strict: throws when it is not UTF-8.
    EXPECT_NO_THROW((void)nlohmann::json(text).dump());
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
  }
}

}  // namespace
}  // namespace skein::verify
