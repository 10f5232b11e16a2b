// What does a workspace cost in a large repository, and does that depend on the files that do not
// change? The same 200-file change in a repository of 2,000 files (30 MB) and in one of 500, each
// of 500 commits: until the workspace is ready beside `git worktree add`, until the change is read
// back beside `git diff --binary`; and overlay beside copy. Prints one JSON object: medians in
// milliseconds, ratios skein / peer as medians over the rounds. Fixed seed.
//
//   collect_change [DIRECTORY [ROUNDS]]      DIRECTORY: on the file system to measure
#include "bench/git_peer.hpp"
#include "runtime/workspace/workspace.hpp"

#include <nlohmann/json.hpp>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace skein::workspace;
using nlohmann::json;

constexpr int large_files = 2000;
constexpr int small_files = 500;
constexpr int commits = 500;
constexpr std::size_t file_bytes = 15'000;
constexpr int changed_files = 200;

/// 200 directories in both repositories, so that the change is the very same in both: one file in
/// each directory.
std::string path_of(int i) {
  return "module" + std::to_string(i % 200 / 10) + "/package" + std::to_string(i % 10) + "/file" +
         std::to_string(i) + ".c";
}

std::string text_of(int i) {
  std::mt19937_64 random{static_cast<std::uint64_t>(i)};
  std::string text(file_bytes, ' ');
  for (char& c : text) c = random() % 40 == 0 ? '\n' : static_cast<char>('a' + random() % 26);
  return text;
}

template <class T>
void require(const skein::result<T>& done) {
  if (done) return;
  std::fprintf(stderr, "%s\n", done.error().message.c_str());
  std::exit(1);
}

void write_base(const fs::path& base, int files) {
  for (int i = 0; i < files; ++i) {
    const fs::path file = base / path_of(i);
    fs::create_directories(file.parent_path());
    std::ofstream{file} << text_of(i);
  }
}

/// Edits of a few lines; additions and removals, a tenth each.
change_set make_change() {
  change_set change;
  for (int i = 0; i < changed_files; ++i) {
    if (i % 10 == 0) {
      change.files.push_back({path_of(i), entry_kind::removed, {}});
      continue;
    }
    std::string text = text_of(i);
    for (std::size_t at = 1000; at < text.size(); at += 4000) text.replace(at, 8, "new_api(");
    change.files.push_back(
        {i % 10 == 1 ? path_of(i) + ".new" : path_of(i), entry_kind::regular, std::move(text)});
  }
  std::sort(change.files.begin(), change.files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return change;
}

bool write_text(const char* path, const std::string& text) {
  std::ofstream file{path};
  return static_cast<bool>(file << text << std::flush);
}

/// In a child: a user and a mount namespace of its own, and the overlay mounted in it.
bool mounts(const phase_layout& layout, const fs::path& base) {
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string uid = std::to_string(::getuid());
    const std::string gid = std::to_string(::getgid());
    bool ok = ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    ok = ok && write_text("/proc/self/setgroups", "deny");
    ok = ok && write_text("/proc/self/uid_map", "0 " + uid + " 1");
    ok = ok && write_text("/proc/self/gid_map", "0 " + gid + " 1");
    const fs::path at = layout.root / "mounted";
    fs::create_directories(at);
    const std::string options = "userxattr,lowerdir=" + base.string() +
                                ",upperdir=" + layout.upper().string() +
                                ",workdir=" + layout.work().string();
    ok = ok && ::mount("overlay", at.c_str(), "overlay", 0, options.c_str()) == 0;
    ::_exit(ok ? 0 : 1);
  }
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

class timings {
 public:
  void measure(const std::string& what, const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    all_[what].push_back(took.count());
  }

  [[nodiscard]] json medians() const {
    json out = json::object();
    for (const auto& [what, values] : all_) out[what] = median(values);
    return out;
  }

  /// Median over the rounds of `ours` / `theirs`; null if one of them was not measured.
  [[nodiscard]] json ratio(const std::string& ours, const timings& other,
                           const std::string& theirs) const {
    const auto a = all_.find(ours);
    const auto b = other.all_.find(theirs);
    if (a == all_.end() || b == other.all_.end()) return nullptr;
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min(a->second.size(), b->second.size()); ++i) {
      ratios.push_back(a->second[i] / b->second[i]);
    }
    return median(std::move(ratios));
  }

 private:
  std::map<std::string, std::vector<double>> all_;
};

