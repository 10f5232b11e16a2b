// Which base checkouts are in use, and which of the others to drop. Decides only; files are the
// repository actor's.
#pragma once

#include "runtime/git/mirror.hpp"

#include <caf/actor_addr.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <vector>

namespace skein::actors {

class base_cache {
 public:
  struct limits {
    std::uint64_t memory_bytes = 2ULL << 30;
    std::uint64_t disk_bytes = 20ULL << 30;
  };

  base_cache() = default;
  explicit base_cache(limits most) : most_(most) {}

  /// A checkout is being looked for or made: until it has ended, nothing is dropped.
  void began(const caf::actor_addr& user) { under_way_.insert(user); }
  void ended(const caf::actor_addr& user);
  /// `user` gets this checkout, unless it is gone.
  void found(const git::base_checkout& checkout, const caf::actor_addr& user);
  void gone(const caf::actor_addr& user);

  /// Takes out what exceeds the limits: unused, longest unused first.
  [[nodiscard]] std::vector<std::filesystem::path> take_excess();

 private:
  struct entry {
    std::uint64_t bytes = 0;
    bool in_memory = false;
    std::set<caf::actor_addr> users;
    std::uint64_t last_used = 0;
  };

  limits most_;
  std::map<std::filesystem::path, entry> entries_;
  std::uint64_t in_memory_ = 0;
  std::uint64_t on_disk_ = 0;
  std::uint64_t clock_ = 0;
  std::multiset<caf::actor_addr> under_way_;
  std::set<caf::actor_addr> gone_;  ///< of under_way_
};

}  // namespace skein::actors
