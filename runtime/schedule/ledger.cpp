#include "runtime/schedule/ledger.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace skein::schedule {

namespace {

constexpr std::int64_t most_amount = std::numeric_limits<std::int64_t>::max() / 4;
constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;
/// Without a limit nothing is ever looked up, so nothing need be kept.
constexpr std::size_t most_pull_requests_kept = 100'000;

/// Sums of two such never overflow.
std::int64_t tame(std::int64_t value) {
  return std::clamp<std::int64_t>(value, 0, most_amount);
}
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return tame(tame(a) + tame(b));
}
amounts sum(const amounts& a, const amounts& b) {
  return {sum(a.tokens, b.tokens), sum(a.micro_usd, b.micro_usd)};
}
amounts less(const amounts& a, const amounts& b) {
  return {tame(a.tokens - b.tokens), tame(a.micro_usd - b.micro_usd)};
}
amounts greater(const amounts& a, const amounts& b) {
  return {std::max(a.tokens, b.tokens), std::max(a.micro_usd, b.micro_usd)};
}
amounts tame(const amounts& value) {
  return {tame(value.tokens), tame(value.micro_usd)};
}

std::string usd_text(std::int64_t micro_usd) {
  char text[48];
  std::snprintf(text, sizeof text, "%lld.%06lld", static_cast<long long>(micro_usd / 1'000'000),
                static_cast<long long>(micro_usd % 1'000'000));
  return text;
}

}  // namespace

std::int64_t micro_usd_of(double usd) noexcept {
  const double micro = std::ceil(usd * 1e6 - 1e-6);
  if (!(micro > 0)) return 0;
  return micro >= static_cast<double>(most_amount) ? most_amount : static_cast<std::int64_t>(micro);
}

std::string_view to_string(budget_level value) noexcept {
  switch (value) {
    case budget_level::platform:
      return "platform";
    case budget_level::tenant:
      return "tenant";
    case budget_level::campaign:
      return "campaign";
  }
  return "platform";
}

std::vector<ledger::account_name> ledger::levels_of(const std::string& tenant,
                                                    const std::string& campaign) const {
  std::vector<account_name> out{{budget_level::platform, ""}, {budget_level::tenant, tenant}};
  if (!campaign.empty()) out.emplace_back(budget_level::campaign, campaign);
  return out;
}

void ledger::set_limits(budget_level level, const std::string& name, const budget_limits& limits) {
  auto& at = accounts_[{level, name}];
  at.limits = limits;
  at.limits.tokens = tame(limits.tokens);
  at.limits.micro_usd = tame(limits.micro_usd);
  at.closed = false;
}

void ledger::close(budget_level level, const std::string& name) {
  const auto found = accounts_.find({level, name});
  if (found == accounts_.end()) return;
  found->second.closed = true;
  drop_if_closed(found->first);
}

void ledger::drop_if_closed(const account_name& name) {
  const auto found = accounts_.find(name);
  if (found != accounts_.end() && found->second.closed && found->second.active == 0) {
    accounts_.erase(found);
  }
}

result<> ledger::room_for(const account_name& name, const account& at, const amounts& most) {
  const std::string who =
      std::string{to_string(name.first)} + (name.second.empty() ? "" : " " + name.second);
  if (at.closed) return error{errc::refused, who + " is being deleted", {}};
  if (at.limits.concurrency > 0 && at.active >= at.limits.concurrency) {
    return error{
        errc::refused, who + " has " + std::to_string(at.active) + " runs at work, its limit", {}};
  }
  const auto taken = sum(at.spent, at.reserved);
  if (at.limits.tokens > 0 && sum(taken.tokens, most.tokens) > at.limits.tokens) {
    return error{errc::refused,
                 who + ": " + std::to_string(at.spent.tokens) + " tokens spent and " +
                     std::to_string(at.reserved.tokens) + " reserved of " +
                     std::to_string(at.limits.tokens) + "; " + std::to_string(most.tokens) +
                     " more are wanted",
                 "raise the limit or lower the budget of the task"};
  }
  if (at.limits.micro_usd > 0 && sum(taken.micro_usd, most.micro_usd) > at.limits.micro_usd) {
    return error{errc::refused,
                 who + ": " + usd_text(at.spent.micro_usd) + " USD spent and " +
                     usd_text(at.reserved.micro_usd) + " reserved of " +
                     usd_text(at.limits.micro_usd) + "; " + usd_text(most.micro_usd) +
                     " more are wanted",
                 "raise the limit or lower the budget of the task"};
  }
  // A level that is used up takes nothing more, not even what wants nothing of it.
  if ((at.limits.tokens > 0 && taken.tokens >= at.limits.tokens) ||
      (at.limits.micro_usd > 0 && taken.micro_usd >= at.limits.micro_usd)) {
    return error{errc::refused, who + ": its budget is used up", "raise the limit"};
  }
  return {};
}

