#include "cli/scope_options.hpp"

#include "cli/state_view.hpp"
#include "cli/task_files.hpp"
#include "schema/names.hpp"

#include <CLI/App.hpp>

namespace skein::cli {

namespace {

using store::switch_scope;

result<std::string> existing_run(const global_options& global, const std::string& prefix) {
  SKEIN_TRY(from, open_reader(global));
  return from->resolve_run(prefix);
}

result<> check_campaign(const global_options& global, const std::string& name) {
  SKEIN_TRY(from, open_reader(global));
  SKEIN_TRY(row, from->campaign(name));
  (void)row;
  return {};
}

error no_name(const std::string& what, const std::string& text) {
  return {errc::invalid, what + " \"" + text + "\" is no name",
          "names are lower-case letters, digits, `.`, `_` and `-`"};
}

}  // namespace

void add_scope_options(CLI::App& verb, scope_options& into) {
  auto* group = verb.add_option_group("scope", "exactly one of these");
  group->add_flag("--all", into.all, "the whole fleet");
  group->add_option("--tenant", into.tenant, "everything of one tenant")->type_name("NAME");
  group->add_option("--campaign", into.campaign, "everything of one campaign")->type_name("NAME");
  group->add_option("--repo", into.repo, "everything on one repository")->type_name("URL");
  group->add_option("--run", into.run, "one run, by its id or the beginning of it")
      ->type_name("ID");
  group->require_option(1);
}

result<switch_target> resolve_scope(const global_options& global, const scope_options& given) {
  if (given.all) return switch_target{};
  if (!given.tenant.empty()) {
    if (!schema::is_name(given.tenant)) return no_name("tenant", given.tenant);
    return switch_target{switch_scope::tenant, given.tenant};
  }
  if (!given.campaign.empty()) {
    if (!schema::is_name(given.campaign)) return no_name("campaign", given.campaign);
    SKEIN_CHECK(check_campaign(global, given.campaign));
    return switch_target{switch_scope::campaign, given.campaign};
  }
  if (!given.repo.empty()) {
    if (const auto problem = schema::repo_url_problem(given.repo)) {
      return error{errc::invalid, "--repo: " + *problem, {}};
    }
    return switch_target{switch_scope::repo, absolute_repo(given.repo)};  // as runs have it
  }
  if (!given.run.empty()) {
    SKEIN_TRY(id, existing_run(global, given.run));
    return switch_target{switch_scope::run, id};
  }
  return error{errc::invalid, "the scope is empty", "name a tenant, campaign, repository or run"};
}

std::string to_string(const switch_target& target) {
  if (target.scope == switch_scope::all) return "everything";
  return std::string{store::to_string(target.scope)} + " " + target.name;
}

bool covers(const switch_target& target, const schema::run& run) {
  switch (target.scope) {
    case switch_scope::all:
      return true;
    case switch_scope::tenant:
      return run.tenant == target.name;
    case switch_scope::campaign:
      return run.campaign == target.name;
    case switch_scope::repo:
      return run.repo.url == target.name;
    case switch_scope::run:
      return run.id == target.name;
  }
  return true;
}

}  // namespace skein::cli
