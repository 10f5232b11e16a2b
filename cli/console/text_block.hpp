// A long text of somebody else, kept as it is and formatted line by line when it is seen.
#pragma once

#include "cli/console/line.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace skein::cli::screen {

class text_block {
 public:
  enum class kind { text, diff };

  text_block() = default;
  text_block(std::string text, kind of);

  [[nodiscard]] std::size_t lines() const noexcept { return starts_.size(); }
  [[nodiscard]] line at(std::size_t index, std::size_t width) const;

 private:
  std::string text_;
  kind kind_ = kind::text;
  std::vector<std::uint32_t> starts_;
};

/// More of a text is not shown.
inline constexpr std::uint64_t most_text_bytes = 8ULL << 20;

}  // namespace skein::cli::screen
