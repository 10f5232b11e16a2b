// Owns one file descriptor. Not a stream: reading and writing stay with whoever holds it.
#pragma once

#include "schema/error.hpp"

#include <unistd.h>

#include <string_view>
#include <utility>

namespace skein::process {

class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int number) noexcept : number_(number) {}
  ~descriptor() { reset(); }
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) reset(std::exchange(other.number_, -1));
    return *this;
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] explicit operator bool() const noexcept { return number_ >= 0; }
  /// The caller owns the number from here on.
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }
  void reset(int number = -1) noexcept {
    if (number_ >= 0) ::close(number_);
    number_ = number;
  }

 private:
  int number_ = -1;
};

/// Holds `text` in memory that nobody can change any more, positioned at its beginning.
[[nodiscard]] result<descriptor> memory_file(std::string_view text);

}  // namespace skein::process
