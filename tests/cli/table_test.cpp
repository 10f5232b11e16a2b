// Tables line up, fit, and give where they may.
#include "cli/render/table.hpp"

#include "cli/render/printable.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace skein::cli {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

table sample() {
  table out(
      {{"ID"}, {"REPO", squeeze::front}, {"N", squeeze::never, true}, {"REASON", squeeze::end}});
  out.add({{"1"},
           {"/srv/git/organisation/project.git"},
           {"7"},
           {"the unit tests fail with the change"}});
  out.add({{"22"}, {"/a"}, {"1234"}, {""}});
  return out;
}

TEST(table, lines_up_and_leaves_no_space_at_the_end) {
  const auto lines = lines_of(sample().text(0, style()));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "ID  REPO                                  N  REASON");
  EXPECT_EQ(lines[1],
            "1   /srv/git/organisation/project.git     7  the unit tests fail with the change");
  EXPECT_EQ(lines[2], "22  /a                                 1234");
}

TEST(table, fits_the_terminal_and_cuts_the_side_that_matters_less) {
  for (const std::size_t width : {79U, 60U, 45U, 34U}) {
    for (const auto& line : lines_of(sample().text(width, style()))) {
      EXPECT_LE(columns(line), width) << line;
    }
  }
  const auto lines = lines_of(sample().text(50, style()));
  EXPECT_NE(lines[1].find("…"), std::string::npos);
  EXPECT_NE(lines[1].find("project.git"), std::string::npos) << "the end of a path tells it apart";
  EXPECT_NE(lines[1].find("the unit"), std::string::npos);
}

TEST(table, a_column_that_gives_keeps_a_readable_rest) {
  // Narrower than possible: the table is wider than asked, not unreadable.
  const auto lines = lines_of(sample().text(5, style()));
  EXPECT_NE(lines[1].find("ect.git"), std::string::npos);
}

TEST(table, B10_cells_are_made_printable) {
  table out({{"A"}, {"B"}});
  out.add({{"x\ny"}, {"\x1b[31mred"}});
  const auto text = out.text(0, style());
  EXPECT_EQ(lines_of(text).size(), 2U);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(table, colours_do_not_move_columns) {
  table out({{"A"}, {"B"}});
  out.add({{"bad", tone::bad}, {"x"}});
  out.add({{"longer"}, {"y"}});
  const auto lines = lines_of(out.text(0, style(true)));
  EXPECT_EQ(lines[1], "\x1b[31mbad\x1b[0m     x");
  EXPECT_EQ(lines[2], "longer  y");
}

TEST(table, wide_characters_count_twice) {
  table out({{"A"}, {"B"}});
  out.add({{"日本"}, {"x"}});
  out.add({{"abcd"}, {"y"}});
  const auto lines = lines_of(out.text(0, style()));
  EXPECT_EQ(lines[1], "日本  x");
  EXPECT_EQ(lines[2], "abcd  y");
}

}  // namespace
}  // namespace skein::cli
