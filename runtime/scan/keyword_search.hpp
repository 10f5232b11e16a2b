// Finds every occurrence of many short words in one pass (Aho and Corasick, 1975), ASCII letters of
// either case alike. The cheap look that decides which regexes run at all.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::scan {

class keyword_search {
 public:
  keyword_search() = default;
  /// `words[i]` are the words of group i, lower case and not empty.
  explicit keyword_search(const std::vector<std::vector<std::string>>& words);

  /// Calls `hit(group, position)` for each group that has a word ending at `position`, from left to
  /// right.
  template <class Hit>
  void find(std::string_view text, Hit&& hit) const {
    if (next_.empty()) return;
    std::uint32_t state = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      state = next_[(state & row) + class_of_[static_cast<unsigned char>(text[i])]];
      if ((state & accepts) == 0) continue;
      const std::uint32_t which = (state & row) / classes_;
      for (std::uint32_t g = groups_from_[which]; g < groups_from_[which + 1]; ++g) {
        hit(groups_[g], i);
      }
    }
  }

 private:
  static constexpr std::uint32_t accepts = 1U << 31U;
  static constexpr std::uint32_t row = accepts - 1;

  std::array<std::uint8_t, 256> class_of_{};  ///< 0: a byte that no word has
  std::uint32_t classes_ = 1;
  std::vector<std::uint32_t> next_;  ///< by row and class: the next row, and whether it accepts
  std::vector<std::uint32_t> groups_from_;
  std::vector<std::uint32_t> groups_;
};

/// ASCII letters in lower case, everything else as it is.
[[nodiscard]] std::string lower_ascii(std::string_view text);

}  // namespace skein::scan
