#include "runtime/schedule/wave_plan.hpp"

#include <algorithm>
#include <cmath>
#include <queue>

namespace skein::schedule {

namespace {

using need = std::pair<std::uint32_t, std::uint32_t>;

constexpr std::size_t most_rules = 10'000;
constexpr std::size_t most_named = 12;
constexpr std::uint32_t no_wave = UINT32_MAX;

int choices(const wave_rule& rule) {
  return (rule.size > 0) + (rule.percent > 0) + !rule.label.empty() + !rule.owner.empty() +
         rule.rest;
}

bool takes(const wave_rule& rule, const fleet_repo& repo) {
  if (!rule.label.empty()) {
    return std::find(repo.labels.begin(), repo.labels.end(), rule.label) != repo.labels.end();
  }
  return rule.owner.empty() || repo.owner == rule.owner;
}

/// How many a rule takes at most.
std::size_t room_of(const wave_rule& rule, std::size_t total) {
  if (rule.size > 0) return rule.size;
  if (!(rule.percent > 0)) return total;
  // As in schema::wave_sizes: 10% of 70 is 7.
  const double wanted =
      std::ceil(std::min(rule.percent, 100.0) * static_cast<double>(total) / 100 - 1e-9);
  return static_cast<std::size_t>(wanted);
}

/// Follows what each needs until one comes twice: each that could not be placed needs another such.
error name_cycle(const std::vector<fleet_repo>& repos,
                 const std::vector<std::vector<std::uint32_t>>& needs,
                 const std::vector<bool>& placed) {
  std::vector<std::uint32_t> path;
  std::vector<std::uint32_t> seen_at(repos.size(), no_wave);
  auto at =
      static_cast<std::uint32_t>(std::find(placed.begin(), placed.end(), false) - placed.begin());
  while (seen_at[at] == no_wave) {
    seen_at[at] = static_cast<std::uint32_t>(path.size());
    path.push_back(at);
    at = *std::find_if(needs[at].begin(), needs[at].end(),
                       [&](auto other) { return !placed[other]; });
  }
  std::string text;
  const std::size_t start = seen_at[at];
  for (std::size_t i = start; i < path.size() && i < start + most_named; ++i) {
    text += repos[path[i]].url + " -> ";
  }
  if (path.size() - start > most_named) text += "… -> ";
  return {errc::invalid, "repositories need each other in a circle: " + text + repos[at].url,
          "take one of these dependencies out"};
}

}  // namespace

std::string owner_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    const auto slash = url.find('/');
    if (slash == std::string_view::npos) return {};
    url.remove_prefix(slash + 1);
  } else if (const auto colon = url.find(':'); colon != std::string_view::npos) {
    if (const auto slash = url.find('/'); slash == std::string_view::npos || colon < slash) {
      url.remove_prefix(colon + 1);
    }
  }
  while (url.ends_with('/')) url.remove_suffix(1);
  while (url.starts_with('/')) url.remove_prefix(1);
  const auto last = url.rfind('/');
  return last == std::string_view::npos ? std::string{} : std::string{url.substr(0, last)};
}

result<std::vector<std::uint32_t>> order_by_need(const std::vector<fleet_repo>& repos,
                                                 const std::vector<need>& dependencies) {
  std::vector<std::vector<std::uint32_t>> needs(repos.size()), needed_by(repos.size());
  std::vector<std::size_t> open(repos.size(), 0);
  for (const auto& [dependent, needed] : dependencies) {
    if (dependent >= repos.size() || needed >= repos.size()) {
      return error{
          errc::invalid, "a dependency names a repository that is not in the campaign", {}};
    }
    needs[dependent].push_back(needed);
    needed_by[needed].push_back(dependent);
    ++open[dependent];
  }
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> free;
  for (std::uint32_t i = 0; i < repos.size(); ++i) {
    if (open[i] == 0) free.push(i);
  }
  std::vector<std::uint32_t> out;
  std::vector<bool> placed(repos.size(), false);
  while (!free.empty()) {
    const auto next = free.top();
    free.pop();
    placed[next] = true;
    out.push_back(next);
    for (const auto dependent : needed_by[next]) {
      if (--open[dependent] == 0) free.push(dependent);
    }
  }
  if (out.size() < repos.size()) return name_cycle(repos, needs, placed);
  return out;
}

result<std::vector<std::uint32_t>> plan_waves(const std::vector<wave_rule>& rules,
                                              const std::vector<fleet_repo>& repos,
                                              const std::vector<need>& dependencies,
                                              bool after_success) {
  if (rules.size() > most_rules) {
    return error{errc::invalid, "a campaign has more than 10000 waves", "fewer, larger waves"};
  }
  SKEIN_TRY(order, order_by_need(repos, dependencies));
  std::vector<std::uint32_t> wave(repos.size(), no_wave);
  // From its end, so that many small waves cost no more than few large ones.
  std::vector<std::uint32_t> left(order.rbegin(), order.rend());
  for (std::uint32_t w = 0; w < rules.size(); ++w) {
    if (choices(rules[w]) != 1) {
      return error{errc::invalid, "wave " + std::to_string(w + 1) + " is not of exactly one kind",
                   "one of size, percentage, label, owner and rest"};
    }
    std::vector<std::uint32_t> kept;
    const bool by_name = !rules[w].label.empty() || !rules[w].owner.empty();
    if (!by_name) {
      const auto taken = std::min(room_of(rules[w], repos.size()), left.size());
      for (std::size_t i = 0; i < taken; ++i) wave[left[left.size() - 1 - i]] = w;
      left.resize(left.size() - taken);
      continue;
    }
    for (const auto i : left) {
      if (takes(rules[w], repos[i])) {
        wave[i] = w;
      } else {
        kept.push_back(i);
      }
    }
    left = std::move(kept);
  }
  for (const auto i : left) wave[i] = static_cast<std::uint32_t>(rules.size());
  std::vector<std::vector<std::uint32_t>> needs(repos.size());
  for (const auto& [dependent, needed] : dependencies) needs[dependent].push_back(needed);
  for (const auto i : order) {
    for (const auto needed : needs[i]) {
      wave[i] = std::max(wave[i], wave[needed] + (after_success ? 1U : 0U));
    }
  }
  return wave;
}

}  // namespace skein::schedule
