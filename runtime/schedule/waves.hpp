// What a campaign does next, decided from its stored totals alone. Pure.
#pragma once

#include "runtime/store/reader.hpp"
#include "schema/campaign.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace skein::schedule {

enum class wave_act {
  wait,       ///< runs of the open wave are not final yet
  soak,       ///< the wave is good; look again when the soak time is over
  open_next,
  halt,       ///< too few successes
  complete
};

struct wave_decision {
  wave_act act = wave_act::wait;
  std::chrono::milliseconds soak_left{0};
  std::string reason;
};

/// `since_final_ms`: how long the open wave has been all final.
[[nodiscard]] wave_decision next_act(const schema::campaign& campaign, std::uint32_t open_wave,
                                     const std::vector<store::wave_totals>& totals,
                                     std::int64_t since_final_ms);

}  // namespace skein::schedule
