// skein.yaml and the shipped configuration: where they are and what they say.
#pragma once

#include "cli/invocation.hpp"
#include "schema/config.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <optional>

namespace skein::cli {

/// --config or SKEIN_CONFIG, else $XDG_CONFIG_HOME/skein/skein.yaml, else /etc/skein/skein.yaml;
/// none when neither of these two exists.
[[nodiscard]] std::optional<std::filesystem::path> settings_file(const global_options& global);

/// What that file says, or the defaults. `invalid` with a line for each thing that is wrong.
/// Blocking.
[[nodiscard]] result<schema::config> load_settings(const global_options& global);

/// Takes `server:` and `credentials:` from that file, for a verb that acts on a fleet and was told
/// neither a server nor a state directory. Errors as load_settings().
[[nodiscard]] result<> choose_fleet(global_options& global);

/// How many cells a fleet of this process has: `wanted`, else as configured, else one per
/// processor.
[[nodiscard]] std::uint32_t cells_of(const schema::config& settings, std::uint32_t wanted);

}  // namespace skein::cli
