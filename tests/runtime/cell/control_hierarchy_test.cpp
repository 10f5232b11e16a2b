// The file protocol of control groups, against a plain directory tree: which files are written, in
// which folder, with which text.
#include "runtime/cell/control_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

namespace skein::cell::testing {
namespace {

namespace fs = std::filesystem;

class control_hierarchy_test : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "skein-control-XXXXXX").string();
    ASSERT_NE(nullptr, ::mkdtemp(pattern.data()));
    folder_ = pattern;
    files_.mountinfo = folder_ / "mountinfo";
    files_.own_groups = folder_ / "groups";
    files_.open_flags = O_CREAT;
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file) << text;
  }
  static std::string read(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// A mount of type cgroup2 on `folder_`/v2, with our group and what it offers.
  void unified(const std::string& own, const std::string& controllers) {
    write("mountinfo", "24 1 0:21 / /proc rw - proc proc rw\n31 1 0:27 / " +
                           (folder_ / "v2").string() + " rw,nosuid - cgroup2 cgroup2 rw\n");
    write("groups", "0::" + own + "\n");
    write("v2" + own + "/cgroup.controllers", controllers + "\n");
  }

  fs::path folder_;
  control_files files_;
  cell_limits limits_{.memory_bytes = 1 << 30,
                      .processes = 77,
                      .file_bytes = 0,
                      .open_files = 0,
                      .cpu = {},
                      .disk_bytes = 0,
                      .disk_files = 0,
                      .cpu_percent = 150};
};

TEST_F(control_hierarchy_test, T3_8_v2_limits_memory_processes_and_cpu_below_our_own_group) {
  unified("/user.slice/skein.scope", "cpuset cpu io memory pids");
  const auto places = find_control_places(files_);
  ASSERT_EQ(1U, places.all.size()) << places.refused;
  const fs::path own = folder_ / "v2/user.slice/skein.scope";
  EXPECT_EQ(own / "skein", places.all.front().folder);
  EXPECT_THAT(read(own / "cgroup.subtree_control"), ::testing::HasSubstr("+cpu"));
  EXPECT_THAT(read(own / "skein/cgroup.subtree_control"), ::testing::HasSubstr("pids"));

  auto group = control_group::make(limits_, places, files_);
  ASSERT_TRUE(group) << group.error().message;
  EXPECT_TRUE(group->limits_memory() && group->limits_processes() && group->limits_cpu());
  const fs::path made = group->folders().front();
  EXPECT_EQ(own / "skein", made.parent_path());
  EXPECT_EQ("1073741824", read(made / "memory.max"));
  EXPECT_EQ("0", read(made / "memory.swap.max"));
  EXPECT_EQ("77", read(made / "pids.max"));
  EXPECT_EQ("150000 100000", read(made / "cpu.max"));
  ASSERT_TRUE(group->add(4711));
  EXPECT_EQ("4711", read(made / "cgroup.procs"));
}

TEST_F(control_hierarchy_test, v2_without_a_cpu_controller_limits_the_rest) {
  unified("/", "memory pids");
  const auto places = find_control_places(files_);
  ASSERT_EQ(1U, places.all.size());
  EXPECT_FALSE(places.all.front().cpu);
  const auto group = control_group::make(limits_, places, files_);
  ASSERT_TRUE(group);
  EXPECT_FALSE(group->limits_cpu());
  EXPECT_FALSE(fs::exists(group->folders().front() / "cpu.max"));
}

TEST_F(control_hierarchy_test, v2_with_huge_pages_only_is_no_place) {
  unified("/", "hugetlb");
  const auto places = find_control_places(files_);
  EXPECT_TRUE(places.all.empty());
  const auto group = control_group::make(limits_, places, files_);
  ASSERT_FALSE(group);
  EXPECT_EQ(errc::unsupported, group.error().code);
  EXPECT_FALSE(group.error().remedy.empty());
}

