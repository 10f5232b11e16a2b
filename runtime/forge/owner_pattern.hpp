// One path pattern of a CODEOWNERS file, with the meaning that GitHub gives it: like .gitignore but
// without `!`, `[ ]` and `\#`, and `docs/*` is one level. Pure; see codeowners.hpp for the file.
#pragma once

#include "schema/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace skein::forge {

class owner_pattern {
 public:
  /// `text` still has its backslashes. `invalid` with a reason for what GitHub skips.
  [[nodiscard]] static result<owner_pattern> compile(std::string_view text);

  /// Case sensitive; `path` is split at its slashes. Takes what it did from `steps` and answers no
  /// when there are none left.
  [[nodiscard]] bool matches(const std::vector<std::string_view>& path, std::size_t& steps) const;

 private:
  enum class kind { text, glob, any_depth };
  struct segment {
    kind what = kind::text;
    std::string text;  ///< of a glob: with its backslashes
  };
  [[nodiscard]] static bool matches_segment(const segment& wanted, std::string_view name,
                                            std::size_t& steps);

  std::vector<segment> segments_;
  bool below_ = false;   ///< what it names may be a directory: everything in it matches too
  bool inside_ = false;  ///< a slash or `**` at the end: only what is in it
};

}  // namespace skein::forge
