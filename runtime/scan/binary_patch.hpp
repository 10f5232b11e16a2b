// The binary blocks of git's patches: base 85 over deflate, whole files or differences.
#pragma once

#include "schema/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace skein::scan {

/// One block, its lines handed in one by one.
class binary_block {
 public:
  /// `header`: `literal SIZE` or `delta SIZE`; false when it is neither.
  [[nodiscard]] bool begin(std::string_view header);
  /// One line of base 85. False when it is none: then the block is over, or broken.
  [[nodiscard]] bool add(std::string_view line);
  /// What the block puts into the file: of a difference the inserted parts only, joined. `invalid`
  /// when the bytes do not decode, do not have the size that was announced, or are more than
  /// `most`.
  [[nodiscard]] result<std::string> content(std::size_t most) const;

 private:
  std::string packed_;
  std::size_t size_ = 0;
  bool delta_ = false;
};

}  // namespace skein::scan
