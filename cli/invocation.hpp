// What every verb gets: the global options, and where to put what it will do.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace skein::console {
class link;
}

namespace skein::cli {

enum class output_format { text, wide, json, yaml };
enum class color_wish { automatic, always, never };

struct global_options {
  std::filesystem::path state_dir;   ///< resolved: --state-dir, SKEIN_STATE_DIR, or the default
  std::string server;                ///< --server, SKEIN_SERVER: HOST:PORT; empty: the state directory
  std::filesystem::path credentials; ///< --credentials, SKEIN_CREDENTIALS; empty: the usual places
  mutable std::shared_ptr<console::link> session;  ///< with the server, once somebody needed it
  std::filesystem::path config_file; ///< --config; empty: $XDG_CONFIG_HOME/skein/skein.yaml if it exists
  output_format output = output_format::text;
  color_wish color = color_wish::automatic;
  bool quiet = false;
  bool verbose = false;
};

/// The exit codes of INTERFACE.md.
enum exit_code {
  exit_ok = 0,
  exit_failure = 1,
  exit_usage = 2,
  exit_refused = 3,
  exit_not_authorised = 4,
  exit_budget = 5,
  exit_verification = 6,
  exit_killed = 7,
  exit_pending = 8,
  exit_interrupted = 130
};

/// A verb's callback of the command line parser sets `action`; main runs it and exits with its value.
struct invocation {
  global_options global;
  std::function<int()> action;
};

}  // namespace skein::cli
