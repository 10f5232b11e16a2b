#include "actors/forges.hpp"

#include "runtime/forge/github.hpp"
#include "runtime/forge/local.hpp"
#include "runtime/forge/rate_journal.hpp"
#include "runtime/git/local_repository.hpp"
#include "runtime/git/mirror.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>

namespace skein::actors {

namespace {

constexpr const char* github_repositories = "https://github.com/";
constexpr std::size_t largest_local_file = 4U << 20;
constexpr const char* github_interface = "https://api.github.com";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// The one form that all addresses of a repository have in common: git@HOST:PATH and
/// ssh://git@HOST/PATH are the https://HOST/PATH of the same forge.
std::string comparable(const std::string& url) {
  if (url.starts_with("ssh://")) {
    const auto at = url.find('@');
    const auto slash = url.find('/', 6);
    const auto from = at != std::string::npos && at < slash ? at + 1 : 6;
    const auto host = url.substr(from, slash == std::string::npos ? slash : slash - from);
    return "https://" + host.substr(0, host.find(':')) +
           (slash == std::string::npos ? "" : url.substr(slash));
  }
  const auto colon = url.find(':');
  if (url.find("://") == std::string::npos && colon != std::string::npos && url.find('/') > colon) {
    const auto at = url.find('@');
    const auto from = at != std::string::npos && at < colon ? at + 1 : 0;
    return "https://" + url.substr(from, colon - from) + "/" + url.substr(colon + 1);
  }
  return url;
}

bool is_this_machine(const std::string& url) {
  return url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:") ||
         url.starts_with("http://127.0.0.1/") || url.starts_with("http://localhost/");
}

/// How runtime/forge names the place of a secret.
std::string source_of(const schema::secret_place& from,
                      const model::environment_fn& environment) {
  if (!from.env.empty()) return "env:" + from.env;
  if (!from.file.empty()) return "file:" + from.file;
  if (!from.credential.empty()) {
    const auto directory = environment("CREDENTIALS_DIRECTORY");
    return "file:" + directory.value_or("/nonexistent") + "/" + from.credential;
  }
  return {};
}

std::string token_source(const schema::forge_config& from,
                         const model::environment_fn& environment) {
  return source_of({from.token_env, from.token_file, from.token_credential}, environment);
}

result<std::string> read_named(const std::string& source,
                               const model::environment_fn& environment) {
  if (!source.starts_with("env:")) return forge::read_secret(source);
  auto value = environment(source.substr(4));
  if (!value || value->empty()) {
    return error{errc::not_found, "environment variable " + source.substr(4) + " is not set",
                 "set it to the secret, or name another place"};
  }
  return std::move(*value);
}

forge::life_rules rules_of(const schema::forge_config& from) {
  forge::life_rules out;
  out.most_open = from.open_per_repository;
  out.most_per_hour = from.opened_per_hour;
  out.most_per_day = from.opened_per_day;
  return out;
}

/// What every kind of place has.
std::shared_ptr<forge_place> place_of(const std::string& name, const schema::forge_config& from,
                                      const forge_surroundings& around) {
  auto place = std::make_shared<forge_place>();
  place->name = name;
  place->repositories = from.repositories;
  place->line = std::make_shared<process::blocking_pool::sequence>(around.pool);
  place->rules = rules_of(from);
  place->stale = {from.remind_after.count(), from.close_after.count(), from.delete_after.count()};
  place->rebases = from.rebases;
  place->poll_after = from.poll_after;
  place->webhook_secrets = [name, from,
                            environment = around.environment]() -> std::vector<std::string> {
    auto found = read_webhook_secrets(name, from, environment);
    if (found) return std::move(*found);
    spdlog::warn("forge {}: {}", name, found.error().message);
    return {};
  };
  return place;
}

/// Where a repository of a local forge is; git takes both names.
result<git::location> location_in(const std::string& repositories,
                                  const forge::repository_name& of) {
  const auto path = repositories + of.owner + "/" + of.name;
  std::error_code failed;
  return git::parse_location(std::filesystem::exists(path + ".git", failed) ? path + ".git" : path);
}

forge::local_git git_of(const std::string& repositories) {
  constexpr std::chrono::seconds longest{30};
  forge::local_git out;
  out.default_branch = [=](const forge::repository_name& of) -> result<std::string> {
    SKEIN_TRY(where, location_in(repositories, of));
    SKEIN_TRY(opened, git::open_local(where));
    SKEIN_TRY(head, git::resolve_local(opened, {}));
    return head.branch;
  };
  out.commit_of = [=](const forge::repository_name& of,
                      const std::string& branch) -> result<std::string> {
    SKEIN_TRY(where, location_in(repositories, of));
    return git::find_branch(where, branch, longest, {});
  };
  out.read_file = [=](const forge::repository_name& of, const std::string& reference,
                      const std::string& path) -> result<std::string> {
    SKEIN_TRY(where, location_in(repositories, of));
    SKEIN_TRY(commit, git::find_branch(where, reference, longest, {}));
    SKEIN_TRY(opened, git::open_local(where));
    return git::read_file(opened.directory, commit.empty() ? reference : commit, path,
                          largest_local_file);
  };
  out.delete_branch = [=](const forge::repository_name& of, const std::string& branch,
                          const std::string& commit) -> result<> {
    SKEIN_TRY(where, location_in(repositories, of));
    SKEIN_TRY(at, git::find_branch(where, branch, longest, {}));
    if (at.empty()) return {};
    return git::delete_branch(where, branch, commit.empty() ? at : commit, longest, {});
  };
  return out;
}

result<forge_place_ptr> open_local_forge(const std::string& name, const schema::forge_config& from,
                                         const forge_surroundings& around) {
  if (from.directory.empty() || !from.repositories.starts_with('/')) {
    return error{errc::invalid,
                 "forge " + name + " is local: it needs a directory and repositories on this machine",
                 "set forges." + name + ".directory, and .repositories to the folder of the "
                 "repositories, such as /srv/git/"};
  }
  auto place = place_of(name, from, around);
  place->at = std::make_shared<forge::local_forge>(
      from.directory, git_of(from.repositories),
      [now_ms = around.now_ms] { return now_ms() / 1000; });
  return forge_place_ptr{place};
}

/// What was asked before this process counts on.
std::shared_ptr<forge::rate_buckets> rates_of(const std::string& name,
                                              const schema::forge_config& from,
                                              const forge_surroundings& around) {
  forge::rate_limits limits;
  limits.content = {{60'000, from.writes_per_minute}, {3'600'000, from.writes_per_hour}};
  auto rates = std::make_shared<forge::rate_buckets>(limits);
  if (around.kept.empty()) return rates;
  auto journal = forge::rate_journal::open(around.kept / (name + ".requests"), around.now_ms());
  if (!journal) {
    spdlog::warn("forge {}: requests are not counted over a restart: {}", name,
                 journal.error().message);
    return rates;
  }
  auto kept = std::make_shared<forge::rate_journal>(std::move(*journal));
  rates->restore(kept->known());
  rates->tell([kept](const forge::rate_buckets::past_request& one) { kept->add(one); });
  return rates;
}

result<forge_place_ptr> open_forge(const std::string& name, const schema::forge_config& from,
                                   const std::shared_ptr<http::client>& client,
                                   std::vector<scan::held_secret>& held,
                                   const forge_surroundings& around) {
  if (const auto secrets = read_webhook_secrets(name, from, around.environment); secrets) {
    for (const auto& each : *secrets) held.push_back({"webhook secret of forge " + name, each});
  }
  if (from.kind == "local") return open_local_forge(name, from, around);
  const auto& environment = around.environment;
  const auto source = token_source(from, environment);
  if (source.empty() == from.app_id.empty()) {
    return error{errc::invalid, "forge " + name + " needs a token or an app, and not both",
                 "set forges." + name + ".token or forges." + name + ".app"};
  }
  forge::github::options wanted;
  wanted.base_url = from.api_url.empty() ? github_interface : from.api_url;
  wanted.ca_file = from.ca_file;
  wanted.now_ms = around.now_ms;
  wanted.now_s = [now_ms = around.now_ms] { return now_ms() / 1000; };
  if (!source.empty()) {
    wanted.with.token = [source, environment] { return read_named(source, environment); };
    if (auto token = read_named(source, environment); token) {
      held.push_back({"token of forge " + name, *token});
    } else {
      spdlog::warn("forge {}: {}", name, token.error().message);
    }
  } else {
    wanted.with.app = [id = from.app_id,
                       file = from.app_key_file]() -> result<forge::app_identity> {
      SKEIN_TRY(key, forge::read_secret("file:" + file));
      return forge::app_identity{id, key};
    };
  }
  auto settings = forge::github::checked(std::move(wanted));
  if (!settings) {
    auto failed = settings.error();
    failed.message = "forge " + name + ": " + failed.message;
    return failed;
  }
  auto place = place_of(name, from, around);
  place->rates = rates_of(name, from, around);
  place->client = client;
  place->at = std::make_shared<forge::github_forge>(std::move(*settings), *client, *place->rates);
  return forge_place_ptr{place};
}

}  // namespace

result<std::vector<std::string>> read_webhook_secrets(const std::string& name,
                                                      const schema::forge_config& from,
                                                      const model::environment_fn& environment) {
  std::vector<std::string> out;
  for (const auto* place : {&from.webhook_secret, &from.webhook_old_secret}) {
    const auto source = source_of(*place, environment);
    if (source.empty()) continue;
    auto secret = read_named(source, environment);
    if (!secret || secret->empty()) {
      return error{secret ? errc::invalid : secret.error().code,
                   "webhook secret of forge " + name + ": " +
                       (secret ? source + " is empty" : secret.error().message),
                   "put the secret of the forge's webhook there"};
    }
    out.push_back(std::move(*secret));
  }
  return out;
}

std::optional<forge::repository_name> forge_place::repository(const std::string& url) const {
  const auto full = comparable(url);
  const auto begin = comparable(repositories);
  if (full.size() <= begin.size() || lower(full.substr(0, begin.size())) != lower(begin)) {
    return std::nullopt;
  }
  auto rest = full.substr(begin.size());
  while (rest.ends_with('/')) rest.pop_back();
  if (rest.ends_with(".git")) rest.resize(rest.size() - 4);
  return forge::parse_repository_name(rest);
}

forge_place_ptr forge_sources::of(const std::string& repo_url) const {
  forge_place_ptr best;
  for (const auto& each : all) {
    if (best && each->repositories.size() <= best->repositories.size()) continue;
    if (each->repository(repo_url)) best = each;
  }
  return best;
}

forge_place_ptr forge_sources::named(const std::string& name) const {
  for (const auto& each : all) {
    if (each->name == name) return each;
  }
  return nullptr;
}

forge_place_ptr forge_sources::searched() const {
  const auto known = named("github");
  return known || all.empty() ? known : all.front();
}

schedule::repo_search search_of(const forge_sources& forges) {
  const auto place = forges.searched();
  if (!place) return {};
  return [place](const std::string& selector) { return search_repositories(*place, selector); };
}

bool asks_forge(const schema::campaign& campaign) {
  return std::any_of(campaign.repos.begin(), campaign.repos.end(),
                     [](const auto& each) { return !each.github.empty(); });
}

result<forge_sources> open_forges(const schema::config& config,
                                  const forge_surroundings& around) {
  forge_sources out;
  auto wanted = config.forges;
  if (const auto token = around.environment("GITHUB_TOKEN"); token && !token->empty()) {
    schema::forge_config built_in;
    built_in.token_env = "GITHUB_TOKEN";
    built_in.repositories = around.environment("GITHUB_SERVER_URL").value_or(github_repositories);
    if (!built_in.repositories.ends_with('/')) built_in.repositories += '/';
    built_in.api_url = around.environment("GITHUB_API_URL").value_or("");
    wanted.emplace("github", std::move(built_in));
  }
  if (wanted.empty()) return out;
  const auto client = std::make_shared<http::client>();
  for (const auto& [name, each] : wanted) {
    SKEIN_TRY(place, open_forge(name, each, client, out.held, around));
    out.all.push_back(std::move(place));
  }
  return out;
}

result<std::vector<std::string>> search_repositories(const forge_place& place,
                                                     const std::string& selector) {
  // What a search tells at most.
  constexpr std::size_t most_found = 1000;
  const auto said =
      place.at->search_repositories(selector, most_found, {std::chrono::minutes{2}, {}});
  if (!said.done()) {
    return error{errc::unavailable,
                 "search " + selector + " on forge " + place.name + ": " + said.reason,
                 "try again later; check the selector and the token"};
  }
  if (!said.value->complete) {
    return error{errc::refused,
                 "selector github: " + selector + " means more than " + std::to_string(most_found) +
                     " repositories, or not all were told",
                 "narrow it, or list the repositories in a file"};
  }
  std::vector<std::string> out;
  for (const auto& each : said.value->items) {
    if (each.archived) continue;
    out.push_back(place.repositories + each.name.owner + "/" + each.name.name + ".git");
  }
  return out;
}

result<git::location> with_login(const forge_place& place, git::location where) {
  const auto repository = place.repository(where.url);
  if (!repository || where.how != git::transport::http) return where;
  if (where.url.starts_with("http://") && !is_this_machine(where.url)) {
    return error{errc::invalid, "a token is not sent over http to " + where.url, "use https"};
  }
  const auto secret = place.at->git_secret(*repository, {std::chrono::seconds{30}, {}});
  if (!secret.done()) {
    return error{errc::unavailable, "forge " + place.name + ": " + secret.reason,
                 "check the token or the app of forges." + place.name};
  }
  if (secret.value->empty()) return where;
  where.as = std::make_shared<const git::login>(git::login{"x-access-token", *secret.value});
  return where;
}

}  // namespace skein::actors