TEST_F(control_hierarchy_test, v2_a_limit_that_cannot_be_written_is_an_error) {
  unified("/", "memory pids");
  const auto places = find_control_places(files_);
  control_files strict = files_;
  strict.open_flags = 0;  // the files of a new group are not there
  const auto group = control_group::make(limits_, places, strict);
  ASSERT_FALSE(group);
  EXPECT_THAT(group.error().message, ::testing::HasSubstr("memory.max"));
}

TEST_F(control_hierarchy_test, v2_in_a_container_the_group_is_below_the_mount) {
  unified("/", "memory pids");
  write("mountinfo",
        "31 1 0:27 /docker/abc " + (folder_ / "v2").string() + " rw - cgroup2 cgroup2 rw\n");
  write("groups", "0::/docker/abc\n");
  const auto places = find_control_places(files_);
  ASSERT_EQ(1U, places.all.size()) << places.refused;
  EXPECT_EQ(folder_ / "v2/skein", places.all.front().folder);
}

TEST_F(control_hierarchy_test, T3_8_v1_has_a_folder_for_each_controller) {
  std::string mounts;
  std::string groups;
  int number = 9;
  for (const std::string controller : {"memory", "pids", "cpu", "freezer"}) {
    mounts += "40 1 0:30 / " + (folder_ / controller).string() + " rw - cgroup cgroup rw," +
              controller + "\n";
    groups += std::to_string(number--) + ":" + controller + ":/own\n";
    fs::create_directories(folder_ / controller / "own");
  }
  write("mountinfo", mounts);
  write("groups", groups);
  const auto places = find_control_places(files_);
  ASSERT_EQ(3U, places.all.size()) << places.refused;
  auto group = control_group::make(limits_, places, files_);
  ASSERT_TRUE(group) << group.error().message;
  ASSERT_EQ(3U, group->folders().size());
  EXPECT_EQ("1073741824", read(group->folders()[0] / "memory.limit_in_bytes"));
  EXPECT_EQ("77", read(group->folders()[1] / "pids.max"));
  EXPECT_EQ("150000", read(group->folders()[2] / "cpu.cfs_quota_us"));
  EXPECT_EQ("100000", read(group->folders()[2] / "cpu.cfs_period_us"));
}

TEST_F(control_hierarchy_test, v1_a_thread_enters_and_leaves_v2_has_no_such_thing) {
  write("mountinfo",
        "40 1 0:30 / " + (folder_ / "pids").string() + " rw - cgroup cgroup rw,pids\n");
  write("groups", "3:pids:/own\n");
  write("pids/own/tasks", "");
  auto group = control_group::make(limits_, find_control_places(files_), files_);
  ASSERT_TRUE(group) << group.error().message;
  ASSERT_TRUE(group->enter());
  EXPECT_EQ("0", read(group->folders().front() / "tasks"));
  ASSERT_TRUE(group->leave());
  EXPECT_EQ("0", read(folder_ / "pids/own/tasks"));
  fs::remove(folder_ / "pids/own/tasks");
  EXPECT_FALSE(group->enter());  // there would be no way back

  unified("/", "memory pids");
  auto other = control_group::make(limits_, find_control_places(files_), files_);
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_FALSE(other->enter());
}

TEST_F(control_hierarchy_test, hostile_or_broken_lists_are_no_place) {
  for (const std::string text : {"", "x", " - ", "1 2 3 4\n", "1 2 3 / /x - cgroup2\n::::\n"}) {
    write("mountinfo", text);
    write("groups", text);
    EXPECT_TRUE(find_control_places(files_).all.empty()) << text;
  }
}

TEST_F(control_hierarchy_test, groups_of_dead_processes_are_removed_others_stay) {
  unified("/", "memory pids");
  const fs::path dead = folder_ / "v2/skein/4194304-1";  // above the largest process id
  const fs::path ours = folder_ / "v2/skein" / (std::to_string(::getpid()) + "-9");
  fs::create_directories(dead);
  fs::create_directories(ours);
  static_cast<void>(find_control_places(files_));
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(ours));
}

}  // namespace
}  // namespace skein::cell::testing
