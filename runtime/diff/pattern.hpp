// Patterns over repository paths with the meaning that git gives them in a .gitignore. Pure; time
// is polynomial in pattern and path, whatever they are.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::diff {

/// One line of a .gitignore, as `git help gitignore` describes it.
class pattern {
 public:
  /// Any text is a pattern; one that is empty, a comment or malformed matches nothing.
  explicit pattern(std::string_view text);

  [[nodiscard]] bool negated() const noexcept { return negated_; }
  /// What every path that matches begins, and ends, with. Either may be empty.
  [[nodiscard]] const std::string& beginning() const noexcept { return prefix_; }
  [[nodiscard]] const std::string& ending() const noexcept { return suffix_; }
  /// Only the path itself: directories above it are the caller's business.
  [[nodiscard]] bool matches(std::string_view path, bool directory) const;

 private:
  enum class step { literal, any, star, set };
  struct token {
    step what = step::literal;
    char character = 0;
    std::bitset<256> members;
  };
  /// What stands between two slashes. `**` alone stands for any number of directories.
  struct segment {
    bool any_depth = false;
    std::vector<token> tokens;
  };

  bool parse_segments(std::string_view text);
  static bool parse_set(std::string_view text, std::size_t& at, token& into);
  static bool matches_segment(const std::vector<token>& tokens, std::string_view name);
  [[nodiscard]] bool matches_segments(const std::vector<std::string_view>& names) const;

  bool usable_ = false;
  bool negated_ = false;
  bool directory_only_ = false;
  bool anchored_ = false;  ///< has a slash: matches whole paths, else the last name
  std::string prefix_;     ///< of an anchored one: its part before the first wildcard
  std::string suffix_;     ///< what every path that matches ends with: most paths fail here
  std::vector<segment> segments_;
};

/// Patterns in order, the last that matches decides; what is below a matched directory is matched.
class pattern_list {
 public:
  explicit pattern_list(const std::vector<std::string>& texts);
  /// `path` is that of a file or symlink.
  [[nodiscard]] bool matches(std::string_view path) const;

 private:
  /// Numbers of patterns by a byte.
  struct by_byte {
    std::array<std::uint32_t, 257> from{};
    std::vector<std::uint32_t> numbers;
  };

  void sort_by_bytes();
  [[nodiscard]] bool any_matches(std::string_view path, bool directory) const;
  [[nodiscard]] bool last_matches(std::string_view path, bool directory) const;

  std::vector<pattern> patterns_;
  // Of a long list without negation, only those that fit a path's last or first byte are tried.
  bool sorted_ = false;
  by_byte by_end_;
  by_byte by_begin_;  ///< those without an ending
  std::vector<std::uint32_t> others_;
};

}  // namespace skein::diff
