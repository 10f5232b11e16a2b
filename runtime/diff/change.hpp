// A change as the diff gate sees it: files with their hunks, from whatever it was read (a patch,
// contents in memory). Values only; nothing here judges.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein::diff {

enum class line_kind : std::uint8_t { context, removed, added };

struct changed_line {
  std::string_view text;       ///< without mark and line end; into change::storage
  std::uint32_t old_line = 0;  ///< from 1; 0: not in the old file
  std::uint32_t new_line = 0;  ///< from 1; 0: not in the new file
  line_kind kind = line_kind::context;
};

struct hunk {
  std::size_t first = 0;  ///< index into changed_file::lines
  std::size_t count = 0;
  std::string_view heading;  ///< what git shows behind the second `@@`
};

inline constexpr std::uint32_t mode_executable = 0100755;
inline constexpr std::uint32_t mode_symlink = 0120000;
inline constexpr std::uint32_t mode_submodule = 0160000;

struct changed_file {
  std::string old_path;        ///< raw bytes; empty: the file is new
  std::string new_path;        ///< raw bytes; empty: the file is removed
  bool copied = false;         ///< old_path stays
  std::uint32_t old_mode = 0;  ///< 0: not told
  std::uint32_t new_mode = 0;
  bool binary = false;
  std::uint64_t binary_bytes = 0;  ///< as the patch claims; 0: not told
  std::uint32_t insertions = 0;
  std::uint32_t deletions = 0;
  std::vector<changed_line> lines;
  std::vector<hunk> hunks;

  [[nodiscard]] const std::string& path() const noexcept {
    return new_path.empty() ? old_path : new_path;
  }
  [[nodiscard]] bool added() const noexcept { return old_path.empty(); }
  [[nodiscard]] bool removed() const noexcept { return new_path.empty(); }
  [[nodiscard]] bool renamed() const noexcept {
    return !copied && !added() && !removed() && old_path != new_path;
  }
};

/// What is wrong with the text of a patch; each becomes a finding.
struct patch_fault {
  std::string rule;     ///< diff.malformed, diff.too_large …
  std::string path;     ///< empty: of the whole
  std::string message;  ///< with the line in the patch
};

struct change {
  std::vector<changed_file> files;
  std::vector<patch_fault> faults;                          ///< at most some dozens
  std::vector<std::shared_ptr<const std::string>> storage;  ///< what the lines point into
};

/// Beyond these a patch is not read further, which is a fault.
struct patch_limits {
  std::size_t max_bytes = 64U << 20;
  std::size_t max_lines = 1'000'000;  ///< in hunks, with context
  std::size_t max_files = 20'000;
};

}  // namespace skein::diff
