// How fast something gets done, over the last minute. Pure: time comes from the caller.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace skein::cli {

class rate_meter {
 public:
  /// `done` never falls.
  void add(std::int64_t now_ms, std::uint32_t done);

  /// Nothing until something got done.
  [[nodiscard]] std::optional<double> per_minute() const;

  /// How long `left` more will take at this rate.
  [[nodiscard]] std::optional<std::int64_t> time_for(std::uint32_t left) const;

 private:
  struct sample {
    std::int64_t at_ms;
    std::uint32_t done;
  };
  std::deque<sample> samples_;  ///< at most one a second, of the last minute
};

}  // namespace skein::cli
