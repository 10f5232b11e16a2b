// Keeps a watch from reading more often than is good: a lower bound between two looks, which grows
// with what a look costs.
#pragma once

#include "actors/fleet_client.hpp"

#include <chrono>

namespace skein::cli {

class pace {
 public:
  using clock = std::chrono::steady_clock;

  /// `shortest` between two looks; `longest` when nothing is committed.
  pace(std::chrono::milliseconds shortest, std::chrono::milliseconds longest)
      : shortest_(shortest), longest_(longest) {}

  /// Call before a look.
  void begin() { began_ = clock::now(); }

  /// Call after it. Returns when the next look is due, or earlier when there was an interrupt.
  void wait(actors::fleet_client& fleet) const;

 private:
  std::chrono::milliseconds shortest_;
  std::chrono::milliseconds longest_;
  clock::time_point began_ = clock::now();
};

}  // namespace skein::cli
