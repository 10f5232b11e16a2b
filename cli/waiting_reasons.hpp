// Why a run is where it is: what it waits for, or how it ended.
#pragma once

#include "cli/invocation.hpp"
#include "runtime/store/reader.hpp"
#include "schema/run.hpp"

#include <string>
#include <vector>

namespace skein::cli {

struct reason {
  std::string code;     ///< for scripts: switch, campaign_paused, wave_not_open, queue …
  std::string message;  ///< for people, one line
  std::string remedy;   ///< what changes it; may be empty
};

/// The most important first; never empty. Blocking.
[[nodiscard]] result<std::vector<reason>> reasons_for(const global_options& global,
                                                      const store::reader& from,
                                                      const schema::run& run);

}  // namespace skein::cli
