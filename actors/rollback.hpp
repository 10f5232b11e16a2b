// Takes back what a campaign published: closes its pull requests, deletes its branches, and opens a
// pull request that reverts what was merged. Every step looks first, so that it may be repeated;
// every act is kept as an event before the next one.
#pragma once

#include "actors/forges.hpp"
#include "actors/messages.hpp"
#include "runtime/store/writer.hpp"
#include "schema/config.hpp"

#include <functional>
#include <string>
#include <vector>

namespace skein::actors {

/// What it needs of the database: of a file that nobody else writes, or of a fleet at work.
struct rollback_records {
  std::function<result<>(store::operation)> commit;
  const store::reader& view;
};
/// The records of a writer that the caller has to itself.
[[nodiscard]] rollback_records records_of(store::writer& writer);

struct rollback_means {
  rollback_records records;
  const forge_sources& forges;
  const schema::config& config;
  std::filesystem::path mirrors;
  std::function<std::int64_t()> now_ms;
  /// Calls it where that forge may be asked, and waits; empty: nobody else asks forges, so here.
  std::function<void(const forge_place&, const std::function<void()>&)> in_line = {};
};

/// Blocking; waits for the limits of forges. `tell` hears every step at once. `not_found`: no such
/// campaign; `refused`: it may still publish.
[[nodiscard]] result<std::vector<rollback_step>> roll_back(
    const rollback_order& order, const rollback_means& with,
    const std::function<void(const rollback_step&)>& tell);

}  // namespace skein::actors
