// Keeps the head and the tail of a command's output in bounded memory. Not a scanner: what it keeps
// is still untrusted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::cell {

class output_window {
 public:
  /// At most `limit` bytes are kept: the first half and the last half.
  explicit output_window(std::uint64_t limit);

  void append(std::string_view bytes);
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  [[nodiscard]] bool truncated() const noexcept { return total_ > head_limit_ + tail_limit_; }
  /// All of it, or head, `[… N bytes left out …]`, tail.
  [[nodiscard]] std::string text() const;

 private:
  std::uint64_t head_limit_;
  std::uint64_t tail_limit_;
  std::uint64_t total_ = 0;
  std::string head_;
  std::string tail_;        // a ring once it is full
  std::size_t oldest_ = 0;  // where the ring starts
};

}  // namespace skein::cell