result<> ledger::reserve(const reservation& asked) {
  if (asked.most.tokens < 0 || asked.most.micro_usd < 0 || asked.most.tokens > most_amount ||
      asked.most.micro_usd > most_amount) {
    return error{errc::invalid, "run " + asked.run_id + ": budget is out of range",
                 "amounts from 0 on"};
  }
  if (const auto found = live_.find(asked.run_id); found != live_.end()) {
    const auto& had = found->second;
    if (had.tenant == asked.tenant && had.campaign == asked.campaign && had.most == asked.most) {
      return {};
    }
    return error{errc::conflict, "run " + asked.run_id + " has another reservation", {}};
  }
  const auto levels = levels_of(asked.tenant, asked.campaign);
  for (const auto& name : levels) {
    const auto found = accounts_.find(name);
    if (found == accounts_.end()) continue;
    SKEIN_CHECK(room_for(name, found->second, asked.most));
  }
  for (const auto& name : levels) {
    auto& at = accounts_[name];
    at.reserved = sum(at.reserved, asked.most);
    ++at.active;
  }
  auto& kept = live_[asked.run_id] = asked;
  kept.used = {};
  return {};
}

result<> ledger::meter(const std::string& run_id, const amounts& more) {
  const auto found = live_.find(run_id);
  if (found == live_.end()) {
    return error{errc::not_found, "run " + run_id + " has no reservation", {}};
  }
  auto& row = found->second;
  const auto used = sum(row.used, more);
  if (used.tokens > row.most.tokens || used.micro_usd > row.most.micro_usd) {
    return error{errc::refused, "run " + run_id + " would pass its budget",
                 "it ends with what it has"};
  }
  row.used = used;
  return {};
}

result<settlement> ledger::settle(const std::string& run_id, const amounts& reported) {
  const auto found = live_.find(run_id);
  if (found == live_.end()) {
    return error{errc::not_found, "run " + run_id + " has no reservation", {}};
  }
  const auto row = found->second;
  live_.erase(found);
  settlement out;
  out.was_lying = reported.tokens < row.used.tokens || reported.micro_usd < row.used.micro_usd;
  out.charged = greater(tame(reported), row.used);
  out.excess = less(out.charged, row.most);
  for (const auto& name : levels_of(row.tenant, row.campaign)) {
    auto& at = accounts_[name];
    at.reserved = less(at.reserved, row.most);
    at.spent = sum(at.spent, out.charged);
    --at.active;
    drop_if_closed(name);
  }
  return out;
}

void ledger::cancel(const std::string& run_id) {
  const auto found = live_.find(run_id);
  if (found == live_.end()) return;
  const auto row = found->second;
  live_.erase(found);
  for (const auto& name : levels_of(row.tenant, row.campaign)) {
    auto& at = accounts_[name];
    at.reserved = less(at.reserved, row.most);
    // What was metered before is gone, whatever became of the run.
    at.spent = sum(at.spent, row.used);
    --at.active;
    drop_if_closed(name);
  }
}

void ledger::forget_old(account& at, std::int64_t now_ms) {
  auto& times = at.pull_requests;
  // After the clock was set back: what lies ahead of it counts as of now, so that the windows stay
  // full for as long as they should, and no longer.
  for (auto each = times.rbegin(); each != times.rend() && *each > now_ms; ++each) *each = now_ms;
  while (!times.empty() && times.front() <= now_ms - day_ms) times.pop_front();
}

namespace {

/// When a window that holds `most` has room again.
std::int64_t room_at(const std::deque<std::int64_t>& times, std::uint32_t most,
                     std::int64_t length_ms, std::int64_t now_ms) {
  if (most == 0 || times.size() < most) return now_ms;
  const auto leaves = times[times.size() - most];
  return std::max(now_ms, std::min(leaves, now_ms) + length_ms);
}

}  // namespace

std::uint32_t ledger::pull_requests_left(const std::string& tenant, const std::string& campaign,
                                         std::int64_t now_ms) const {
  std::uint32_t left = UINT32_MAX;
  for (const auto& name : levels_of(tenant, campaign)) {
    const auto found = accounts_.find(name);
    if (found == accounts_.end()) continue;
    const auto& at = found->second;
    const auto room = [&at, now_ms](std::uint32_t most, std::int64_t length_ms) {
      if (most == 0) return UINT32_MAX;
      const auto began = std::upper_bound(at.pull_requests.begin(), at.pull_requests.end(),
                                          now_ms - length_ms);
      const auto counted = static_cast<std::uint64_t>(at.pull_requests.end() - began);
      return counted < most ? static_cast<std::uint32_t>(most - counted) : 0U;
    };
    left = std::min({left, room(at.limits.pull_requests_per_hour, hour_ms),
                     room(at.limits.pull_requests_per_day, day_ms)});
  }
  return left;
}

