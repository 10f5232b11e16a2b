// What the daemon tells a monitoring system: /metrics, /healthz and /readyz. No secrets, no names
// of repositories or runs.
#pragma once

#include "actors/fleet_client.hpp"
#include "cli/metrics/http_endpoint.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace skein::cli {

struct monitoring_wish {
  std::string address;
  std::string version;
  std::filesystem::path state_dir;
  std::uint32_t cells = 0;
};

/// The answers, without the server; asks the fleet and the database at most once a second.
/// `fleet` has to outlive it. For one thread.
[[nodiscard]] http_endpoint::answer_fn monitoring_answers(actors::fleet_client& fleet,
                                                          const monitoring_wish& wish);

/// The server with these answers. `fleet` has to outlive it.
[[nodiscard]] result<std::unique_ptr<http_endpoint>> start_monitoring(actors::fleet_client& fleet,
                                                                      const monitoring_wish& wish);

}  // namespace skein::cli
