// Watches single runs until every one is final: a line on a terminal, lines with --verbose.
#pragma once

#include "cli/watch/watch_end.hpp"
#include "runtime/store/reader.hpp"
#include "schema/run.hpp"

#include <string>
#include <vector>

namespace skein::cli {

struct watched_runs {
  watch_end end = watch_end::over;
  std::vector<schema::run> runs;  ///< in the order of the ids, as they are now
};

/// Blocking. The error says that the fleet or its state was lost.
[[nodiscard]] result<watched_runs> watch_runs(const global_options& global, fleet_access& access,
                                              const store::reader& state,
                                              const std::vector<std::string>& ids);

}  // namespace skein::cli
