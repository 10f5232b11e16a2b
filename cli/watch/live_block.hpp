// A block of lines at the bottom of a terminal that is drawn again in place: one write a frame,
// nothing cleared before it is overwritten.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace skein::cli {

/// What replaces a drawn block by another. Pure. `before`: the widths of the lines on the screen,
/// which the terminal may have wrapped since at `columns`. `above` are lines to leave above it.
[[nodiscard]] std::string block_update(const std::vector<std::size_t>& before,
                                       const std::vector<std::string>& above,
                                       const std::vector<std::string>& lines, std::size_t columns);

class live_block {
 public:
  /// Hides the cursor until the block is closed.
  explicit live_block(int descriptor);
  ~live_block();
  live_block(const live_block&) = delete;
  live_block& operator=(const live_block&) = delete;

  /// `lines` are not wider than the terminal. Colours do not count.
  void draw(const std::vector<std::string>& above, const std::vector<std::string>& lines);
  /// Removes the block and shows the cursor again. May be called more than once.
  void close();

 private:
  int descriptor_;
  bool open_ = true;
  std::string last_;
  std::vector<std::size_t> widths_;
};

}  // namespace skein::cli
