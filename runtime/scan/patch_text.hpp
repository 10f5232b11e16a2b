// What a unified diff, as git writes it, puts into files: read leniently, so that a diff that lies
// about itself shows more rather than less. Not a patch program.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::scan {

/// A part of one new file: hunks with their context, the content of a binary block, or text of the
/// patch that belongs to no hunk.
struct patch_piece {
  struct stretch {
    std::size_t begin = 0;   ///< in `text`
    std::uint32_t line = 0;  ///< in the new file
    bool added = false;
  };
  std::string path;  ///< of the new file, raw bytes; empty before the first file
  std::string text;
  std::vector<stretch> stretches;  ///< in order; the first begins at 0 unless the text is empty
  bool first = false;              ///< of its file
  std::string hidden;              ///< why content could not be seen; empty when it could
};

/// Hands over the pieces one by one; none is much larger than 4 MiB, except one of a binary block
/// (at most 64 MiB). A text that is longer comes in pieces that overlap, the overlap as context.
void read_patch(std::string_view patch, const std::function<void(const patch_piece&)>& take);

/// The bytes of a name as git writes it: C-quoted when it has special characters.
[[nodiscard]] std::string unquoted_name(std::string_view text);

}  // namespace skein::scan
