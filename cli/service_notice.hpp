// What a service supervisor is told of the daemon: systemd's notification protocol, sd_notify(3).
#pragma once

#include <string_view>

namespace skein::cli {

/// Sends `state` ("READY=1", "STOPPING=1", "WATCHDOG=1") to the socket that NOTIFY_SOCKET names, a
/// path or, after an `@`, an abstract name. False when no supervisor asked or it cannot be reached:
/// the daemon goes on without. Does not block.
bool notify_supervisor(std::string_view state);

}  // namespace skein::cli
