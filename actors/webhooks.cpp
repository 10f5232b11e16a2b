#include "actors/webhooks.hpp"

#include <algorithm>
#include <cctype>

namespace skein::actors {

namespace {

using pr_state = store::pull_request_state;

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

store::set_pull_request of_pull(const forge::pull_request_event& said,
                                const store::pull_request_row& row, std::int64_t now_ms) {
  store::set_pull_request out;
  out.run_id = row.run_id;
  out.by = said.sender.empty() ? "system" : row.forge + ":" + said.sender;
  out.head_commit = said.head_commit;
  if (said.merged) {
    out.state = pr_state::merged;
  } else if (said.open) {
    out.state = pr_state::open;
  } else {
    // Whoever closed it, it is on record already when it was this program.
    out.state = row.state == pr_state::closed_by_platform ? row.state : pr_state::closed_by_person;
  }
  const bool moved = *out.state != row.state;
  if (moved && *out.state != pr_state::open) out.closed_ms = now_ms;
  if (!said.sender_is_bot) out.touched_ms = now_ms;
  if (moved) {
    out.kind = said.merged ? "pull_request_merged"
               : said.open ? "pull_request_reopened"
                           : "pull_request_closed";
    out.payload = {{"closedBy", out.by}};
  }
  return out;
}

std::optional<store::operation> change_of(const forge::webhook_event& event,
                                          const store::pull_request_row& row, std::int64_t now_ms) {
  if (const auto* pull = std::get_if<forge::pull_request_event>(&event)) {
    if (row.state == pr_state::merged || row.state == pr_state::not_opened) return std::nullopt;
    return of_pull(*pull, row, now_ms);
  }
  if (const auto* push = std::get_if<forge::push_event>(&event)) {
    // Its base moved: to be looked at, nothing is known yet.
    if (push->reference != "refs/heads/" + row.branch) return std::nullopt;
    store::set_pull_request out;
    out.run_id = row.run_id;
    out.branch_there = !push->deleted;
    if (!push->deleted) out.head_commit = push->after;
    return out;
  }
  return std::nullopt;
}

/// Whether it is about this one at all.
bool concerns(const forge::webhook_event& event, const store::pull_request_row& row) {
  if (const auto* pull = std::get_if<forge::pull_request_event>(&event)) {
    return row.number != 0 && pull->number == row.number;
  }
  if (const auto* push = std::get_if<forge::push_event>(&event)) {
    return push->reference == "refs/heads/" + row.branch ||
           (row.state == pr_state::open && push->reference == "refs/heads/" + row.base_branch);
  }
  if (const auto* check = std::get_if<forge::check_event>(&event)) {
    return check->commit == row.head_commit || check->commit == row.commit;
  }
  return false;
}

}  // namespace

std::string repository_of(const forge::webhook_event& event) {
  if (const auto* pull = std::get_if<forge::pull_request_event>(&event)) return pull->repository;
  if (const auto* push = std::get_if<forge::push_event>(&event)) return push->repository;
  if (const auto* check = std::get_if<forge::check_event>(&event)) return check->repository;
  return {};
}

webhook_effect effect_of(const std::string& forge, const forge::webhook_event& event,
                         const std::vector<store::pull_request_row>& known, std::int64_t now_ms) {
  webhook_effect out;
  const auto repository = repository_of(event);
  for (const auto& row : known) {
    if (row.forge != forge || !same_name(repository, row.repository) || !concerns(event, row)) {
      continue;
    }
    out.runs.push_back(row.run_id);
    if (auto change = change_of(event, row, now_ms)) out.changes.push_back(std::move(*change));
  }
  return out;
}

}  // namespace skein::actors
