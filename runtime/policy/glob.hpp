// Path patterns of rules, compiled into one automaton a set. `*` and `?` stay within a name, `**`
// crosses folders, `[…]` and `{a,b}` as usual; a pattern without a slash matches at any depth.
#pragma once

#include "runtime/policy/path.hpp"
#include "schema/error.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace skein::policy {

class path_patterns {
 public:
  path_patterns();
  ~path_patterns();
  path_patterns(path_patterns&&) noexcept;
  path_patterns& operator=(path_patterns&&) noexcept;

  /// `invalid` for a pattern that cannot be understood or a set that is too large.
  [[nodiscard]] static result<path_patterns> compile(const std::vector<std::string>& patterns);

  /// For a permission: every reading of the path matches, exactly as written.
  [[nodiscard]] bool all_readings_match(const normalized_path& path) const;
  /// For a restriction: some reading matches, look-alikes and what is below a match included.
  [[nodiscard]] bool any_reading_matches(const normalized_path& path) const;

 private:
  std::unique_ptr<re2::RE2> exact_;
  std::unique_ptr<re2::RE2> loose_;         ///< over literal readings
  std::unique_ptr<re2::RE2> loose_folded_;  ///< over folded readings; none when as loose_
};

/// A glob over a plain value: `*` is any text, `?` a character, nothing else is special.
class value_patterns {
 public:
  value_patterns();
  ~value_patterns();
  value_patterns(value_patterns&&) noexcept;
  value_patterns& operator=(value_patterns&&) noexcept;
  [[nodiscard]] static result<value_patterns> compile(const std::vector<std::string>& patterns);
  [[nodiscard]] bool matches(std::string_view value) const;

 private:
  std::vector<std::string> words_;  ///< those without a wildcard
  std::unique_ptr<re2::RE2> globs_;
};

/// True when everything that `inner` matches, `outer` matches: tried on samples of `inner`, exact
/// for patterns whose own text holds no private-use characters.
[[nodiscard]] bool pattern_covers(const std::string& outer, const std::string& inner);

}  // namespace skein::policy
