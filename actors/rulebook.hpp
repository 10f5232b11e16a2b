// Everything that the platform's files say about what may happen: read once when a fleet opens,
// never from a place that an agent can write.
#pragma once

#include "runtime/diff/tables.hpp"
#include "runtime/egress/parent_proxy.hpp"
#include "runtime/egress/registries.hpp"
#include "runtime/judge/rules.hpp"
#include "runtime/policy/engine.hpp"
#include "runtime/scan/secret_scanner.hpp"
#include "runtime/supply/advisories.hpp"
#include "runtime/supply/toolchain.hpp"
#include "runtime/tools/registry.hpp"
#include "runtime/verify/verifier_set.hpp"
#include "schema/agent_file.hpp"
#include "schema/config.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>

namespace skein::actors {

struct rulebook {
  verify::catalogue verifiers;
  scan::secret_scanner secrets;  ///< knows what the platform holds
  std::vector<scan::held_secret> held;
  diff::tables gate;      ///< empty ones block every change
  judge::rules judging;   ///< likewise
  policy::engine policy;  ///< an empty one denies every call
  tools::registry tools;
  std::map<std::string, schema::agent_file> agents;  ///< external ones
  egress::registries registries;
  std::optional<egress::parent_proxy> way_out;  ///< the platform's own proxy
  supply::advisories advisories = {};
  std::shared_ptr<supply::toolchain> toolchain = {};  ///< set by load(); null: nothing is pinned

  /// Texts are searched for these from now on.
  [[nodiscard]] result<> hold(std::vector<scan::held_secret> values);

  /// Blocking. The first file that is wrong is an error that names it: nothing flies with half of
  /// the rules.
  [[nodiscard]] static result<rulebook> load(const std::filesystem::path& shipped,
                                             const schema::config& config);
};

}  // namespace skein::actors
