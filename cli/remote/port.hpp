// The remote port of the daemon: keys, desk and console, and the audit of who may connect.
#pragma once

#include "actors/console/credentials.hpp"
#include "actors/fleet_client.hpp"
#include "cli/tenant_quotas.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace skein::cli::remote {

class port {
 public:
  /// Makes the keys if there are none. Listens unless `where` has no host; then keys that cannot be
  /// used are a warning. `fleet` outlives it; `limits` are those of its tenants. Blocking.
  [[nodiscard]] static result<std::unique_ptr<port>> open(const std::filesystem::path& state,
                                                          const console::endpoint& where,
                                                          actors::fleet_client& fleet,
                                                          tenant_limits limits = {});
  /// Hangs up on everybody, and waits for what is inside the fleet.
  virtual ~port() = default;

  /// HOST:PORT; empty: nobody listens.
  [[nodiscard]] virtual std::string address() const = 0;
  /// Audits what became of operators since the last call, or since the daemon before this one.
  virtual void note_changes() = 0;
};

}  // namespace skein::cli::remote
