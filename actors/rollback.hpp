// Takes back what a campaign published: closes its pull requests, deletes its branches, and opens a
// pull request that reverts what was merged. Every step looks first, so that it may be repeated;
// every act is kept as an event before the next one.
#pragma once

#include "actors/forges.hpp"
#include "runtime/store/writer.hpp"
#include "schema/config.hpp"

#include <functional>
#include <string>
#include <vector>

namespace skein::actors {

enum class rollback_act {
  nothing,         ///< it is as it should be
  closed,          ///< the pull request
  branch_deleted,  ///< of the remote
  reverted,        ///< a pull request that takes back what was merged
  person           ///< it could not be done here; `detail` says what a person has to do
};
[[nodiscard]] std::string_view to_string(rollback_act value) noexcept;

struct rollback_step {
  std::string run_id;
  std::string repo_url;
  rollback_act act = rollback_act::nothing;
  std::string detail;
};

struct rollback_order {
  std::string campaign;
  std::string by;
  bool dry_run = false;
};

struct rollback_means {
  store::writer& writer;
  const forge_sources& forges;
  const schema::config& config;
  std::filesystem::path mirrors;
  std::function<std::int64_t()> now_ms;
};

/// Blocking; waits for the limits of forges. `tell` hears every step at once. `not_found`: no such
/// campaign; `refused`: it may still publish.
[[nodiscard]] result<std::vector<rollback_step>> roll_back(
    const rollback_order& order, const rollback_means& with,
    const std::function<void(const rollback_step&)>& tell);

}  // namespace skein::actors
