// The added lines of a unified diff as git writes it, with the places they have in the new files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::scan {

struct added_file {
  std::string path;                  ///< of the new file, raw bytes
  std::string text;                  ///< the added lines, each with its line end
  std::vector<std::uint32_t> lines;  ///< the number of each in the new file
};

/// Reads leniently: a line with a leading `+` that is in no hunk counts as added too.
[[nodiscard]] std::vector<added_file> added_lines(std::string_view patch);

}  // namespace skein::scan
