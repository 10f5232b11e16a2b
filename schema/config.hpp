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
  std::uint32_t pull_requests_per_hour = 0;  ///< 0: no limit
  std::uint32_t pull_requests_per_day = 0;   ///< 0: no limit
  friend bool operator==(const tenant_config&, const tenant_config&) = default;
};

/// Who goes first; docs/scheduling.md explains it.
struct scheduler_config {
  std::uint32_t preemptions_per_minute = 0;  ///< 0: none
  std::chrono::milliseconds half_life{std::chrono::hours{1}};  ///< of past use
  std::chrono::milliseconds ageing{std::chrono::minutes{10}};  ///< are worth one step of priority
  std::map<std::string, std::uint32_t> labels;  ///< `key=value`: so many runs at once
  std::uint64_t max_queued = 1'000'000;         ///< runs; more are refused
  double usd = 0;                               ///< of all tenants together; 0: no limit
  std::uint64_t tokens = 0;                     ///< likewise
  friend bool operator==(const scheduler_config&, const scheduler_config&) = default;
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

/// Who answers models' questions. `wire` is how it is spoken to.
struct provider_config {
  std::string wire;      ///< anthropic | openai-responses | openai-chat
  std::string base_url;  ///< without the wire's own path; empty: the wire's usual one
  std::string key_env;   ///< one of these three holds the key; none: no key is sent
  std::string key_file;
  std::string key_credential;  ///< of systemd: a name in CREDENTIALS_DIRECTORY
  std::vector<std::string> models;  ///< in order of preference: the later ones are fallbacks
  struct price {
    double input = 0;  ///< US dollars for a million tokens, like the others
    double output = 0;
    double cache_read = 0;
    double cache_write = 0;
    friend bool operator==(const price&, const price&) = default;
  };
  std::map<std::string, price> prices;  ///< by model
  std::string ca_file;                  ///< PEM, in place of the system's certificates
  friend bool operator==(const provider_config&, const provider_config&) = default;
};

/// Where an external agent is installed on the workers, and which model it gets.
struct agent_config {
  std::string install;   ///< a folder; seen read-only in the cell; empty: it is in /usr
  std::string provider;  ///< empty: as its file says
  std::string model;     ///< empty: as its file says
  friend bool operator==(const agent_config&, const agent_config&) = default;
};

/// What this machine has to say about an MCP server that descriptors name.
struct tool_server_config {
  std::string install;  ///< a folder; seen read-only in the server's cell; empty: it is in /usr
  std::string ca_file;  ///< PEM, in place of the system's certificates, for one with a url
  std::chrono::milliseconds timeout{std::chrono::minutes{1}};  ///< of a call without progress
  friend bool operator==(const tool_server_config&, const tool_server_config&) = default;
};

/// Which model looks at changes after the rules; never the one that made the change.
struct judge_config {
  std::string mode = "when-possible";  ///< never | when-possible | required | always
  std::string provider;                ///< empty: any other than the author's
  std::string model;
  friend bool operator==(const judge_config&, const judge_config&) = default;
};

/// Where a secret is kept; at most one of the three is set.
struct secret_place {
  std::string env;
  std::string file;
  std::string credential;  ///< of systemd: a name in CREDENTIALS_DIRECTORY
  [[nodiscard]] bool empty() const { return env.empty() && file.empty() && credential.empty(); }
  friend bool operator==(const secret_place&, const secret_place&) = default;
};

/// Where people review: a forge, which repositories are its own, and how much is asked of it.
struct forge_config {
  std::string kind = "github";  ///< or local: records in `directory`
  std::string repositories;  ///< addresses that begin so are its own; the longest prefix wins
  std::string api_url;       ///< empty: the usual one of the kind
  std::string token_env;     ///< one of these three holds the token
  std::string token_file;
  std::string token_credential;  ///< of systemd: a name in CREDENTIALS_DIRECTORY
  std::string app_id;            ///< with app_key_file, in place of a token
  std::string app_key_file;
  std::string ca_file;  ///< PEM, in place of the system's certificates
  std::string directory;              ///< kind local: where its records are
  secret_place webhook_secret;        ///< what its deliveries are signed with
  secret_place webhook_old_secret;    ///< also good, while the other one is being introduced
  std::uint32_t writes_per_minute = 80;  ///< that people are told of
  std::uint32_t writes_per_hour = 500;
  std::uint32_t open_per_repository = 5;  ///< pull requests
  std::uint32_t opened_per_hour = 5;      ///< in one repository
  std::uint32_t opened_per_day = 10;
  std::uint32_t rebases = 3;  ///< of one pull request whose base moved; 0: never
  std::chrono::milliseconds poll_after{std::chrono::minutes{5}};
  std::chrono::milliseconds remind_after{std::chrono::hours{24 * 7}};
  std::chrono::milliseconds close_after{std::chrono::hours{24 * 14}};  ///< after the reminder
  std::chrono::milliseconds delete_after{std::chrono::hours{24}};      ///< after it was closed
  friend bool operator==(const forge_config&, const forge_config&) = default;
};

/// How long a change waits for people.
struct approval_config {
  std::chrono::milliseconds expire_after{std::chrono::hours{24 * 7}};
  std::chrono::milliseconds escalate_after{std::chrono::hours{24}};
  friend bool operator==(const approval_config&, const approval_config&) = default;
};

struct config {
  std::string server;       ///< HOST:PORT of the fleet that commands act on; empty: this machine's
  std::string credentials;  ///< the file for it; empty: the usual places
  std::string webhooks_listen;  ///< HOST:PORT where `serve` takes forges' deliveries; empty: nowhere
  std::uint32_t cells = 0;  ///< cells at once on the embedded worker; 0: one per processor
  std::chrono::milliseconds git_timeout{std::chrono::minutes{5}};
  std::uint64_t cell_memory_bytes = 4ULL << 30;  ///< of a cell whose task states none
  std::uint32_t cell_processes = 512;
  std::uint64_t cell_disk_bytes = 8ULL << 30;  ///< what the workspaces of one cell may hold
  std::uint64_t worker_memory_bytes = 0;  ///< for all cells together; 0: the machine's
  double worker_cpus = 0;                 ///< likewise
  /// Programs that cells may use only as they are named here: absolute path → SHA-256.
  std::map<std::string, std::string> toolchain;
  std::string advisories;     ///< a folder of OSV records; empty: none are looked up
  std::uint32_t mutants = 0;  ///< wrong versions of a change that its verifiers have to notice
  std::uint32_t max_crashes = 20;  ///< losses of worker or process before a run is given up
  std::string author_name = "Skein";
  std::string author_email = "skein@localhost";
  std::map<std::string, tenant_config> tenants;
  scheduler_config scheduler;
  egress_config egress;
  std::vector<std::string> policies;  ///< files whose rules are added to the shipped ones
  std::vector<std::string> tools;     ///< folders of tools and approvals beside the shipped ones
  std::map<std::string, tool_server_config> tool_servers;
  approval_config approvals;
  judge_config judge;
  std::map<std::string, provider_config> providers;  ///< added to the built-in ones
  std::map<std::string, forge_config> forges;        ///< added to the built-in one
  std::map<std::string, agent_config> agents;        ///< external ones, by name
  friend bool operator==(const config&, const config&) = default;
};

[[nodiscard]] nlohmann::json to_json(const config& value);
[[nodiscard]] config config_from_json(const nlohmann::json& document);

}  // namespace skein::schema
