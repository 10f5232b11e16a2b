#include "cli/console/scroll.hpp"

#include <algorithm>

namespace skein::cli::screen {

void scroll::fit(std::size_t rows, std::size_t height, bool selects) noexcept {
  rows_ = rows;
  height_ = std::max<std::size_t>(height, 1);
  selects_ = selects;
  settle();
}

void scroll::move(std::ptrdiff_t by) noexcept {
  auto& moved = selects_ ? at_ : top_;
  const auto now = static_cast<std::ptrdiff_t>(moved);
  moved = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, now + by));
  settle();
}

void scroll::page(std::ptrdiff_t by) noexcept {
  const auto step = std::max<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(height_) - 1);
  move(by * step);
}

void scroll::home() noexcept {
  go(0);
}
void scroll::end() noexcept {
  go(rows_);
}

void scroll::go(std::size_t row) noexcept {
  (selects_ ? at_ : top_) = std::min(row, rows_);
  settle();
}

void scroll::settle() noexcept {
  const std::size_t last = rows_ > height_ ? rows_ - height_ : 0;
  if (!selects_) {
    top_ = std::min(top_, last);
    at_ = top_;
    return;
  }
  at_ = rows_ == 0 ? 0 : std::min(at_, rows_ - 1);
  if (at_ < top_) top_ = at_;
  if (at_ >= top_ + height_) top_ = at_ - height_ + 1;
  top_ = std::min(top_, last);
}

}  // namespace skein::cli::screen
