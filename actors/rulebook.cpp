#include "actors/rulebook.hpp"

#include "runtime/agent/adapter.hpp"
#include "runtime/policy/load.hpp"
#include "runtime/tools/grants.hpp"

#include <future>

namespace skein::actors {

namespace {

result<tools::registry> load_tools(const std::filesystem::path& shipped,
                                   const std::vector<std::string>& own) {
  std::vector<std::filesystem::path> folders{shipped};
  for (const auto& each : own) {
    std::error_code failed;
    if (!std::filesystem::is_directory(each, failed)) {
      return error{errc::not_found, "tool folder " + each + " is not there, or is no folder",
                   "correct `tools` in skein.yaml"};
    }
    folders.emplace_back(each);
  }
  return tools::registry::load(folders);
}

}  // namespace

result<rulebook> rulebook::load(const std::filesystem::path& shipped, const schema::config& config) {
  // Most of the time that a start takes is compiling these; each on its own.
  auto secrets_loading =
      std::async([&shipped] { return scan::secret_scanner::load(shipped / "secrets"); });
  auto policy_loading =
      std::async([&] { return policy::load(shipped / "policies", config.policies); });
  SKEIN_TRY(verifiers, verify::catalogue::load(shipped / "verifiers"));
  SKEIN_TRY(gate, diff::tables::load(shipped / "diff"));
  SKEIN_TRY(judging, judge::rules::load(shipped / "judge", gate));
  SKEIN_TRY(tools, load_tools(shipped / "tools", config.tools));
  SKEIN_TRY(agents, agent::load_agents(shipped / "agents"));
  // Nothing of it is read again: what matters is that each says what it adds to the threat model.
  SKEIN_CHECK(tools::load_grants(shipped / "grants.yaml"));
  SKEIN_TRY(registries, egress::load_registries(shipped / "egress/registries.yaml"));
  SKEIN_TRY(policy, policy_loading.get());
  SKEIN_TRY(secrets, secrets_loading.get());
  rulebook out{std::move(verifiers), std::move(secrets), {}, std::move(gate), std::move(judging), std::move(policy), std::move(tools), std::move(agents),
               egress::with_own(std::move(registries), config.egress.registries), {}};
  if (const auto& url = config.egress.upstream_proxy; !url.empty()) {
    SKEIN_TRY(way_out, egress::parse_parent_proxy(url));
    out.way_out = std::move(way_out);
  }
  if (!config.advisories.empty()) {
    SKEIN_TRY(known, supply::advisories::load(config.advisories));
    out.advisories = std::move(known);
  }
  if (!config.toolchain.empty()) {
    out.toolchain = std::make_shared<supply::toolchain>(config.toolchain);
    SKEIN_CHECK(out.toolchain->check());
  }
  return out;
}

result<> rulebook::hold(std::vector<scan::held_secret> values) {
  held = std::move(values);
  SKEIN_TRY(knowing, secrets.with_held(held));
  secrets = std::move(knowing);
  return {};
}

}  // namespace skein::actors
