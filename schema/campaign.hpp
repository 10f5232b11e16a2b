// A campaign: one task over many repositories, in waves.
#pragma once

#include "schema/task.hpp"

namespace skein::schema {

/// Exactly one member is set. `glob` and `file` are expanded when the campaign starts; `github`
/// selectors need a forge and are refused until one is configured.
struct repo_selector {
  std::string url;
  std::string branch;  ///< with url
  std::string file;    ///< one URL a line; blank lines and `#` comments are skipped
  std::string glob;
  std::string github;
  std::vector<std::string> labels;  ///< with url: what waves may choose by
  std::vector<std::string> needs;   ///< with url: addresses of this campaign that go before it
  friend bool operator==(const repo_selector&, const repo_selector&) = default;
};

/// One of size, percent, label, owner or rest.
struct wave_spec {
  std::uint32_t size = 0;
  double percent = 0;  ///< of all repositories, rounded up
  bool rest = false;
  std::string label;  ///< all repositories that have it
  std::string owner;  ///< all repositories of it
  double require_success = 0;  ///< 0…1; below it the campaign halts after this wave
  std::chrono::milliseconds soak{0};
  friend bool operator==(const wave_spec&, const wave_spec&) = default;
};

struct campaign_limits {
  std::uint32_t concurrency = 0;  ///< 0: only the fleet's own limit
  std::uint32_t max_open_pull_requests = 0;
  double usd = 0;
  std::uint32_t max_failing_checks = 0;  ///< 0: any number
  double max_failure_rate = 1;           ///< of the runs that ended
  double max_veto_rate = 1;              ///< of the pull requests that people have ended: closed
  friend bool operator==(const campaign_limits&, const campaign_limits&) = default;
};

struct schedule_spec {
  std::string cron;
  std::string timezone;
  std::string window;
  std::string when_missed = "skip";
  friend bool operator==(const schedule_spec&, const schedule_spec&) = default;
};

struct campaign {
  std::string name;
  std::string tenant = "default";
  std::map<std::string, std::string> labels;
  task_spec task;  ///< without repo
  std::vector<repo_selector> repos;
  std::vector<wave_spec> waves;  ///< empty: one wave with everything
  campaign_limits limits;
  std::optional<schedule_spec> schedule;
  int priority = 0;  ///< of its runs
  friend bool operator==(const campaign&, const campaign&) = default;
};

enum class campaign_state { running, paused, halted, aborted, completed };
[[nodiscard]] std::string_view to_string(campaign_state value) noexcept;
[[nodiscard]] std::optional<campaign_state> parse_campaign_state(std::string_view text) noexcept;

[[nodiscard]] nlohmann::json to_json(const campaign& value);
[[nodiscard]] campaign campaign_from_json(const nlohmann::json& document);

/// The task that a campaign gives to one repository: the campaign's name, tenant and labels, the
/// shared spec, and the repository.
[[nodiscard]] task task_for_repo(const campaign& owner, const repo_spec& repo);

/// How many repositories each wave takes out of `total`, in order; sums to `total`. Repositories
/// that no wave claims form a last wave of their own.
[[nodiscard]] std::vector<std::uint32_t> wave_sizes(const campaign& owner, std::uint32_t total);

}  // namespace skein::schema
