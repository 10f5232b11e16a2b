// What a worker has and what a run takes of it.
#include "runtime/schedule/room.hpp"
#include "runtime/schedule/chooser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skein::schedule {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t gib = 1ULL << 30;

TEST(Room, is_that_of_the_machine_unless_it_is_stated) {
  schema::config config;
  const machine on{24 * gib, 8};
  const auto usual = room_of(config, on, 6, 2);
  EXPECT_EQ(usual.cells, 8U);
  EXPECT_EQ(usual.memory_mib, 24U * 1024);
  EXPECT_EQ(usual.cpu_millis, 8000U);
  config.worker_memory_bytes = 10 * gib;
  config.worker_cpus = 2.5;
  const auto stated = room_of(config, on, 6, 2);
  EXPECT_EQ(stated.memory_mib, 10U * 1024);
  EXPECT_EQ(stated.cpu_millis, 2500U);
}

TEST(Room, runs_that_state_nothing_all_fit) {
  for (const std::uint32_t cells : {1U, 3U, 7U, 500U, 5000U}) {
    const auto room = room_of({}, {3 * gib + 5, 3}, cells, 2);
    const auto needs = needs_of({}, room, 4 * gib);
    EXPECT_LE(std::uint64_t{needs.memory_mib} * room.cells, room.memory_mib);
    EXPECT_LE(std::uint64_t{needs.cpu_millis} * room.cells, room.cpu_millis);
  }
  EXPECT_EQ(needs_of({}, room_of({}, {24 * gib, 8}, 2, 2), 4 * gib).memory_mib, 4096U)
      << "no more than a cell may have";
}

TEST(Room, needs_are_rounded_up) {
  const auto room = room_of({}, {24 * gib, 8}, 2, 2);
  EXPECT_EQ(needs_of({gib + 1, 0}, room, gib).memory_mib, 1025U);
  EXPECT_EQ(needs_of({0, 0.0101}, room, gib).cpu_millis, 11U);
  EXPECT_EQ(needs_of({0, 1.5}, room, gib).cpu_millis, 1500U);
}

TEST(Room, says_what_can_never_be_given) {
  const auto room = room_of({}, {4 * gib, 2}, 2, 2);
  EXPECT_EQ(never_fits({4 * gib, 2}, room), "");
  EXPECT_THAT(never_fits({4 * gib + 1, 0}, room), HasSubstr("resources.memory is 4097 MiB"));
  EXPECT_THAT(never_fits({0, 2.25}, room), HasSubstr("resources.cpus is 2.25"));
  EXPECT_EQ(never_fits({4000 * gib, 400}, {}), "") << "what is not counted is not short";
}

TEST(Room, what_is_short_is_named) {
  const auto room = room_of({}, {8 * gib, 4}, 2, 2);
  chooser under_test{{}};
  under_test.set_capacity(room);
  const auto add = [&](const std::string& name, const schema::resource_spec& stated) {
    queue_entry row;
    row.run_id = name;
    row.tenant = "t";
    row.repo = name;
    row.seq = static_cast<std::int64_t>(name.size());
    row.needs = needs_of(stated, room, gib);
    EXPECT_EQ(under_test.add(row, 0).verdict, intake::queued);
  };
  add("a", {6 * gib, 0});
  ASSERT_TRUE(under_test.next(0).admitted);
  add("bb", {3 * gib, 0});
  EXPECT_FALSE(under_test.next(0).admitted);
  EXPECT_EQ(under_test.why("bb", 0).what, waits_for::room);
  EXPECT_EQ(under_test.why("bb", 0).detail, "memory");
  add("ccc", {0, 3.5});
  EXPECT_FALSE(under_test.next(0).admitted);
  EXPECT_EQ(under_test.why("ccc", 0).detail, "processors");
  add("dddd", {9 * gib, 0});
  EXPECT_EQ(under_test.why("dddd", 0).what, waits_for::never_fits);
  EXPECT_EQ(under_test.why("dddd", 0).detail, "memory");
  under_test.finished("a", {});
  EXPECT_TRUE(under_test.next(0).admitted);
}

}  // namespace
}  // namespace skein::schedule
