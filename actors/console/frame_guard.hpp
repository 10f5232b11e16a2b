// Looks at the stream that goes into the middleman, which takes whatever length a frame announces:
// finds the frames, and says no to what a client of the console never sends. Does not read
// messages.
#pragma once

#include "schema/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace skein::console {

/// Towards the fleet, or towards a client (which trusts the fleet with more, but not with memory).
enum class direction { to_fleet, to_client };

class frame_guard {
 public:
  frame_guard(direction way, std::uint32_t longest_frame)
      : way_(way), longest_frame_(longest_frame) {}

  /// `refused` says what was wrong; nothing of the stream may be passed on after that.
  [[nodiscard]] result<> pass(std::string_view bytes);

  /// In the middle of a frame.
  [[nodiscard]] bool inside() const noexcept { return have_ > 0 || left_ > 0; }

 private:
  static constexpr std::size_t header_size = 32;
  [[nodiscard]] result<> look();

  direction way_;
  std::uint32_t longest_frame_;
  std::array<unsigned char, header_size> header_{};
  std::size_t have_ = 0;    ///< bytes of the header
  std::uint32_t left_ = 0;  ///< bytes of the payload
};

}  // namespace skein::console
