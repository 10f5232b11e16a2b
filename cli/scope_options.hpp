// `--all | --tenant T | --campaign C | --repo R | --run ID`: what a switch is about.
#pragma once

#include "cli/invocation.hpp"
#include "runtime/store/operation.hpp"
#include "schema/error.hpp"
#include "schema/run.hpp"

#include <string>

namespace CLI {
class App;
}

namespace skein::cli {

struct scope_options {
  bool all = false;
  std::string tenant;
  std::string campaign;
  std::string repo;
  std::string run;
};

struct switch_target {
  store::switch_scope scope = store::switch_scope::all;
  std::string name;  ///< empty for all
};

/// Exactly one of them has to be given.
void add_scope_options(CLI::App& verb, scope_options& into);

/// Resolves a run's shortened id and checks that a run or campaign exists; tenants and repositories
/// may be of the future. `not_found`, `conflict` (ambiguous id), `invalid`. Blocking.
[[nodiscard]] result<switch_target> resolve_scope(const global_options& global,
                                                  const scope_options& given);

/// "campaign old-api", "everything".
[[nodiscard]] std::string to_string(const switch_target& target);

[[nodiscard]] bool covers(const switch_target& target, const schema::run& run);

}  // namespace skein::cli
