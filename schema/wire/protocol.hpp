// The fixed numbers of the remote protocol. No CAF here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace skein::wire {

inline constexpr std::uint32_t protocol_version = 1;
/// Offered in the TLS handshake, and compared by the middleman when two nodes meet.
inline constexpr const char* app_identifier = "skein-remote-1";

/// Longest texts of each kind, in bytes; whatever is longer is refused unread.
inline constexpr std::size_t longest_word = 128;
inline constexpr std::size_t longest_question = std::size_t{256} << 10;
inline constexpr std::size_t longest_order = std::size_t{16} << 20;
/// An answer grows to about this before it is cut into pages.
inline constexpr std::size_t page_bytes = std::size_t{1} << 20;
inline constexpr std::uint32_t longest_chunk = 1U << 20;
/// Longest frame on the wire, whatever it says.
inline constexpr std::uint32_t longest_frame = (17U << 20);

}  // namespace skein::wire
