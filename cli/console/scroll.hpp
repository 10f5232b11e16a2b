// Which row is chosen and which ones are seen. Numbers only.
#pragma once

#include <cstddef>

namespace skein::cli::screen {

class scroll {
 public:
  /// After every change of the list, the page or the terminal. `selects` false: there is no chosen
  /// row, the page itself moves.
  void fit(std::size_t rows, std::size_t height, bool selects) noexcept;
  void move(std::ptrdiff_t by) noexcept;
  void page(std::ptrdiff_t by) noexcept;
  void home() noexcept;
  void end() noexcept;
  void go(std::size_t row) noexcept;

  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] std::size_t top() const noexcept { return top_; }
  [[nodiscard]] std::size_t height() const noexcept { return height_; }

 private:
  void settle() noexcept;

  std::size_t rows_ = 0;
  std::size_t height_ = 1;
  bool selects_ = true;
  std::size_t at_ = 0;
  std::size_t top_ = 0;
};

}  // namespace skein::cli::screen
