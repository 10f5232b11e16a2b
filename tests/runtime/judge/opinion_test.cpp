// Opinions and how they add up.
#include "runtime/judge/judge.hpp"
#include "runtime/judge/risk.hpp"
#include "runtime/judge/shaping.hpp"

#include <gtest/gtest.h>

namespace skein::judge {
namespace {

TEST(opinions, only_tighten) {
  constexpr std::array all{decision::pass, decision::draft, decision::approval, decision::block};
  for (const auto one : all) {
    for (const auto other : all) {
      const auto both = tightest({one, {}, "rules"}, {other, {}, "model:p/m"});
      EXPECT_EQ(both.decided, std::max(one, other));
      EXPECT_NE(both.by.find("rules"), std::string::npos);
      EXPECT_NE(both.by.find("model:p/m"), std::string::npos);
    }
  }
}

TEST(opinions, keep_the_reasons_of_both_the_tighter_first) {
  const opinion soft{decision::draft, {{"a.c", "soft", "r"}}, "rules"};
  const opinion hard{decision::block, {{"b.c", "hard", ""}, {"", "all", ""}}, "model:p/m"};
  const auto both = tightest(soft, hard);
  EXPECT_EQ(lines_of(both), (std::vector<std::string>{"b.c: hard", "all", "a.c: soft"}));
}

TEST(opinions, have_stable_names) {
  for (const auto each : {decision::pass, decision::draft, decision::approval, decision::block}) {
    EXPECT_EQ(parse_decision(to_string(each)), each);
  }
  EXPECT_FALSE(parse_decision("PASS"));
  EXPECT_FALSE(parse_decision(""));
}

TEST(opinions, of_nobody_block) {
  EXPECT_EQ(opinion{}.decided, decision::block);
}

}  // namespace
}  // namespace skein::judge
