#include "actors/system/follow_up.hpp"

#include "schema/identity.hpp"

namespace skein::actors {

namespace {

constexpr std::size_t most_checks = 20;
constexpr std::size_t longest_word = 200;

template <class Number>
bool take_off(Number& from, Number used) {
  if (from == Number{0}) return true;  // no limit
  if (used >= from) return false;
  from -= used;
  return true;
}

}  // namespace

std::optional<schema::task> follow_up_task(const schema::task& task, const schema::run& run,
                                           const store::pull_request_row& row,
                                           const forge::check_summary& checks,
                                           std::uint32_t round) {
  const auto kind = task.spec.agent.kind;
  if (kind != schema::agent_kind::model && kind != schema::agent_kind::external) return {};
  auto out = task;
  auto& budget = out.spec.budget;
  if (!take_off(budget.tokens, run.used.tokens_in + run.used.tokens_out) ||
      !take_off(budget.usd, run.used.usd) || !take_off(budget.tool_calls, run.used.tool_calls)) {
    return {};
  }
  out.spec.repo.url = row.repo_url;
  out.spec.repo.branch = row.branch;
  out.spec.repo.commit = row.commit;
  auto& follow = out.spec.follow_up.emplace();
  follow.run = row.run_id;
  follow.pull_request = row.url;
  follow.branch = row.branch;
  follow.round = round;
  for (const auto& each : checks.checks) {
    if (each.state != forge::check_state::failed || follow.failed.size() == most_checks) continue;
    follow.failed.push_back(
        {each.name.substr(0, longest_word), each.url.substr(0, longest_word), each.output});
  }
  return out;
}

std::string follow_up_id(const std::string& run, std::uint32_t round) {
  return schema::sha256_hex("follow-up " + run + " " + std::to_string(round)).substr(0, 16);
}

schema::task rebase_task(const schema::task& task, const store::pull_request_row& row,
                         std::uint32_t round) {
  auto out = task;
  out.spec.repo.url = row.repo_url;
  out.spec.repo.branch = row.base_branch;
  out.spec.repo.commit.clear();
  auto& follow = out.spec.follow_up.emplace();
  follow.run = row.run_id;
  follow.pull_request = row.url;
  follow.branch = row.branch;
  follow.round = round;
  follow.from = row.base_commit;
  follow.head = row.commit;
  return out;
}

std::string rebase_id(const std::string& run, std::uint32_t round) {
  return schema::sha256_hex("rebase " + run + " " + std::to_string(round)).substr(0, 16);
}

}  // namespace skein::actors
