// What a cell may store (T3.8): exactly in memory of its own, loosely on a shared disk.
#include "runtime/workspace/workspace.hpp"
#include "tests/runtime/cell/cell_fixture.hpp"

#include <csignal>

namespace skein::cell::testing {
namespace {

namespace fs = std::filesystem;

std::uint64_t bytes_below(const fs::path& folder) {
  std::uint64_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) sum += entry.file_size();
  return sum;
}

/// A cell whose phases are in memory of its own.
class own_memory_test : public cell_test {
 protected:
  void start_in_memory() {
    spec_.where = storage::own_memory;
    let_intruder_in();
    auto started = take(ask_start(loop_, spec_));
    ASSERT_TRUE(started) << started.error().message << started.error().remedy;
    cell_ = *started;
    enter("agent");
  }
  void enter(const std::string& phase) {
    const auto prepared = workspace::prepare(layout(phase), spec_.base);
    ASSERT_TRUE(prepared) << prepared.error().message;
    const auto entered = take(ask_enter(*cell_, phase));
    ASSERT_TRUE(entered) << entered.error().message;
  }
  [[nodiscard]] workspace::phase_layout layout(const std::string& phase) const {
    return {cell_->workspaces(), phase, workspace::strategy::overlay};
  }
};

TEST_F(own_memory_test, the_change_is_read_from_outside) {
  start_in_memory();
  EXPECT_EQ(0, run("echo changed > kept.txt; mkdir -p deep/er; echo new > deep/er/new.txt").code);
  const auto got = workspace::collect(layout("agent"), spec_.base, {}, {});
  ASSERT_TRUE(got) << got.error().message;
  std::string paths;
  for (const auto& file : got->change.files) paths += file.path + " ";
  EXPECT_EQ("deep/er/new.txt kept.txt ", paths);
  EXPECT_TRUE(fs::is_empty(spec_.root / "agent/upper"));  // nothing on the host's disk
}

TEST_F(own_memory_test, T3_9_a_change_is_applied_to_a_fresh_phase) {
  start_in_memory();
  EXPECT_EQ(0, run("echo changed > kept.txt; rm intruder; echo left > /tmp/left").code);
  const auto got = workspace::collect(layout("agent"), spec_.base, {}, {});
  ASSERT_TRUE(got);
  const auto fresh = layout("verify");
  ASSERT_TRUE(workspace::prepare(fresh, spec_.base));
  const auto applied = workspace::apply(fresh, spec_.base, got->change);
  ASSERT_TRUE(applied) << applied.error().message;
  ASSERT_TRUE(take(ask_enter(*cell_, "verify")));
  EXPECT_EQ("changed\n", run("cat kept.txt; ls intruder /tmp/left 2>/dev/null").output);
}

TEST_F(own_memory_test, T3_8_a_writer_cannot_take_more_than_its_size) {
  spec_.limits.disk_bytes = 24 << 20;
  start_in_memory();
  EXPECT_EQ("fill ENOSPC\n", run("./intruder fill").output);
  EXPECT_EQ("fill ENOSPC\n", run("rm -f fill*; ./intruder fill_unlinked").output);
  EXPECT_EQ("alive\n", run("rm -f fill*; echo alive > x; cat x").output);
}

TEST_F(own_memory_test, T3_8_all_phases_share_the_size) {
  spec_.limits.disk_bytes = 24 << 20;
  start_in_memory();
  EXPECT_EQ("fill ENOSPC\n", run("./intruder fill").output);
  ASSERT_TRUE(workspace::prepare(layout("verify"), spec_.base));
  ASSERT_TRUE(take(ask_enter(*cell_, "verify")));
  EXPECT_EQ("fill ENOSPC\n", run("./intruder fill").output);
  EXPECT_LE(bytes_below(layout("agent").upper()) + bytes_below(layout("verify").upper()),
            24U << 20);
}

TEST_F(own_memory_test, T3_8_many_empty_files_are_bounded) {
  spec_.limits.disk_files = 2000;
  start_in_memory();
  EXPECT_NE(std::string::npos, run("./intruder many_files").output.find("many_files ENOSPC"));
}

TEST_F(own_memory_test, T3_2_the_workspaces_are_hidden_from_commands) {
  start_in_memory();
  EXPECT_EQ("", run("ls -A /.cell").output);
}

TEST_F(own_memory_test, a_phase_of_the_host_s_disk_is_not_entered) {
  spec_.where = storage::own_memory;
  auto started = take(ask_start(loop_, spec_));
  ASSERT_TRUE(started);
  cell_ = *started;
  EXPECT_FALSE(take(ask_enter(*cell_, "agent")));  // prepared below spec_.root only
}

// ── On a shared disk ──────────────────────────────────────────────────────────────────────────

class shared_disk_test : public cell_test {
 protected:
  void start_small() {
    spec_.limits.disk_bytes = 64 << 20;
    let_intruder_in();
    start();
  }
  void expect_ended(const command_result& ended) const {
    EXPECT_EQ(command_end::signalled, ended.end);
    EXPECT_EQ(SIGXFSZ, ended.code);
    EXPECT_NE(std::string::npos, ended.output.find("may store")) << ended.output;
  }
};

TEST_F(shared_disk_test, T3_8_a_writer_is_ended_long_before_the_disk_is_full) {
  start_small();
  expect_ended(run("./intruder fill"));
  EXPECT_LT(bytes_below(spec_.root / "agent/upper"), 16ULL << 30);
  EXPECT_EQ("alive\n", run("rm -f fill*; echo alive").output);
}

TEST_F(shared_disk_test, T3_8_many_small_writers_are_ended) {
  spec_.limits.disk_files = 3000;
  start_small();
  expect_ended(run("./intruder many_files; sleep 1000"));
}

TEST_F(shared_disk_test, T3_8_a_stream_of_orphans_does_not_put_the_look_off) {
  start_small();
  expect_ended(run("while :; do (true &); head -c 500000 /dev/zero >> big; done"));
}

TEST_F(shared_disk_test, T3_8_a_copy_is_watched_too) {
  spec_.how = workspace::strategy::copy;
  spec_.limits.disk_bytes = 64 << 20;
  let_intruder_in();
  fs::copy_file(spec_.base / "intruder", spec_.root / "agent/copy/intruder");
  start();
  expect_ended(run("mkdir -p a/b/c; cd a/b/c; ../../../intruder fill"));
}

TEST_F(shared_disk_test, T3_8_what_a_short_command_leaves_counts_at_its_end) {
  start_small();
  auto ended = run("head -c 40000000 /dev/zero > one");
  EXPECT_EQ(command_end::exited, ended.end) << ended.output;
  expect_ended(run("head -c 40000000 /dev/zero > two; echo quick"));
}

TEST_F(shared_disk_test, a_command_within_its_limit_is_left_alone) {
  start_small();
  const auto ended =
      run("head -c 30000000 /dev/zero > one; rm one; head -c 30000000 /dev/zero > two");
  EXPECT_EQ(command_end::exited, ended.end) << ended.output;
  EXPECT_EQ(0, ended.code);
}

}  // namespace
}  // namespace skein::cell::testing
