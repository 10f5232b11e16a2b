// Tenants: what they use, what runs at work have reserved, and what they may use.
#include "cli/console/page.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace skein::cli::screen {

namespace {

std::string money(double usd) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), usd < 1000 ? "%.2f" : "%.0f", usd);
  return text.data();
}

/// 950, 12.3k, 480k, 4.0M.
std::string amount(std::uint64_t count) {
  if (count < 1000) return std::to_string(count);
  constexpr std::array units{'k', 'M', 'G', 'T'};
  auto value = static_cast<double>(count) / 1e3;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1e3;
    ++unit;
  }
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), value < 99.95 ? "%.1f%c" : "%.0f%c", value,
                      units[unit]);
  return text.data();
}

std::string of_limit(const std::string& used, const std::string& limit) {
  return used + "/" + limit;
}

std::string counted(std::uint32_t used, std::uint32_t limit) {
  return limit == 0 ? std::to_string(used) : of_limit(std::to_string(used), std::to_string(limit));
}

/// From four fifths of a limit on it is worth a look; at the limit nothing more starts.
tone tone_at(double used, double limit) {
  if (limit <= 0) return tone::plain;
  if (used >= limit) return tone::bad;
  return used >= limit * 0.8 ? tone::warn : tone::plain;
}

class tenants final : public page {
  static constexpr std::array columns{
      grid_column{"TENANT", 14, 1, false, false}, grid_column{"WORK", 5, 0, true, false},
      grid_column{"QUEUED", 6, 0, true, false},   grid_column{"USD", 16, 0, true, false},
      grid_column{"TOKENS", 15, 0, true, false},  grid_column{"PRS/H", 6, 0, true, false},
      grid_column{"PRS/D", 6, 0, true, false}};

 public:
  std::string title() const override { return "tenants: used+reserved/limit"; }
  std::string keys() const override { return "Enter its runs  H D K L switch"; }
  std::string nothing() const override { return "no tenants yet"; }
  std::size_t rows() const override { return rows_.size(); }
  line heading(std::size_t width) const override { return grid_heading(columns, width); }
  line row(std::size_t index, std::size_t width) const override {
    const auto& each = rows_[index];
    const auto& used = each.used;
    const auto& most = each.limits;
    std::string usd = money(used.usd);
    if (each.reserved_usd > 0) usd += "+" + money(each.reserved_usd);
    if (most.usd > 0) usd = of_limit(usd, money(most.usd));
    std::string tokens = amount(used.tokens);
    if (each.reserved_tokens > 0) tokens += "+" + amount(each.reserved_tokens);
    if (most.tokens > 0) tokens = of_limit(tokens, amount(most.tokens));
    return grid_row(
        columns,
        {name_of(used.tenant),
         {counted(used.active, most.max_concurrency), tone_at(used.active, most.max_concurrency)},
         std::to_string(used.queued),
         {usd, tone_at(used.usd + each.reserved_usd, most.usd)},
         {tokens, tone_at(static_cast<double>(used.tokens + each.reserved_tokens),
                          static_cast<double>(most.tokens))},
         {counted(each.opened_hour, most.pull_requests_per_hour),
          tone_at(each.opened_hour, most.pull_requests_per_hour)},
         {counted(each.opened_day, most.pull_requests_per_day),
          tone_at(each.opened_day, most.pull_requests_per_day)}},
        width);
  }
  result<> load(const feed& from, const window&) override {
    SKEIN_TRY(switches, from.state.switches());
    const auto limits = from.limits ? from.limits() : result<tenant_limits>(tenant_limits{});
    SKEIN_TRY(found, quotas_.read(from.state, limits ? *limits : tenant_limits{}, from.now_ms));
    rows_ = std::move(found);
    switches_ = std::move(switches);
    // What they use is shown all the same.
    SKEIN_CHECK(limits);
    return {};
  }
  std::unique_ptr<page> open(std::size_t index) const override {
    return index < rows_.size() ? runs_page("tenant:" + rows_[index].used.tenant) : nullptr;
  }
  std::optional<switch_target> target(std::size_t index) const override {
    if (index >= rows_.size()) return std::nullopt;
    return switch_target{store::switch_scope::tenant, rows_[index].used.tenant};
  }

 private:
  /// With the switch that is on it, if one is.
  [[nodiscard]] cell name_of(const std::string& tenant) const {
    for (const auto& one : switches_) {
      if (one.scope != store::switch_scope::tenant || one.target != tenant) continue;
      return {std::string(store::to_string(one.kind)) + " " + tenant, tone::warn};
    }
    return tenant;
  }

  tenant_quotas quotas_;
  std::vector<tenant_quota> rows_;
  std::vector<store::switch_row> switches_;
};

}  // namespace

std::unique_ptr<page> tenants_page() {
  return std::make_unique<tenants>();
}

}  // namespace skein::cli::screen
