// A unified diff as instructions for text files, and their application in memory. What it cannot do
// exactly it refuses: no fuzz, no renames, no binary patches.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace skein::agent::in_cell {

struct hunk {
  std::size_t at_line = 0;         ///< in the old file, from 1; 0: the file was empty
  std::size_t patch_line = 0;      ///< of its header, in the patch
  std::vector<std::string> before;  ///< context and removed lines, with their line ends
  std::vector<std::string> after;   ///< context and added lines
};

struct file_patch {
  enum class what { change, create, remove };
  std::string path;
  what action = what::change;
  std::size_t patch_line = 0;
  std::vector<hunk> hunks;
};

/// What is wrong, and where in the patch or the file.
struct patch_error {
  std::string message;
};

[[nodiscard]] std::variant<std::vector<file_patch>, patch_error> parse_patch(std::string_view patch);

/// The new text. A hunk applies where it says, or else at the only place where its lines stand.
[[nodiscard]] std::variant<std::string, patch_error> apply_hunks(const file_patch& patch,
                                                                 std::string_view text);

/// Replaces the only occurrence of `search`; the error counts them, or says where the longest
/// beginning of it stands.
[[nodiscard]] std::variant<std::string, patch_error> replace_once(std::string_view text,
                                                                  std::string_view search,
                                                                  std::string_view replacement);

}  // namespace skein::agent::in_cell
