#include "runtime/schedule/waves.hpp"

#include <cmath>
#include <cstdio>

namespace skein::schedule {

namespace {

struct tally {
  std::uint32_t total = 0;
  std::uint32_t final = 0;
  std::uint32_t good = 0;
};

tally tally_up_to(const std::vector<store::wave_totals>& totals, std::uint32_t from,
                  std::uint32_t until) {
  tally sum;
  for (const auto& wave : totals) {
    if (wave.wave < from || wave.wave > until) continue;
    for (const auto& [state, count] : wave.states) {
      sum.total += count;
      if (schema::is_final(state)) sum.final += count;
      if (schema::is_success(state)) sum.good += count;
    }
  }
  return sum;
}

std::uint32_t last_wave(const std::vector<store::wave_totals>& totals) {
  std::uint32_t last = 0;
  for (const auto& wave : totals) last = std::max(last, wave.wave);
  return last;
}

std::string percent(double share) {
  char text[16];
  std::snprintf(text, sizeof text, "%.0f%%", share * 100);
  return text;
}

}  // namespace

wave_decision next_act(const schema::campaign& campaign, std::uint32_t open_wave,
                       const std::vector<store::wave_totals>& totals, std::int64_t since_final_ms) {
  if (tally_up_to(totals, 0, open_wave).final < tally_up_to(totals, 0, open_wave).total) return {};
  const auto wave = tally_up_to(totals, open_wave, open_wave);
  const bool last = open_wave >= last_wave(totals);
  const auto spec = open_wave < campaign.waves.size() ? campaign.waves[open_wave]
                                                      : schema::wave_spec{};
  const double share = wave.total == 0 ? 1 : static_cast<double>(wave.good) / wave.total;
  // A little slack, so that 0.8 of 5 is 4 whatever the last bit of the product says.
  if (!last && share + 1e-9 < spec.require_success) {
    return {wave_act::halt, {},
            "wave " + std::to_string(open_wave + 1) + " succeeded for " + percent(share) +
                ", requireSuccess is " + percent(spec.require_success)};
  }
  if (last) return {wave_act::complete, {}, {}};
  if (since_final_ms < spec.soak.count()) {
    return {wave_act::soak, spec.soak - std::chrono::milliseconds{since_final_ms}, {}};
  }
  return {wave_act::open_next, {}, {}};
}

}  // namespace skein::schedule
