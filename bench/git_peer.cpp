#include "bench/git_peer.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

namespace skein::bench {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

/// No shell between: its start would count against git.
void git(const fs::path& directory, std::vector<std::string> arguments,
         const fs::path& input = "/dev/null", const fs::path& output = "/dev/null") {
  arguments.insert(arguments.begin(), {"git", "-C", directory.string()});
  std::vector<char*> pointers;
  for (std::string& each : arguments) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, "git", &files, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  int status = 1;
  if (failed != 0 || ::waitpid(child, &status, 0) != child || status != 0) {
    die("git " + arguments[3] + " failed in " + directory.string());
  }
}

void put_file(std::ostream& stream, const std::string& path, const std::string& text) {
  stream << "M 100644 inline " << path << "\ndata " << text.size() << '\n' << text << '\n';
}

void write_history(const fs::path& file, const history& past) {
  std::ofstream stream{file, std::ios::binary};
  for (int commit = 0; commit < past.commits; ++commit) {
    const std::string title = "commit " + std::to_string(commit) + "\n";
    stream << "commit refs/heads/main\ncommitter Bench <bench@localhost> " << 1'700'000'000 + commit
           << " +0000\ndata " << title.size() << '\n'
           << title;
    if (commit > 0) {
      put_file(stream, past.path_of(commit % past.files), past.text_of(commit % past.files));
      continue;
    }
    for (int i = 0; i < past.files; ++i) {
      const bool comes_later = i > 0 && i < past.commits;
      put_file(stream, past.path_of(i),
               comes_later ? "before\n" + past.text_of(i) : past.text_of(i));
    }
  }
  if (!stream.flush()) die("cannot write " + file.string());
}

/// As if the checkout had been a while ago: git reads again what is as young as its index.
void make_old(const fs::path& worktree) {
  const auto then = fs::file_time_type::clock::now() - std::chrono::hours{1};
  for (fs::recursive_directory_iterator it{worktree}, end; it != end; ++it) {
    if (it->is_regular_file()) fs::last_write_time(it->path(), then);
  }
}

}  // namespace

git_peer::git_peer(fs::path repository, const history& past) : repository_(std::move(repository)) {
  ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
  ::setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
  fs::create_directories(repository_);
  git(repository_, {"init", "--quiet", "--bare", "--initial-branch=main"});
  const fs::path stream = repository_ / "history";
  write_history(stream, past);
  git(repository_, {"fast-import", "--quiet"}, stream);
  fs::remove(stream);
}

void git_peer::add_worktree(const fs::path& at) const {
  git(repository_, {"worktree", "add", "--quiet", "--detach", at.string(), "main"});
}

void git_peer::apply(const fs::path& worktree, const workspace::change_set& change) const {
  make_old(worktree);
  git(worktree, {"update-index", "-q", "--refresh"});
  for (const auto& each : change.files) {
    const fs::path file = worktree / each.path;
    if (each.kind == workspace::entry_kind::removed) {
      fs::remove(file);
    } else if (!(std::ofstream{file, std::ios::binary} << each.content << std::flush)) {
      die("cannot write " + file.string());
    }
  }
  git(worktree, {"add", "--intent-to-add", "--ignore-removal", "."});
}

void git_peer::diff(const fs::path& worktree) const {
  git(worktree, {"diff", "--binary", "--no-renames"});
}

int git_peer::count_changed(const fs::path& worktree) const {
  const fs::path names = repository_ / "names";
  git(worktree, {"diff", "--name-only", "--no-renames"}, "/dev/null", names);
  std::ifstream stream{names};
  return static_cast<int>(
      std::count(std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}, '\n'));
}

}  // namespace skein::bench
