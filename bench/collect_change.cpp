// What does a workspace cost? A base of 2,000 files (30 MB), a change of 200 files: how long until
// the workspace is ready, the change is put into it, read back, and everything is removed. Overlay
// against copy. Prints one JSON object with medians in milliseconds. Fixed seed.
//
//   collect_change [DIRECTORY [ROUNDS]]      DIRECTORY: on the file system to measure
#include "runtime/workspace/workspace.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace skein::workspace;

constexpr int base_files = 2000;
constexpr std::size_t file_bytes = 15'000;
constexpr int changed_files = 200;

std::string path_of(int i) {
  return "module" + std::to_string(i / 100) + "/package" + std::to_string(i / 10 % 10) + "/file" +
         std::to_string(i) + ".c";
}

std::string some_text(std::mt19937_64& random, std::size_t size) {
  std::string text(size, ' ');
  for (char& c : text) c = random() % 40 == 0 ? '\n' : static_cast<char>('a' + random() % 26);
  return text;
}

template <class T>
void require(const skein::result<T>& done) {
  if (done) return;
  std::fprintf(stderr, "%s\n", done.error().message.c_str());
  std::exit(1);
}

void write_base(const fs::path& base) {
  std::mt19937_64 random{1};
  for (int i = 0; i < base_files; ++i) {
    const fs::path file = base / path_of(i);
    fs::create_directories(file.parent_path());
    std::ofstream{file} << some_text(random, file_bytes);
  }
}

/// Edits, additions and removals, a tenth each of the latter two.
change_set make_change() {
  std::mt19937_64 random{2};
  change_set change;
  for (int i = 0; i < changed_files; ++i) {
    const std::string path = path_of(i * (base_files / changed_files));
    if (i % 10 == 0) {
      change.files.push_back({path, entry_kind::removed, {}});
    } else {
      change.files.push_back(
          {i % 10 == 1 ? path + ".new" : path, entry_kind::regular, some_text(random, file_bytes)});
    }
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

class timings {
 public:
  void measure(const std::string& what, const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    all_[what].push_back(took.count());
  }

  void print(int rounds) {
    std::printf("{\"bench\":\"collect_change\",\"base_files\":%d,\"base_bytes\":%zu,", base_files,
                base_files * file_bytes);
    std::printf("\"changed_files\":%d,\"rounds\":%d,\"median_ms\":{", changed_files, rounds);
    const char* comma = "";
    for (auto& [what, values] : all_) {
      std::sort(values.begin(), values.end());
      std::printf("%s\"%s\":%.3f", comma, what.c_str(), values[values.size() / 2]);
      comma = ",";
    }
    std::printf("}}\n");
  }

 private:
  std::map<std::string, std::vector<double>> all_;
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
  const fs::path base = fs::path{place} / "base";
  write_base(base);
  const change_set change = make_change();
  const change_limits limits;
  timings times;
  for (int round = 0; round < rounds; ++round) {
    for (const strategy how : {strategy::overlay, strategy::copy}) {
      const std::string name = how == strategy::overlay ? "overlay_" : "copy_";
      const phase_layout layout{fs::path{place} / ("run" + std::to_string(round)), name, how};
      times.measure(name + "prepare", [&] { require(prepare(layout, base)); });
      times.measure(name + "apply", [&] { require(apply(layout, base, change)); });
      times.measure(name + "collect", [&] {
        const auto read = collect(layout, base, limits, {});
        require(read);
        if (read->change != change) {
          std::fprintf(stderr, "another change was read than was put there\n");
          std::exit(1);
        }
      });
      if (how == strategy::overlay && mounts(layout, base)) {
        times.measure("overlay_process_and_mount", [&] { mounts(layout, base); });
      }
      times.measure(name + "remove", [&] { require(remove_tree(layout.root)); });
    }
  }
  require(remove_tree(place));
  times.print(rounds);
  return 0;
}
