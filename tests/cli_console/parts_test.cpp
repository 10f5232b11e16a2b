#include "cli/console/keys.hpp"
#include "cli/console/line.hpp"
#include "cli/console/prompt.hpp"
#include "cli/console/run_search.hpp"
#include "cli/console/scroll.hpp"
#include "cli/console/text_block.hpp"
#include "cli/render/printable.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace skein::cli::screen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ConsoleLine, MakesForeignTextHarmless) {
  const auto text = plain(line_of("a\x1b[31mb\nc\xe2\x80\xae"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_THAT(text, HasSubstr("\\x1b"));
}

TEST(ConsoleLine, IsNeverWiderThanTheTerminal) {
  line wide;
  wide.add("漢字漢字").add(std::string(300, 'x')).add("tail");
  for (const std::size_t width : {0U, 1U, 3U, 7U, 80U, 500U}) {
    EXPECT_LE(columns(plain(fit(wide, width))), width);
  }
}

constexpr std::array some_columns{grid_column{"ID", 8, 0, false, false},
                                  grid_column{"NUMBER", 6, 0, true, false},
                                  grid_column{"PATH", 10, 1, false, true}};

TEST(ConsoleGrid, LinesUpAndUsesTheWidth) {
  const auto heading = plain(grid_heading(some_columns, 60));
  const auto row = plain(grid_row(some_columns, {"abc", "12", "/a/long/path"}, 60));
  EXPECT_EQ(columns(heading), 60U);
  EXPECT_EQ(columns(row), 60U);
  EXPECT_EQ(row.find("/a/long"), heading.find("PATH"));
}

TEST(ConsoleGrid, LeavesColumnsOutOfANarrowTerminal) {
  for (std::size_t width = 0; width < 40; ++width) {
    const auto row =
        plain(grid_row(some_columns, {"abc", "12", "/a/very/long/path/of/some"}, width));
    EXPECT_LE(columns(row), width);
  }
}

TEST(ConsoleGrid, TakesTooFewCells) {
  EXPECT_THAT(plain(grid_row(some_columns, {"abc"}, 60)), HasSubstr("abc"));
}

TEST(ConsoleLine, WrapsWordsAndCutsGiants) {
  const auto lines = wrapped("one two three " + std::string(200, 'x'), 4, 20);
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(plain(lines.front()), "    one two three");
  for (const auto& each : lines) EXPECT_LE(columns(plain(each)), 20U);
  EXPECT_TRUE(wrapped("", 0, 20).empty());
}

TEST(ConsoleScroll, KeepsTheChosenRowInSight) {
  scroll at;
  at.fit(100, 10, true);
  at.move(15);
  EXPECT_EQ(at.at(), 15U);
  EXPECT_LE(at.top(), 15U);
  EXPECT_GT(at.top() + 10, 15U);
  at.end();
  EXPECT_EQ(at.at(), 99U);
  EXPECT_EQ(at.top(), 90U);
  at.move(1000);
  EXPECT_EQ(at.at(), 99U);
  at.home();
  EXPECT_EQ(at.top(), 0U);
  at.move(-5);
  EXPECT_EQ(at.at(), 0U);
}

TEST(ConsoleScroll, SurvivesAListThatShrinks) {
  scroll at;
  at.fit(100, 10, true);
  at.end();
  at.fit(3, 10, true);
  EXPECT_EQ(at.at(), 2U);
  EXPECT_EQ(at.top(), 0U);
  at.fit(0, 10, true);
  EXPECT_EQ(at.at(), 0U);
  at.fit(50, 0, true);
  at.page(1);
  EXPECT_LT(at.at(), 50U);
}

TEST(ConsoleScroll, MovesATextAsAWhole) {
  scroll at;
  at.fit(30, 10, false);
  at.page(1);
  EXPECT_EQ(at.top(), 9U);
  at.end();
  EXPECT_EQ(at.top(), 20U);
}

TEST(ConsolePrompt, TakesTextAndGivesUp) {
  prompt asked("name:", "");
  for (const int each : {0x61, 0x62, 0xE9, 0x6F22}) EXPECT_EQ(asked.key(each), prompt::end::open);
  EXPECT_EQ(asked.typed(), "ab\xc3\xa9\xe6\xbc\xa2");
  (void)asked.key(key_backspace);
  EXPECT_EQ(asked.typed(), "ab\xc3\xa9");
  (void)asked.key(key_backspace);
  EXPECT_EQ(asked.typed(), "ab");
  (void)asked.key(key_up);
  EXPECT_EQ(asked.typed(), "ab");
  EXPECT_EQ(asked.key(key_enter), prompt::end::entered);
  EXPECT_EQ(asked.key(key_escape), prompt::end::given_up);
}

TEST(ConsolePrompt, IsBoundedAndStaysOnItsLine) {
  prompt asked("name:", "");
  for (int i = 0; i < 5000; ++i) (void)asked.key('x');
  EXPECT_LE(asked.typed().size(), 600U);
  for (const std::size_t width : {1U, 10U, 80U}) EXPECT_LT(asked.cursor(width), width);
}

TEST(ConsoleSearch, KnowsStatesScopesAndWords) {
  const auto found = parse_run_search("state:waiting_approval tenant:pay campaign:c Old API");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, schema::run_state::waiting_approval);
  EXPECT_EQ(found->tenant, "pay");
  EXPECT_EQ(found->campaign, "c");
  schema::run run;
  run.repo.url = "https://example.com/OLD.git";
  EXPECT_FALSE(found->matches_words(run));
  run.task_name = "use-api";
  EXPECT_TRUE(found->matches_words(run));
  EXPECT_TRUE(parse_run_search("state:open")->stored().non_final_only);
  EXPECT_EQ(parse_run_search("state:held")->stored().state, schema::run_state::schedule);
}

TEST(ConsoleSearch, RefusesAnUnknownState) {
  const auto found = parse_run_search("state:nonsense");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, errc::invalid);
}

TEST(ConsoleText, ColoursADiff) {
  const text_block diff("diff --git a/x b/x\n@@ -1 +1 @@\n-old\n+new\n same",
                        text_block::kind::diff);
  ASSERT_EQ(diff.lines(), 5U);
  EXPECT_EQ(diff.at(1, 80).pieces.at(0).look, tone::hunk);
  EXPECT_EQ(diff.at(2, 80).pieces.at(0).look, tone::removed);
  EXPECT_EQ(diff.at(3, 80).pieces.at(0).look, tone::added);
  EXPECT_EQ(plain(diff.at(4, 80)), " same");
}

TEST(ConsoleText, IsBoundedAndTakesAnything) {
  EXPECT_EQ(text_block("", text_block::kind::text).lines(), 0U);
  const text_block huge(std::string(most_text_bytes * 2, 'x'), text_block::kind::text);
  EXPECT_LE(columns(plain(huge.at(0, 80))), 80U);
  EXPECT_THAT(plain(huge.at(huge.lines() - 1, 80)), HasSubstr("cut here"));
  const text_block binary(std::string("\0\x1b[2J\xff\n\tx", 9), text_block::kind::diff);
  EXPECT_THAT(plain(binary.at(0, 80)), Not(HasSubstr("\x1b")));
  EXPECT_EQ(plain(binary.at(1, 80)), "        x");
}

}  // namespace
}  // namespace skein::cli::screen
