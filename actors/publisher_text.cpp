// The text of a pull request whose change was made anew: its facts are of the old change, so they are
// written again, between the hidden lines that the platform wrote. People's words stay.
#include "actors/publisher_ask.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace skein::actors {

namespace {

/// Ends that are not certain, before the text is left as it is.
constexpr int most_looks = 10;
constexpr std::int64_t look_again_ms = 10'000;

}  // namespace

void publisher_state::retell(const delivery_ptr& work, const std::string& how) {
  // The commit is there, and that is recorded: nothing more is done after a stop.
  if (work->stopped()) {
    return text_over(work, "pull_request_text_left", {{"reason", "publishing was stopped"}}, how);
  }
  ask_forge<forge::pull_request>(
      work,
      [work](forge::forge& at, const forge::call_limits& limits) {
        return at.read_pull_request(work->repository, work->number, limits);
      },
      [this, work, how](const forge::answer<forge::pull_request>& said) {
        if (!said.done()) return not_told(work, said, how);
        rewrite(work, *said.value, how);
      });
}

void publisher_state::rewrite(const delivery_ptr& work, const forge::pull_request& now,
                              const std::string& how) {
  if (work->stopped()) return retell(work, how);
  if (!now.open) {
    return text_over(work, "pull_request_text_left", {{"reason", "it is not open any more"}}, how);
  }
  work->shown_as_draft = now.draft;
  work->describe();
  const auto body = forge::rewritten(now.body, work->text.body);
  if (!body) {
    return text_over(work, "pull_request_text_left",
                     {{"reason", "its text has lost the line that names its run"}}, how);
  }
  forge::pull_request_change change;
  if (!forge::same_text(*body, now.body)) change.body = *body;
  if (work->order.draft && !now.draft) change.draft = true;
  if (!change.body && !change.draft) return text_over(work, "pull_request_described", {}, how);
  ask_forge<forge::pull_request>(
      work,
      [work, change](forge::forge& at, const forge::call_limits& limits) {
        return at.update_pull_request(work->repository, work->number, change, limits);
      },
      [this, work, how](const forge::answer<forge::pull_request>& said) {
        if (!said.done()) return not_told(work, said, how);
        text_over(work, "pull_request_described", {}, how);
      });
}

template <class T>
void publisher_state::not_told(const delivery_ptr& work, const forge::answer<T>& said,
                               const std::string& how) {
  auto again = [this, work, how] { retell(work, how); };
  if (said.end == forge::outcome::rate_limited) {
    return wait(work, std::max<std::int64_t>(said.wait_ms, 1), again);
  }
  if (said.end == forge::outcome::refused || ++work->tries >= most_looks) {
    return text_over(work, "pull_request_text_left", {{"reason", said.reason}}, how);
  }
  spdlog::warn("run {}: text of {}: {}", work->order.run.id, work->url, said.reason);
  // Perhaps it was written: reading tells.
  auto later = [this, work, again] { wait(work, look_again_ms, again); };
  if (work->unknown) return later();
  settle(work, store::outbox_state::unknown, said.reason, later);
}

void publisher_state::text_over(const delivery_ptr& work, const std::string& kind,
                                nlohmann::json payload, const std::string& how) {
  if (payload.is_null()) payload = nlohmann::json::object();
  payload["by"] = work->order.run.id;
  payload["commit"] = work->commit;
  store::set_pull_request fact;
  fact.run_id = work->order.follows->run;
  fact.kind = kind;
  fact.payload = std::move(payload);
  keep(work, std::move(fact), "record the text of the pull request", [this, work, how] {
    settle(work, store::outbox_state::done, how, [this, work] {
      deliver(work, {work->publication(), {}, false});
    });
  });
}

}  // namespace skein::actors
