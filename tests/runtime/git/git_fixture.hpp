// Real repositories in a temporary directory, made with the real git.
#pragma once

#include "runtime/git/mirror.hpp"
#include "runtime/process/run_child.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace skein::git {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using workspace::entry_kind;

class GitTest : public ::testing::Test {
 protected:
  GitTest() {
    std::string name = (fs::temp_directory_path() / "skein-git-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    fs::create_directories(mirrors());
    fs::create_directories(bases());
  }
  ~GitTest() override {
    std::error_code failed;
    fs::remove_all(root_, failed);
  }

  [[nodiscard]] fs::path mirrors() const { return root_ / "mirrors"; }
  [[nodiscard]] fs::path bases() const { return root_ / "bases"; }

  /// git::checkout() with a shelf on disk only.
  static result<fs::path> checkout(const fs::path& bases, const location& where, const base& from,
                                   std::stop_token stop) {
    const auto made = git::checkout({bases, {}, 0}, where, from, std::move(stop));
    if (!made) return made.error();
    return made->path;
  }

  /// Runs git; its output without the last line end. A failure fails the test.
  std::string git(std::vector<std::string> arguments, const std::string& input = "") {
    const auto ended = try_git(std::move(arguments), input);
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    std::string out = ended.out;
    if (out.ends_with('\n')) out.pop_back();
    return out;
  }

  process::child_result try_git(std::vector<std::string> arguments, const std::string& input = "") {
    process::child_spec spec;
    spec.argv = std::move(arguments);
    spec.argv.insert(spec.argv.begin(), "git");
    spec.environment = {"PATH=/usr/bin:/bin",
                        "HOME=" + root_.string(),
                        "LC_ALL=C",
                        "GIT_CONFIG_NOSYSTEM=1",
                        "GIT_AUTHOR_NAME=t",
                        "GIT_AUTHOR_EMAIL=t@t",
                        "GIT_CONFIG_GLOBAL=/dev/null",
                        "GIT_COMMITTER_NAME=t",
                        "GIT_COMMITTER_EMAIL=t@t",
                        "GIT_AUTHOR_DATE=1700000000 +0000",
                        "GIT_COMMITTER_DATE=1700000000 +0000"};
    spec.input = input;
    spec.output_limit = 64U << 20;
    auto ended = process::run_child(spec);
    if (!ended) {
      ADD_FAILURE() << ended.error().message;
      return {};
    }
    return *ended;
  }

  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  using files = std::initializer_list<std::pair<std::string, std::string>>;

  /// A working repository NAME with one commit of `content` on branch main.
  fs::path make_repository(const std::string& name,
                           files content = {{"a.txt", "one\ntwo\nthree\n"}}) {
    const fs::path at = root_ / name;
    git({"init", "-q", "-b", "main", at.string()});
    for (const auto& [path, text] : content) write(at / path, text);
    commit_all(at);
    return at;
  }
  void commit_all(const fs::path& at, const std::string& message = "change") {
    git({"-C", at.string(), "add", "-A", "-f"});
    git({"-C", at.string(), "commit", "-q", "--allow-empty", "-m", message});
  }
  /// The same as a bare repository.
  fs::path make_bare(const std::string& name, files content = {{"a.txt", "one\ntwo\nthree\n"}}) {
    const fs::path work = make_repository(name + "-work", content);
    const fs::path at = root_ / name;
    git({"clone", "-q", "--bare", work.string(), at.string()});
    return at;
  }
  std::string head(const fs::path& at, const std::string& what = "HEAD") {
    return git({"-C", at.string(), "rev-parse", "--verify", "-q", what});
  }

  static location at(const fs::path& path) {
    auto where = parse_location(path.string());
    EXPECT_TRUE(where) << where.error().message;
    return where ? *where : location{};
  }
  result<base> fetch_at(const fs::path& path, const std::string& branch = "",
                        const std::string& commit = "") {
    return fetch(mirrors(), at(path), branch, commit, 30s, {});
  }
  /// fetch() that must succeed.
  base fetched(const fs::path& path) {
    auto got = fetch_at(path);
    EXPECT_TRUE(got) << got.error().message;
    return got ? *got : base{};
  }
  /// Base, changed tree and commit in one go.
  std::string committed(const base& from, const workspace::change_set& change,
                        const std::string& message = "skein: change") {
    auto tree = write_tree(from, change);
    EXPECT_TRUE(tree) << tree.error().message;
    auto commit =
        write_commit(from, {*tree, message, "Skein", "skein@example.invalid", 1700000001});
    EXPECT_TRUE(commit) << commit.error().message;
    return *commit;
  }
  /// A tree object of raw lines, such as no git would write; returns the id of a commit of it.
  std::string commit_of_raw_tree(const fs::path& at, const std::string& raw) {
    const std::string tree =
        git({"-C", at.string(), "hash-object", "-t", "tree", "-w", "--stdin", "--literally"}, raw);
    return git({"-C", at.string(), "commit-tree", "-m", "raw", tree});
  }
  static std::string raw_line(const std::string& mode, const std::string& name,
                              const std::string& id) {
    std::string out = mode + " " + name + std::string(1, '\0');
    for (std::size_t i = 0; i < id.size(); i += 2) {
      out += static_cast<char>(std::stoi(id.substr(i, 2), nullptr, 16));
    }
    return out;
  }

  fs::path root_;
};

inline workspace::file_change put(std::string path, std::string content,
                                  entry_kind kind = entry_kind::regular) {
  return {std::move(path), kind, std::move(content)};
}
inline workspace::file_change gone(std::string path) {
  return {std::move(path), entry_kind::removed, ""};
}

template <class R>
::testing::AssertionResult has_value(const R& got) {
  if (got) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << to_string(got.error().code) << ": " << got.error().message;
}

template <class R>
::testing::AssertionResult has_error(const R& got, errc code, const std::string& text) {
  if (got) return ::testing::AssertionFailure() << "succeeded";
  if (got.error().code == code && got.error().message.find(text) != std::string::npos) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure()
         << to_string(got.error().code) << ": " << got.error().message;
}

#define ASSERT_VALUE(got) ASSERT_TRUE(has_value(got))
#define EXPECT_ERROR(got, code, text) EXPECT_TRUE(has_error(got, code, text))

}  // namespace skein::git
