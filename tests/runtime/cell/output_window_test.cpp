#include "runtime/cell/output_window.hpp"

#include <gtest/gtest.h>

namespace skein::cell {
namespace {

std::string windowed(std::uint64_t limit, const std::string& text, std::size_t piece) {
  output_window window(limit);
  for (std::size_t at = 0; at < text.size(); at += piece) window.append(text.substr(at, piece));
  EXPECT_EQ(text.size(), window.total());
  EXPECT_EQ(text.size() > limit, window.truncated());
  return window.text();
}

TEST(output_window, keeps_everything_up_to_the_limit) {
  EXPECT_EQ("", windowed(10, "", 1));
  EXPECT_EQ("0123456789", windowed(10, "0123456789", 10));
  EXPECT_EQ("0123456789", windowed(10, "0123456789", 3));
}

TEST(output_window, C5_keeps_head_and_tail_whatever_the_pieces) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>('a' + i % 26);
  for (const std::uint64_t limit : {0, 1, 2, 7, 100, 999}) {
    const auto head = limit - limit / 2;
    const auto tail = limit / 2;
    const std::string expected = text.substr(0, head) + "\n[… " +
                                 std::to_string(text.size() - limit) + " bytes left out …]\n" +
                                 text.substr(text.size() - tail);
    for (const std::size_t piece : {1U, 3U, 50U, 64U, 5000U})
      EXPECT_EQ(expected, windowed(limit, text, piece)) << limit << " " << piece;
  }
}

}  // namespace
}  // namespace skein::cell
