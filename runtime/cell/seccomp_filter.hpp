// The system call filter of every command, compiled once per process. Not the only layer: a command
// has no capability and no namespace to gain one in; this shrinks what it can reach of the kernel.
#pragma once

#include "runtime/cell/cell.hpp"
#include "schema/error.hpp"

#include <string>

namespace skein::cell {

/// The program as bytes (`struct sock_filter[]`), one for each value of `allowed`. `unsupported`
/// when libseccomp cannot make it.
[[nodiscard]] const result<std::string>& command_filter(sockets allowed);

}  // namespace skein::cell
