// `skein.yaml` (kind: Config): how this fleet is set up. Everything has a default; the file may be
// absent.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace skein::schema {

struct tenant_config {
  double weight = 1;
  std::uint32_t max_concurrency = 0;  ///< 0: no limit of its own
  double usd = 0;                     ///< 0: no limit
  std::uint64_t tokens = 0;           ///< 0: no limit
  friend bool operator==(const tenant_config&, const tenant_config&) = default;
};

/// What `network: registries` opens under one name.
struct registry_config {
  std::vector<std::string> hosts;  ///< `host:port` or `*.suffix:port`; none: the name is closed
  bool allow_private = false;      ///< they may have addresses of a private network
  bool tls = true;                 ///< a tunnel to them must begin with TLS
  friend bool operator==(const registry_config&, const registry_config&) = default;
};

struct egress_config {
  std::string upstream_proxy;  ///< the platform's own way out; empty: direct
  std::map<std::string, registry_config> registries;  ///< replace the shipped ones by name
  friend bool operator==(const egress_config&, const egress_config&) = default;
};

/// How long a change waits for people.
struct approval_config {
  std::chrono::milliseconds expire_after{std::chrono::hours{24 * 7}};
  std::chrono::milliseconds escalate_after{std::chrono::hours{24}};
  friend bool operator==(const approval_config&, const approval_config&) = default;
};

struct config {
  std::uint32_t cells = 0;  ///< cells at once on the embedded worker; 0: one per processor
  std::chrono::milliseconds git_timeout{std::chrono::minutes{5}};
  std::uint64_t cell_memory_bytes = 4ULL << 30;
  std::uint32_t cell_processes = 512;
  std::uint32_t max_crashes = 20;  ///< losses of worker or process before a run is given up
  std::string author_name = "Skein";
  std::string author_email = "skein@localhost";
  std::map<std::string, tenant_config> tenants;
  egress_config egress;
  std::vector<std::string> policies;  ///< files whose rules are added to the shipped ones
  approval_config approvals;
  friend bool operator==(const config&, const config&) = default;
};

[[nodiscard]] nlohmann::json to_json(const config& value);
[[nodiscard]] config config_from_json(const nlohmann::json& document);

}  // namespace skein::schema
