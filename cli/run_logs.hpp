// The logs of a run in the order they came: its tool calls, from the trace, then its verifiers.
#pragma once

#include "runtime/store/reader.hpp"
#include "schema/run.hpp"

#include <string>
#include <vector>

namespace skein::cli {

struct log_section {
  std::string title;  ///< printable
  std::string kind;   ///< agent | verifier
  std::string name;   ///< of the verifier
  std::string ref;    ///< artifact; may be empty: there was no output
};

/// Sections only ever get more while a run is followed. With `verifier`, only those of that name.
/// Blocking.
[[nodiscard]] result<std::vector<log_section>> log_sections(const store::reader& from,
                                                            const schema::run& run,
                                                            const std::string& verifier);

}  // namespace skein::cli
