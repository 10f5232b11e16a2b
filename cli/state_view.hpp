// What the reading verbs look at: the state directory, read-only, beside whatever runs there, or
// that of a fleet elsewhere.
#pragma once

#include "cli/invocation.hpp"
#include "runtime/store/reader.hpp"
#include "schema/error.hpp"
#include "schema/run.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace skein::cli {

/// Blocking. `not_found` when nothing was ever kept there. With --server: the state of the fleet
/// there.
[[nodiscard]] result<std::unique_ptr<store::reader>> open_reader(const global_options& global);

/// As open_reader, but a directory without state is no error: the pointer is empty.
[[nodiscard]] result<std::unique_ptr<store::reader>> open_reader_if_any(
    const global_options& global);

/// An artifact that this run speaks of. Blocking.
[[nodiscard]] result<std::string> read_artifact(const global_options& global,
                                                const std::string& run, const std::string& ref);

/// The process that flies what is there; none: nobody does.
struct fleet_owner {
  int pid = 0;
  std::string command;
};
[[nodiscard]] std::optional<fleet_owner> owner_of(const global_options& global);

/// The run whose id starts with `prefix`.
[[nodiscard]] result<schema::run> find_run(const store::reader& from, const std::string& prefix);

/// The switch that covers this run, the strongest first (kill, hold, drain); none: nullptr.
[[nodiscard]] const store::switch_row* covering_switch(
    const std::vector<store::switch_row>& switches, const schema::run& run);

/// `hold switch on tenant a by root since …: reason`, for people, on one line.
[[nodiscard]] std::string switch_text(const store::switch_row& row);
/// The command that takes it back.
[[nodiscard]] std::string lift_command(const store::switch_row& row);

/// What users see: a queued run that a switch covers is `held`.
[[nodiscard]] schema::run_state shown_state(const std::vector<store::switch_row>& switches,
                                            const schema::run& run);

[[nodiscard]] std::int64_t now_ms();

}  // namespace skein::cli
