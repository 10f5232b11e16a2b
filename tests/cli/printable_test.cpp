// Hostile text cannot speak the terminal's language, and widths are what a terminal shows.
#include "cli/render/printable.hpp"
#include "cli/render/shell_word.hpp"

#include <gtest/gtest.h>

namespace skein::cli {
namespace {

TEST(printable, B10_escape_sequences_of_others_become_visible) {
  EXPECT_EQ(printable("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(printable("title\x1b]0;owned\x07"), "title\\x1b]0;owned\\x07");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
}

TEST(printable, B10_c1_controls_become_visible) {
  // U+009B is a control sequence introducer of eight bits.
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\u{9b}31m");
  EXPECT_EQ(printable("\x9b"
                      "31m"),
            "\\x9b31m");
}

TEST(printable, B10_characters_that_reorder_or_hide_become_visible) {
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a\\u{202e}b");
  EXPECT_EQ(printable("\xe2\x80\x8b"), "\\u{200b}");
  EXPECT_EQ(printable("\xef\xbb\xbf"), "\\u{feff}");
}

TEST(printable, line_breaks_stay_only_where_lines_are_wanted) {
  EXPECT_EQ(printable("a\nb\tc\r"), "a\\nb\\tc\\r");
  EXPECT_EQ(printable_lines("a\nb\tc\r"), "a\nb\tc\\r");
}

TEST(printable, ordinary_text_of_any_script_stays) {
  EXPECT_EQ(printable("größer — 日本"), "größer — 日本");
}

TEST(printable, broken_utf8_becomes_visible) {
  EXPECT_EQ(printable("\xc3(\xff"), "\\xc3(\\xff");
}

TEST(columns, counts_what_a_terminal_shows) {
  EXPECT_EQ(columns("abc"), 3U);
  EXPECT_EQ(columns("日本"), 4U);
  EXPECT_EQ(columns("e\xcc\x81"), 1U);  // a combining accent
  EXPECT_EQ(columns(""), 0U);
}

TEST(cut, keeps_the_beginning_or_the_end) {
  EXPECT_EQ(cut("abcdef", 6), "abcdef");
  EXPECT_EQ(cut("abcdef", 4), "abc…");
  EXPECT_EQ(cut("abcdef", 0), "");
  EXPECT_EQ(cut_front("abcdef", 4), "…def");
  EXPECT_EQ(cut_front("abcdef", 6), "abcdef");
}

TEST(cut, never_splits_a_wide_character) {
  EXPECT_EQ(cut("日本語", 4), "日…");
  EXPECT_LE(columns(cut_front("日本語", 4)), 4U);
}

TEST(padded, fills_on_either_side) {
  EXPECT_EQ(padded("ab", 4), "ab  ");
  EXPECT_EQ(padded("ab", 4, true), "  ab");
  EXPECT_EQ(padded("日", 4), "日  ");
  EXPECT_EQ(padded("abcdef", 4), "abcdef");
}

TEST(shell_word, B6_a_copied_command_does_only_what_it_says) {
  EXPECT_EQ(shell_word("/srv/git/a.git"), "/srv/git/a.git");
  EXPECT_EQ(shell_word("git@host:org/a.git"), "git@host:org/a.git");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("$(id)"), "'$(id)'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace skein::cli
