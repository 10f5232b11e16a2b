// What is said of a regex must be true of its matches.
#include "runtime/scan/regex_shape.hpp"

#include <gtest/gtest.h>

namespace skein::scan {
namespace {

TEST(regex_shape, only_regexes_without_line_ends_stay_within_a_line) {
  for (const char* regex :
       {"abc", R"(a\.b\[)", R"([a-z\d_-]{2,3})", R"([^"\n]x)", R"([^\s"])", R"((?i)\bx\S+)",
        R"([]a])", R"([^]\n])", R"(a.b)", R"((?:x|y)\t)", R"([ \t\r])"}) {
    EXPECT_TRUE(stays_within_line(regex)) << regex;
  }
  for (const char* regex : {"^a",         "a$",
                            R"(a\sb)",    R"([^"])",
                            R"([\s])",    R"([\n])",
                            R"((?s)a.b)", R"((?is:a))",
                            R"((?m)a)",   R"(\Aa)",
                            R"(a\z)",     R"([\x00-\x7f])",
                            R"(\x0a)",    R"([[:space:]])",
                            "a\nb",       R"([\W])",
                            R"(\W)",      R"(\D)",
                            R"([^]])",    R"([a)",
                            R"(a\)",      R"(\pL)",
                            R"([\t-a])"}) {
    EXPECT_FALSE(stays_within_line(regex)) << regex;
  }
}

TEST(regex_shape, unicode_needs_more_than_bytes) {
  EXPECT_TRUE(works_on_bytes(R"(a\w+[^x]\x41)"));
  EXPECT_FALSE(works_on_bytes(R"(\pL)"));
  EXPECT_FALSE(works_on_bytes(R"(\P{Greek})"));
  EXPECT_FALSE(works_on_bytes("\xc3\xa4"));
  EXPECT_FALSE(works_on_bytes(R"(\x{100})"));
}

}  // namespace
}  // namespace skein::scan
