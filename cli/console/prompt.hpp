// A question on the last line, and the answer as it is typed.
#pragma once

#include "cli/console/line.hpp"

#include <functional>
#include <string>

namespace skein::cli::screen {

class prompt {
 public:
  enum class end { open, entered, given_up };

  prompt() = default;
  prompt(std::string question, std::string typed)
      : question_(std::move(question)), typed_(std::move(typed)) {}

  [[nodiscard]] end key(int pressed);
  [[nodiscard]] const std::string& typed() const noexcept { return typed_; }
  /// The end of a long answer is what is seen.
  [[nodiscard]] line shown(std::size_t width) const;
  [[nodiscard]] std::size_t cursor(std::size_t width) const;

 private:
  std::string question_;
  std::string typed_;
};

}  // namespace skein::cli::screen
