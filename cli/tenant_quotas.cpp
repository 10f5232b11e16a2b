#include "cli/tenant_quotas.hpp"

#include "schema/task.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace skein::cli {

namespace {

constexpr std::int64_t hour_ms = 3'600'000;
/// Of tasks that are remembered; then all are forgotten.
constexpr std::size_t most_remembered = 10'000;

bool spends(const schema::task_spec& task) {
  return !task.agent_given || task.agent.kind == schema::agent_kind::model ||
         task.agent.kind == schema::agent_kind::external;
}

}  // namespace

result<tenant_quotas::budget> tenant_quotas::budget_of(const store::reader& from,
                                                       const std::string& task) {
  if (const auto known = budgets_.find(task); known != budgets_.end()) return known->second;
  SKEIN_TRY(json, from.task_json(task));
  if (budgets_.size() >= most_remembered) budgets_.clear();
  budget out;
  const auto document = nlohmann::json::parse(json, nullptr, false);
  if (document.is_object()) {
    const auto spec = schema::task_from_json(document).spec;
    if (spends(spec)) out = {spec.budget.usd, spec.budget.tokens};
  }
  budgets_.emplace(task, out);
  return out;
}

result<std::vector<tenant_quota>> tenant_quotas::read(const store::reader& from,
                                                      const tenant_limits& limits,
                                                      std::int64_t now_ms) {
  SKEIN_TRY(rows, from.tenants());
  SKEIN_TRY(at_work, from.interrupted());
  std::vector<tenant_quota> out;
  for (auto& row : rows) {
    auto& each = out.emplace_back();
    each.used = std::move(row);
    const auto& name = each.used.tenant;
    if (const auto known = limits.find(name); known != limits.end()) each.limits = known->second;
    const auto opened = from.opened_since(name, now_ms - 24 * hour_ms);
    // A fleet of an older version does not tell.
    if (!opened && opened.error().code != errc::unsupported) return opened.error();
    if (!opened) continue;
    each.opened_day = static_cast<std::uint32_t>(opened->size());
    each.opened_hour = static_cast<std::uint32_t>(
        std::count_if(opened->begin(), opened->end(),
                      [&](const auto& one) { return one.at_ms > now_ms - hour_ms; }));
  }
  for (const auto& run : at_work) {
    const auto whose = std::find_if(
        out.begin(), out.end(), [&](const auto& each) { return each.used.tenant == run.tenant; });
    if (whose == out.end() || run.task_sha256.empty()) continue;
    SKEIN_TRY(most, budget_of(from, run.task_sha256));
    const auto tokens = run.used.tokens_in + run.used.tokens_out;
    whose->reserved_usd += std::max(most.usd - run.used.usd, 0.0);
    whose->reserved_tokens += most.tokens - std::min(most.tokens, tokens);
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.used.tenant < b.used.tenant; });
  return out;
}

}  // namespace skein::cli
