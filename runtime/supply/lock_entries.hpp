// What lockfiles say was resolved: packages with version, origin and checksum. Reads only; what is
// suspicious about a change of them is the diff gate's business.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::supply {

struct lock_entry {
  std::string ecosystem;  ///< as OSV names it: npm, PyPI, crates.io, Go, RubyGems, Packagist, NuGet
  std::string name;
  std::string version;
  std::string source;     ///< a URL; empty: the file does not say
  std::string integrity;  ///< as written; empty: the file does not say
  friend auto operator<=>(const lock_entry&, const lock_entry&) = default;
};

struct lock_content {
  std::vector<lock_entry> entries;  ///< sorted, each once
  bool complete = true;             ///< false: malformed, or more than `most_entries`
};

inline constexpr std::size_t most_entries = 50'000;
inline constexpr std::size_t longest_lockfile = std::size_t{32} << 20;

/// The ecosystem of a lockfile (or of a list of pins) by its name, else nullopt.
[[nodiscard]] std::optional<std::string> lock_ecosystem(std::string_view path);

/// Bounded for whatever comes: what is malformed is left out, and `complete` says so.
[[nodiscard]] lock_content read_lockfile(std::string_view path, std::string_view text);

/// Those of `after` that `before` does not have, to the byte.
[[nodiscard]] std::vector<lock_entry> newly_resolved(const lock_content& before,
                                                     const lock_content& after);

}  // namespace skein::supply
