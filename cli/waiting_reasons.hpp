// Why a run is where it is: what it waits for, or how it ended.
#pragma once

#include "cli/invocation.hpp"
#include "runtime/store/reader.hpp"
#include "schema/run.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace skein::cli {

struct reason {
  std::string code;     ///< for scripts: switch, campaign_paused, wave_not_open, queue …
  std::string message;  ///< for people, one line
  std::string remedy;   ///< what changes it; may be empty
  std::optional<std::uint64_t> position = {};  ///< runs that are likely to go first
  std::optional<std::int64_t> eta_ms = {};     ///< from now; none: nobody can say
};

/// The most important first; never empty. Blocking.
[[nodiscard]] result<std::vector<reason>> reasons_for(const global_options& global,
                                                      const store::reader& from,
                                                      const schema::run& run);

}  // namespace skein::cli
