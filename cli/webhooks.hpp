// Where `skein serve` takes what forges deliver: POST /webhooks/FORGE. What a delivery means is
// decided by the fleet; here is who may speak, how much, and what is written down of those who may
// not.
#pragma once

#include "actors/fleet_client.hpp"
#include "cli/metrics/http_endpoint.hpp"
#include "schema/config.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace skein::cli {

/// GitHub's largest are 25 MB, those of pull requests and checks some tens of KB.
inline constexpr std::uint64_t largest_webhook = 4ULL << 20;

/// `not_found` or `invalid` unless some forge has a webhook secret and all that are named can be
/// read: without one nothing could be taken, and an open port would only be an invitation.
/// Blocking.
[[nodiscard]] result<> check_webhook_secrets(const schema::config& settings);

/// The answers, without the server. Refusals are audited as `webhook_refused`, at most some a
/// minute one by one. `fleet` has to outlive it. For one thread.
[[nodiscard]] post_taker webhook_taker(actors::fleet_client& fleet,
                                       std::function<std::int64_t()> now_ms);

/// The server with these answers. `fleet` has to outlive it.
[[nodiscard]] result<std::unique_ptr<http_endpoint>> start_webhooks(actors::fleet_client& fleet,
                                                                    const std::string& address);

}  // namespace skein::cli