/// One repository: as git's, and as the read-only base checkout of workspaces.
class subject {
 public:
  subject(fs::path place, int files)
      : place_(std::move(place)),
        base_(place_ / "base"),
        files_(files),
        git_(place_ / "repository.git", {files, commits, path_of, text_of}) {
    write_base(base_, files);
  }

  void by_hand(int round, const change_set& change) {
    const fs::path tree = place_ / ("worktree" + std::to_string(round));
    ::sync();  // what was written before shall not be in the way
    times_.measure("git_worktree_add", [&] { git_.add_worktree(tree); });
    git_.apply(tree, change);
    ::sync();
    times_.measure("git_diff_binary", [&] { git_.diff(tree); });
    if (round == 0 && git_.count_changed(tree) != changed_files) fail("git saw another change");
  }

  void in_workspace(int round, const change_set& change, strategy how) {
    const std::string name = how == strategy::overlay ? "overlay_" : "copy_";
    const phase_layout layout{place_ / ("run" + std::to_string(round)), name, how};
    ::sync();
    bool mounted = true;
    times_.measure(name + "ready", [&] {
      require(prepare(layout, base_));
      if (how == strategy::overlay) mounted = mounts(layout, base_);
    });
    if (!mounted) fail("overlayfs in a user namespace is refused here");
    times_.measure(name + "apply", [&] { require(apply(layout, base_, change)); });
    ::sync();
    std::optional<change_set> seen;
    times_.measure(name + "collect", [&] {
      auto read = collect(layout, base_, change_limits{}, {});
      require(read);
      seen = std::move(read->change);
    });
    if (seen != change) fail("another change was read than was put there");
  }

  void remove(int round) {
    times_.measure("remove",
                   [&] { require(remove_tree(place_ / ("run" + std::to_string(round)))); });
  }

  [[nodiscard]] json report() const {
    return {{"files", files_},
            {"bytes", static_cast<std::size_t>(files_) * file_bytes},
            {"medianMs", times_.medians()},
            {"readyRatio", times_.ratio("overlay_ready", times_, "git_worktree_add")},
            {"collectRatio", times_.ratio("overlay_collect", times_, "git_diff_binary")}};
  }

  [[nodiscard]] const timings& times() const { return times_; }

 private:
  [[noreturn]] static void fail(const char* why) {
    std::fprintf(stderr, "collect_change: %s\n", why);
    std::exit(1);
  }

  fs::path place_;
  fs::path base_;
  int files_;
  skein::bench::git_peer git_;
  timings times_;
};

}  // namespace

int main(int count, char** arguments) {
  const fs::path parent = count > 1 ? fs::path{arguments[1]} : fs::temp_directory_path();
  const int rounds = count > 2 ? std::max(1, std::atoi(arguments[2])) : 11;
  std::string place = (parent / "collect-change-XXXXXX").string();
  if (::mkdtemp(place.data()) == nullptr) {
    std::perror("mkdtemp");
    return 1;
  }
  static const fs::path scratch = place;
  std::atexit([] { (void)remove_tree(scratch); });  // failures leave by exit()
  const change_set change = make_change();
  subject large{scratch / "large", large_files};
  subject small{scratch / "small", small_files};
  // Nothing is deleted before all is measured: on ext4, making files is slow for minutes after many
  // were deleted, and the peer that makes the most files would pay for it.
  for (int round = 0; round < rounds; ++round) {
    for (subject* each : {&large, &small}) {
      each->by_hand(round, change);
      each->in_workspace(round, change, strategy::overlay);
      each->in_workspace(round, change, strategy::copy);
    }
  }
  for (int round = 0; round < rounds; ++round) {
    for (subject* each : {&large, &small}) each->remove(round);
  }
  const auto against_small = [&](const char* what) {
    return large.times().ratio(what, small.times(), what);
  };
  std::cout << json{{"bench", "large_repository"},
                    {"rounds", rounds},
                    {"commits", commits},
                    {"changedFiles", changed_files},
                    {"large", large.report()},
                    {"small", small.report()},
                    {"largeToSmall",
                     {{"overlay_ready", against_small("overlay_ready")},
                      {"overlay_collect", against_small("overlay_collect")},
                      {"git_worktree_add", against_small("git_worktree_add")},
                      {"git_diff_binary", against_small("git_diff_binary")}}}}
                   .dump(2)
            << '\n';
  return 0;
}
