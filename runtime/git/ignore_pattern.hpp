// The pattern language of .gitignore, as gitignore(5) defines it. Pure: no files, no repository.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skein::git {

/// Shell pattern matching as git does it: `*` and `?` stop at a slash when `slashes_matter`, `**`
/// as a whole component then matches any number of them; `[...]` with ranges, `!`/`^` and
/// [:classes:]; backslash quotes. The work is bounded: a pattern that backtracks without end does
/// not match.
[[nodiscard]] bool wildmatch(std::string_view pattern, std::string_view text, bool slashes_matter);

struct ignore_pattern {
  std::string text;
  bool negated = false;         ///< `!`: re-includes
  bool directory_only = false;  ///< a slash at the end
  bool anywhere = false;        ///< no other slash: matched against the last component
};

/// The patterns of one .gitignore file, in order.
[[nodiscard]] std::vector<ignore_pattern> parse_ignore_file(std::string_view content);

enum class ignore_verdict { undecided, ignored, included };

/// What the last matching pattern says; `path` is relative to the directory of the file.
[[nodiscard]] ignore_verdict judge(const std::vector<ignore_pattern>& patterns,
                                   std::string_view path, bool directory);

}  // namespace skein::git
