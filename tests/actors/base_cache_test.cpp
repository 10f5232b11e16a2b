// base_cache: what is in use stays, the longest unused goes.
#include "actors/base_cache.hpp"

#include <gtest/gtest.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <vector>

namespace skein::actors::test {
namespace {

class base_cache_test : public ::testing::Test {
 protected:
  caf::actor_addr user() {
    users_.push_back(
        system_.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; }));
    return caf::actor_cast<caf::actor_addr>(users_.back());
  }
  static git::base_checkout made(const char* path, std::uint64_t bytes) {
    return {path, bytes, true};
  }
  caf::actor_system_config config_;
  caf::actor_system system_{config_};
  base_cache cache_{base_cache::limits{100, 100}};
  std::vector<caf::actor> users_;  ///< before the system goes
};

using paths = std::vector<std::filesystem::path>;

TEST_F(base_cache_test, LongestUnusedGoesFirst) {
  const auto a = user();
  const auto b = user();
  for (const auto& [who, name] : {std::pair{a, "/a"}, std::pair{b, "/b"}, std::pair{a, "/c"}}) {
    cache_.began(who);
    cache_.found(made(name, 60), who);
  }
  EXPECT_EQ(cache_.take_excess(), paths{});  // all are in use
  cache_.gone(b);
  EXPECT_EQ(cache_.take_excess(), paths{"/b"});
  cache_.gone(a);
  EXPECT_EQ(cache_.take_excess(), paths{"/a"});
  EXPECT_EQ(cache_.take_excess(), paths{});  // what is left fits
}

TEST_F(base_cache_test, NothingIsDroppedWhileOneIsLookedFor) {
  const auto a = user();
  const auto b = user();
  cache_.began(a);
  cache_.found(made("/a", 200), a);
  cache_.gone(a);
  cache_.began(b);
  EXPECT_EQ(cache_.take_excess(), paths{});
  cache_.found({"/a", 0, true}, b);  // it was the one looked for
  EXPECT_EQ(cache_.take_excess(), paths{});
  cache_.gone(b);
  EXPECT_EQ(cache_.take_excess(), paths{"/a"});
}

TEST_F(base_cache_test, WhoDiedWaitingUsesNothing) {
  const auto a = user();
  cache_.began(a);
  cache_.gone(a);
  cache_.found(made("/a", 200), a);
  EXPECT_EQ(cache_.take_excess(), paths{"/a"});
}

}  // namespace
}  // namespace skein::actors::test
