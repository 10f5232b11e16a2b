// Which repositories a file and the command line name together.
#include "cli/task_files.hpp"

#include <gtest/gtest.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace skein::cli {
namespace {

class task_files : public testing::Test {
 protected:
  task_files() {
    std::string name = testing::TempDir() + "skein-tasks-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~task_files() override { std::filesystem::remove_all(directory_); }

  std::string file(const std::string& text) {
    const auto path = directory_ / "task.yaml";
    std::ofstream(path) << text;
    return path.string();
  }

  static std::string task(const std::string& repo, const std::string& name = "t") {
    return "apiVersion: skein/v1\nkind: Task\nmetadata: {name: " + name +
           "}\nspec:\n  intent: x\n" + repo;
  }

  std::filesystem::path directory_;
};

TEST(absolute_repo, makes_paths_absolute_and_leaves_addresses_alone) {
  const auto here = std::filesystem::current_path().string();
  EXPECT_EQ(absolute_repo("sub/repo"), here + "/sub/repo");
  EXPECT_EQ(absolute_repo("./sub/../repo/"), here + "/repo");
  EXPECT_EQ(absolute_repo("/srv/git/a.git"), "/srv/git/a.git");
  EXPECT_EQ(absolute_repo("git@host:org/a.git"), "git@host:org/a.git");
  EXPECT_EQ(absolute_repo("https://host/a.git"), "https://host/a.git");
  EXPECT_EQ(absolute_repo("file:///srv/a.git"), "file:///srv/a.git");
  EXPECT_EQ(absolute_repo("./odd:name"), here + "/odd:name");
  EXPECT_EQ(absolute_repo("/"), "/");
  EXPECT_EQ(absolute_repo(""), "");
}

TEST_F(task_files, each_task_is_taken_once_for_each_repository) {
  const auto path = file(task("") + "---\n" + task("", "u"));
  const auto tasks = read_tasks(path, {"/a", "/b"});
  ASSERT_TRUE(tasks);
  ASSERT_EQ(tasks->size(), 4U);
  EXPECT_EQ(tasks->at(0).spec.repo.url, "/a");
  EXPECT_EQ(tasks->at(1).spec.repo.url, "/b");
  EXPECT_EQ(tasks->at(3).name, "u");
}

TEST_F(task_files, a_commit_does_not_go_over_to_another_repository) {
  const std::string commit(40, 'a');
  const auto path = file(task("  repo: {url: /a, branch: main, commit: " + commit + "}\n"));
  const auto tasks = read_tasks(path, {"/a", "/b"});
  ASSERT_TRUE(tasks);
  EXPECT_EQ(tasks->at(0).spec.repo.commit, commit);
  EXPECT_EQ(tasks->at(1).spec.repo.commit, "");
  EXPECT_EQ(tasks->at(1).spec.repo.branch, "main");
}

TEST_F(task_files, the_repository_of_the_task_becomes_absolute) {
  const auto tasks = read_tasks(file(task("  repo: {url: rel/a}\n")), {});
  ASSERT_TRUE(tasks);
  EXPECT_EQ(tasks->front().spec.repo.url, std::filesystem::current_path().string() + "/rel/a");
}

TEST_F(task_files, dangerous_addresses_are_refused) {
  const auto path = file(task(""));
  for (const char* url :
       {"ext::sh -c id", "-upload-pack=x", "https://u:p@host/a", "ftp://host/a"}) {
    testing::internal::CaptureStderr();
    EXPECT_FALSE(read_tasks(path, {url})) << url;
    EXPECT_NE(testing::internal::GetCapturedStderr().find("cannot be used"), std::string::npos);
  }
}

}  // namespace
}  // namespace skein::cli
