// The keyword automaton against plain searching.
#include "runtime/scan/keyword_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace skein::scan {
namespace {

TEST(keyword_search, finds_overlapping_words_of_either_case) {
  const keyword_search words{{{"he", "hers"}, {"she"}, {"his"}, {}, {"e"}}};
  std::vector<std::pair<std::uint32_t, std::size_t>> hits;
  words.find("uSHErs", [&](std::uint32_t group, std::size_t at) { hits.emplace_back(group, at); });
  EXPECT_THAT(hits, ::testing::ElementsAre(std::pair{0U, 3U}, std::pair{1U, 3U}, std::pair{4U, 3U},
                                           std::pair{0U, 5U}));
}

TEST(keyword_search, agrees_with_plain_searching) {
  std::mt19937_64 random{5};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<std::string>> groups(1 + random() % 5);
    for (auto& group : groups) {
      for (std::size_t i = random() % 4; i > 0; --i) {
        std::string word(1 + random() % 4, 'a');
        for (char& c : word) c = "abc-"[random() % 4];
        group.push_back(word);
      }
    }
    std::string text(60, ' ');
    for (char& c : text) c = "abcABC- \xff"[random() % 9];
    std::vector<std::vector<bool>> found(groups.size(), std::vector<bool>(text.size()));
    keyword_search{groups}.find(
        text, [&](std::uint32_t group, std::size_t at) { found[group][at] = true; });
    const std::string lower = lower_ascii(text);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      for (std::size_t at = 0; at < text.size(); ++at) {
        bool expected = false;
        for (const auto& word : groups[g]) {
          expected = expected || (at + 1 >= word.size() &&
                                  lower.compare(at + 1 - word.size(), word.size(), word) == 0);
        }
        EXPECT_EQ(found[g][at], expected);
      }
    }
  }
}

}  // namespace
}  // namespace skein::scan
