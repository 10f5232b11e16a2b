// The rules judge. See rules.hpp.
#include "runtime/judge/rules.hpp"

#include "runtime/diff/shown.hpp"
#include "runtime/judge/verdict_list.hpp"

#include <algorithm>

namespace skein::judge {
namespace {

constexpr std::size_t most_of_a_rule = 8;
constexpr std::size_t longest_path = 400;

}  // namespace

void verdict_list::add(const std::string& rule, const std::string& path, const std::string& detail,
                       heard excuse) {
  const auto found = known_.rules.find(rule);
  decision decided = decision::block;
  std::string text = "unknown rule of the judge: " + rule;
  if (found != known_.rules.end()) {
    const auto& policy = found->second;
    const auto& by_risk = policy.by_risk[static_cast<std::size_t>(task_.spec.risk)];
    decided = by_risk.value_or(policy.decided);
    if (excuse == heard::explained) decided = std::min(decided, policy.explained.value_or(decided));
    if (excuse == heard::intended) decided = std::min(decided, policy.intended.value_or(decided));
    text = policy.message;
  }
  if (decided == decision::pass) return;
  so_far_.decided = std::max(so_far_.decided, decided);
  if (++counts_[rule] > most_of_a_rule) return;
  if (!detail.empty()) text += ": " + diff::shown(detail);
  so_far_.reasons.push_back({path.empty() ? path : diff::shown(path, longest_path), text, rule});
}

opinion verdict_list::take() && {
  for (const auto& [rule, count] : counts_) {
    if (count <= most_of_a_rule) continue;
    so_far_.reasons.push_back(
        {{}, "and " + std::to_string(count - most_of_a_rule) + " more times " + rule, rule});
  }
  return std::move(so_far_);
}

void check_findings(const judged_case& about, const case_reading& all, const rule_content& known,
                    verdict_list& into) {
  const bool with_code = std::any_of(all.files.begin(), all.files.end(),
                                     [](const auto& view) { return view.is_source(); });
  for (const auto& found : about.findings) {
    for (const auto& each : known.escalations) {
      if (each.finding != found.rule || all.is_about(each.unless)) continue;
      if (each.with_code && !with_code) continue;
      into.add(each.rule, found.path,
               found.line == 0 ? std::string{} : "line " + std::to_string(found.line));
    }
  }
  // Somebody who wrote this knows that somebody judges.
  for (const auto& view : all.files) {
    for (const auto& line : view.file->lines) {
      if (line.kind != diff::line_kind::added || line.text.size() < 12) continue;
      if (any_match(known.addresses, flattened(line.text))) {
        into.add("text.addresses_judge", view.path(), "line " + std::to_string(line.new_line));
        break;
      }
    }
  }
}

opinion by_rules(const judged_case& about, const rules& known) {
  if (known.empty()) {
    return {decision::block, {{{}, "the rules judge has no tables", {}}}, "rules"};
  }
  const auto& content = known.content();
  verdict_list found{content, about.task};
  for (const auto* text : {&about.agent_summary, &about.behaviour_change}) {
    if (any_match(content.addresses, flattened(*text))) found.add("claim.addresses_judge", {});
  }
  for (const auto& fault : about.change.faults) found.add("change.unreadable", fault.path);
  const auto all = read_case(about, content);
  if (all.too_large) {
    found.add("change.too_large", {});
    return std::move(found).take();
  }
  check_alignment(all, content, found);
  check_balance(all, content, found);
  check_rename(about, all, content, found);
  const bool behaviour = check_behaviour(all, content, found);
  check_claims(about, all, content, behaviour, found);
  check_findings(about, all, content, found);
  return std::move(found).take();
}

}  // namespace skein::judge
