#include "actors/console/frame_guard.hpp"

#include <caf/atom.hpp>
#include <caf/io/basp/header.hpp>

#include <algorithm>

namespace skein::console {

namespace {

using caf::io::basp::message_type;

constexpr std::uint32_t longest_handshake = 16384;
constexpr std::uint32_t longest_named = 4096;

std::uint64_t number(const unsigned char* from, int bytes) {
  std::uint64_t out = 0;
  for (int i = 0; i < bytes; ++i) out = out << 8 | from[i];
  return out;
}

error no(const std::string& why) {
  return {errc::refused, why, {}};
}

}  // namespace

result<> frame_guard::look() {
  static_assert(header_size == caf::io::basp::header_size);
  const auto kind = static_cast<message_type>(header_[0]);
  const auto flags = header_[3];
  const auto length = static_cast<std::uint32_t>(number(&header_[4], 4));
  std::uint32_t longest = 0;
  switch (kind) {
    case message_type::server_handshake:
      if (way_ == direction::to_fleet) return no("a client that speaks as a server");
      longest = longest_handshake;
      break;
    case message_type::client_handshake:
      if (way_ == direction::to_client) return no("a server that speaks as a client");
      longest = longest_handshake;
      break;
    case message_type::direct_message:
      longest = longest_frame_;
      if ((flags & caf::io::basp::header::named_receiver_flag) != 0) {
        // The greeting of a new node. Nothing else that has a name is for strangers.
        if (number(&header_[24], 8) != static_cast<std::uint64_t>(caf::atom("SpawnServ"))) {
          return no("a message to a named actor");
        }
        longest = longest_named;
      }
      break;
    case message_type::monitor_message:
    case message_type::down_message:
    case message_type::heartbeat:
      longest = longest_named;
      break;
    default:  // routed messages name a sender of their choice
      return no("a frame of kind " + std::to_string(header_[0]));
  }
  if (length > longest) {
    return no("a frame of " + std::to_string(length) + " bytes where " + std::to_string(longest) +
              " are allowed");
  }
  left_ = length;
  return {};
}

result<> frame_guard::pass(std::string_view bytes) {
  while (!bytes.empty()) {
    if (left_ > 0) {
      const auto taken = std::min<std::size_t>(left_, bytes.size());
      left_ -= static_cast<std::uint32_t>(taken);
      bytes.remove_prefix(taken);
      continue;
    }
    const auto taken = std::min(header_size - have_, bytes.size());
    std::copy_n(bytes.begin(), taken, header_.begin() + static_cast<std::ptrdiff_t>(have_));
    have_ += taken;
    bytes.remove_prefix(taken);
    if (have_ < header_size) return {};
    SKEIN_CHECK(look());
    have_ = 0;
  }
  return {};
}

}  // namespace skein::console
