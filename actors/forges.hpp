// The forges that this fleet may ask, made once from the configuration and the environment, and
// which repository is whose. What is asked of them is in runtime/forge; tokens stay inside.
#pragma once

#include "actors/offload.hpp"
#include "runtime/forge/forge.hpp"
#include "runtime/forge/pull_request_life.hpp"
#include "runtime/forge/rate_buckets.hpp"
#include "runtime/git/repository.hpp"
#include "runtime/http/client.hpp"
#include "runtime/model/provider_settings.hpp"
#include "runtime/process/blocking_pool.hpp"
#include "runtime/scan/held_secret.hpp"
#include "runtime/schedule/expand_repos.hpp"
#include "schema/config.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace skein::actors {

/// `at` is one conversation: it is used only by work that is posted to `line`.
struct forge_place {
  std::string name;
  std::string repositories;              ///< what the addresses of its own begin with
  std::shared_ptr<http::client> client;  ///< of `at`, like the rates; null: it needs none
  std::shared_ptr<forge::rate_buckets> rates;
  std::shared_ptr<forge::forge> at;
  std::shared_ptr<process::blocking_pool::sequence> line;
  forge::life_rules rules;
  forge::stale_rules stale;
  std::uint32_t rebases = 3;  ///< of one pull request
  std::chrono::milliseconds poll_after{std::chrono::minutes{5}};
  /// What its deliveries may be signed with; none: no delivery is taken. Blocking: reads them anew.
  std::function<std::vector<std::string>()> webhook_secrets;

  /// OWNER/NAME there; nothing when the address is of another place.
  [[nodiscard]] std::optional<forge::repository_name> repository(const std::string& url) const;
};
using forge_place_ptr = std::shared_ptr<const forge_place>;

struct forge_sources {
  std::vector<forge_place_ptr> all;
  std::vector<scan::held_secret> held;

  /// Whose repository this is: the longest beginning that fits; null: nobody's.
  [[nodiscard]] forge_place_ptr of(const std::string& repo_url) const;
  [[nodiscard]] forge_place_ptr named(const std::string& name) const;
  /// The one that `github:` entries are looked up in: that of this name, else the first; or null.
  [[nodiscard]] forge_place_ptr searched() const;
};

/// What forges are opened with.
struct forge_surroundings {
  model::environment_fn environment;
  process::blocking_pool& pool;
  std::function<std::int64_t()> now_ms;
  std::filesystem::path kept;  ///< where requests are counted over a restart; empty: nowhere
};

/// Blocking: reads tokens, to know what must not show up in texts. A wrong setting is an error; a
/// token that is not there is the error of whoever asks.
[[nodiscard]] result<forge_sources> open_forges(const schema::config& config,
                                                const forge_surroundings& around);

/// Blocking. What deliveries of this forge may be signed with, the newest first; an error when one
/// that is named cannot be read, or is empty.
[[nodiscard]] result<std::vector<std::string>> read_webhook_secrets(
    const std::string& name, const schema::forge_config& from,
    const model::environment_fn& environment);

/// Blocking, in the place's line: the addresses of what a campaign's `github:` entry means, without
/// archived ones. `refused` when it means more than the forge tells.
[[nodiscard]] result<std::vector<std::string>> search_repositories(const forge_place& place,
                                                                   const std::string& selector);

/// For expand_repos(); to be called in the line of searched(). Empty when there is none.
[[nodiscard]] schedule::repo_search search_of(const forge_sources& forges);
[[nodiscard]] bool asks_forge(const schema::campaign& campaign);

/// Blocking, in the place's line: the address with what git has to say to it.
[[nodiscard]] result<git::location> with_login(const forge_place& place, git::location where);

/// Calls `then(result<git::location>)` in the actor, at once when nobody asks for a login.
template <class Self, class Then>
void log_in(Self* self, const forge_sources& forges, git::location where, Then then) {
  const auto place = forges.of(where.url);
  if (!place || where.how != git::transport::http) {
    return then(result<git::location>(std::move(where)));
  }
  offload<git::location>(
      self, *place->line, [place, where] { return with_login(*place, where); }, std::move(then));
}

}  // namespace skein::actors
