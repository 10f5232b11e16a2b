// The forge that is a directory: the same promises as the other one.
#include "runtime/forge/local.hpp"
#include "runtime/forge/open_once.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>

namespace skein::forge {
namespace {

namespace fs = std::filesystem;
const std::string commit(40, 'c');
const std::string marker = "<!-- skein run=r1 fingerprint=";

class local_test : public ::testing::Test {
 protected:
  local_test() {
    std::string name = fs::temp_directory_path() / "skein-local-forge-XXXXXX";
    directory = ::mkdtemp(name.data());
    git.default_branch = [](const repository_name&) { return result<std::string>("main"); };
    git.commit_of = [this](const repository_name&, const std::string& branch) {
      return result<std::string>(branches.contains(branch) ? branches[branch] : std::string());
    };
    git.read_file = [](const repository_name&, const std::string&, const std::string& path) {
      if (path == "CODEOWNERS") return result<std::string>("* @a\n");
      return result<std::string>(error{errc::not_found, "no such file", ""});
    };
    git.delete_branch = [this](const repository_name&, const std::string& branch,
                               const std::string& at) -> result<> {
      if (branches[branch] != at) return error{errc::conflict, "the branch moved", ""};
      branches.erase(branch);
      return {};
    };
    branches["skein/x"] = commit;
  }
  ~local_test() override { fs::remove_all(directory); }
  local_forge forge_now() {
    return {directory, git, [] { return std::int64_t{1000}; }};
  }

  fs::path directory;
  local_git git;
  std::map<std::string, std::string> branches;
  const repository_name pay{"acme", "pay"};
  const new_pull_request wanted{"T", "b\n" + marker + "f -->\n", "skein/x", "main", true};
  const call_limits quick;
};

TEST_F(local_test, F7_opens_once_also_after_a_crash) {
  auto first = forge_now();
  const auto made = open_once(first, pay, wanted, marker, quick);
  ASSERT_TRUE(made.done()) << made.reason;
  EXPECT_EQ(made.value->how, opened_as::created);
  EXPECT_TRUE(made.value->pull.draft);
  auto restarted = forge_now();
  const auto again = open_once(restarted, pay, wanted, marker, quick);
  ASSERT_TRUE(again.done());
  EXPECT_EQ(again.value->how, opened_as::found_open);
  EXPECT_EQ(again.value->pull.number, 1);
  const auto direct = restarted.create_pull_request(pay, wanted, quick);
  EXPECT_EQ(direct.end, outcome::refused);
  EXPECT_TRUE(direct.exists_already);
}

TEST_F(local_test, a_whole_life) {
  auto here = forge_now();
  ASSERT_TRUE(here.create_pull_request(pay, wanted, quick).done());
  EXPECT_TRUE(here.update_pull_request(pay, 1, {"New", "body", false}, quick).done());
  EXPECT_TRUE(here.add_labels(pay, 1, {"a", "b"}, quick).done());
  EXPECT_TRUE(here.add_labels(pay, 1, {"b", "c"}, quick).done());
  EXPECT_TRUE(here.request_reviewers(pay, 1, {"ann"}, {"core"}, quick).done());
  EXPECT_TRUE(here.comment(pay, 1, "x [m]", "[m]", quick).done());
  EXPECT_TRUE(here.comment(pay, 1, "x [m]", "[m]", quick).done());
  EXPECT_EQ(here.list_open(pay, "skein/", 10, quick).value->items.size(), 1U);
  EXPECT_EQ(here.list_open(pay, "other/", 10, quick).value->items.size(), 0U);
  EXPECT_FALSE(here.list_open(pay, "", 0, quick).value->complete);
  branches["skein/x"] = std::string(40, 'd');
  EXPECT_EQ(here.read_pull_request(pay, 1, quick).value->head_commit, std::string(40, 'd'))
      << "the branch as it is now";
  branches["skein/x"] = commit;
  EXPECT_TRUE(here.close_pull_request(pay, 1, quick).done());
  auto again = forge_now();
  const auto read = again.read_pull_request(pay, 1, quick);
  ASSERT_TRUE(read.done());
  EXPECT_EQ(read.value->title, "New");
  EXPECT_FALSE(read.value->draft);
  EXPECT_FALSE(read.value->open);
  EXPECT_TRUE(read.value->closed_by_bot);
  EXPECT_EQ(read.value->labels, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(again.delete_branch(pay, "skein/x", std::string(40, 'd'), quick).end, outcome::refused);
  EXPECT_TRUE(again.delete_branch(pay, "skein/x", commit, quick).done());
  EXPECT_TRUE(again.delete_branch(pay, "skein/x", "", quick).done());
  EXPECT_EQ(again.read_pull_request(pay, 2, quick).status, 404);
}

TEST_F(local_test, refuses_what_is_no_repository_or_branch) {
  auto here = forge_now();
  EXPECT_EQ(here.create_pull_request({"..", "x"}, wanted, quick).end, outcome::refused);
  EXPECT_EQ(here.read_pull_request({"..", "x"}, 1, quick).end, outcome::refused);
  EXPECT_EQ(here.close_pull_request({"", ""}, 1, quick).end, outcome::refused);
  auto other = wanted;
  other.head_branch = "skein/none";
  EXPECT_EQ(here.create_pull_request(pay, other, quick).end, outcome::refused);
  EXPECT_EQ(here.search_repositories("x", 1, quick).end, outcome::refused);
  EXPECT_TRUE(fs::is_empty(directory));
}

TEST_F(local_test, a_damaged_record_is_named_and_nothing_is_made_beside_it) {
  auto here = forge_now();
  ASSERT_TRUE(here.create_pull_request(pay, wanted, quick).done());
  const fs::path file = directory / "acme" / "pay" / "1.json";
  std::ofstream(file, std::ios::trunc) << "{\"number\": 1, \"headB";
  const auto got = open_once(here, pay, wanted, marker, quick);
  EXPECT_FALSE(got.done());
  EXPECT_NE(got.reason.find("1.json"), std::string::npos);
  EXPECT_FALSE(fs::exists(directory / "acme" / "pay" / "2.json"));
}

TEST_F(local_test, reads_a_file_of_the_base) {
  auto here = forge_now();
  EXPECT_EQ(**here.read_file(pay, "CODEOWNERS", "main", 100, quick).value, "* @a\n");
  EXPECT_FALSE(here.read_file(pay, "none", "main", 100, quick).value->has_value());
  EXPECT_EQ(here.read_file(pay, "CODEOWNERS", "main", 2, quick).end, outcome::refused);
}

}  // namespace
}  // namespace skein::forge
