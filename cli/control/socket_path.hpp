// The address of a Unix socket whatever the length of its path, and who is on the other side.
#pragma once

#include "runtime/process/descriptor.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <string>

namespace skein::cli::control {

/// Addresses have room for 107 bytes; a longer path is reached through its directory's descriptor,
/// so keep this object until after bind or connect.
struct socket_path {
  process::descriptor directory;
  std::string name;
};
[[nodiscard]] result<socket_path> address_of(const std::filesystem::path& socket);

/// `refused` unless the peer of this connected socket is `wanted` or root.
[[nodiscard]] result<> check_peer(int socket, uid_t wanted);

/// The name of the user on the other side, as the kernel knows it.
[[nodiscard]] result<std::string> peer_name(int socket);

}  // namespace skein::cli::control
