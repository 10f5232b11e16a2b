// One look at one open pull request, between its steps; and how its forge is asked. For the files
// of pull_requests only.
#pragma once

#include "actors/offload.hpp"
#include "actors/system/pull_requests.hpp"

#include <spdlog/spdlog.h>

namespace skein::actors {

struct pull_requests_state::visit {
  store::pull_request_row row;
  forge_place_ptr place;
  forge::repository_name repository;
  forge::pull_request pull;
  std::optional<forge::check_summary> checks;
};

/// A call to a forge, at most.
inline constexpr std::chrono::seconds forge_call_deadline{30};

template <class T, class Work>
void pull_requests_state::ask(const visit_ptr& now, Work what,
                              std::function<void(const forge::answer<T>&)> then) {
  auto call = [now, what]() -> result<forge::answer<T>> {
    return what(*now->place->at, forge::call_limits{forge_call_deadline, {}});
  };
  offload<forge::answer<T>>(
      self, *now->place->line, call, [this, now, then](result<forge::answer<T>> said) {
        if (!said || !said->done()) {
          spdlog::info("pull request {} of run {}: {}", now->row.url, now->row.run_id,
                       said ? said->reason : said.error().message);
          return done(now, false);
        }
        then(*said);
      });
}

}  // namespace skein::actors