std::int64_t ledger::next_pull_request_ms(const std::string& tenant, const std::string& campaign,
                                          std::int64_t now_ms) const {
  std::int64_t at_ms = now_ms;
  for (const auto& name : levels_of(tenant, campaign)) {
    const auto found = accounts_.find(name);
    if (found == accounts_.end()) continue;
    const auto& at = found->second;
    at_ms = std::max({at_ms,
                      room_at(at.pull_requests, at.limits.pull_requests_per_hour, hour_ms, now_ms),
                      room_at(at.pull_requests, at.limits.pull_requests_per_day, day_ms, now_ms)});
  }
  return at_ms;
}

result<> ledger::take_pull_request(const std::string& tenant, const std::string& campaign,
                                   std::int64_t now_ms) {
  const auto levels = levels_of(tenant, campaign);
  for (const auto& name : levels) {
    const auto found = accounts_.find(name);
    if (found == accounts_.end()) continue;
    auto& at = found->second;
    forget_old(at, now_ms);
    const auto& most = at.limits;
    const bool hour_full =
        room_at(at.pull_requests, most.pull_requests_per_hour, hour_ms, now_ms) > now_ms;
    const bool day_full =
        room_at(at.pull_requests, most.pull_requests_per_day, day_ms, now_ms) > now_ms;
    if (!hour_full && !day_full) continue;
    return error{
        errc::refused,
        std::string{to_string(name.first)} + " " + name.second + " has opened " +
            std::to_string(hour_full ? most.pull_requests_per_hour : most.pull_requests_per_day) +
            " pull requests in the last " + (hour_full ? "hour" : "day") + ", its limit",
        {}};
  }
  for (const auto& name : levels) count_pull_request(accounts_[name], now_ms);
  return {};
}

void ledger::give_back_pull_request(const std::string& tenant, const std::string& campaign,
                                    std::int64_t counted_ms) {
  for (const auto& name : levels_of(tenant, campaign)) {
    const auto found = accounts_.find(name);
    if (found == accounts_.end()) continue;
    auto& times = found->second.pull_requests;
    const auto at = std::lower_bound(times.begin(), times.end(), counted_ms);
    if (at != times.end() && *at == counted_ms) times.erase(at);
  }
}

void ledger::count_pull_request(account& at, std::int64_t at_ms) {
  auto& times = at.pull_requests;
  times.insert(std::upper_bound(times.begin(), times.end(), at_ms), at_ms);
  if (times.size() > most_pull_requests_kept) times.pop_front();
}

void ledger::rebuild_pull_request(const std::string& tenant, const std::string& campaign,
                                  std::int64_t at_ms) {
  for (const auto& name : levels_of(tenant, campaign)) {
    count_pull_request(accounts_[name], at_ms);
  }
}

void ledger::rebuild(const std::vector<spending>& past, const std::vector<reservation>& live) {
  for (const auto& row : past) {
    auto& at = accounts_[{row.level, row.name}];
    at.spent = sum(at.spent, row.spent);
  }
  for (const auto& row : live) {
    auto kept = row;
    kept.most = tame(row.most);
    kept.used = tame(row.used);
    if (!live_.emplace(row.run_id, kept).second) continue;
    for (const auto& name : levels_of(row.tenant, row.campaign)) {
      auto& at = accounts_[name];
      at.reserved = sum(at.reserved, kept.most);
      ++at.active;
    }
  }
}

level_standing ledger::standing(budget_level level, const std::string& name) const {
  const auto found = accounts_.find({level, name});
  if (found == accounts_.end()) return {};
  const auto& at = found->second;
  const auto taken = sum(at.spent, at.reserved);
  const bool over = (at.limits.tokens > 0 && taken.tokens > at.limits.tokens) ||
                    (at.limits.micro_usd > 0 && taken.micro_usd > at.limits.micro_usd) ||
                    (at.limits.concurrency > 0 && at.active > at.limits.concurrency);
  return {at.spent, at.reserved, at.active, over, at.closed};
}

amounts ledger::left(budget_level level, const std::string& name) const {
  const auto found = accounts_.find({level, name});
  if (found == accounts_.end()) return {most_amount, most_amount};
  const auto& at = found->second;
  const auto taken = sum(at.spent, at.reserved);
  return {at.limits.tokens > 0 ? tame(at.limits.tokens - taken.tokens) : most_amount,
          at.limits.micro_usd > 0 ? tame(at.limits.micro_usd - taken.micro_usd) : most_amount};
}

}  // namespace skein::schedule
