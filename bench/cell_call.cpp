// What does a cell cost? Its start beside plain bubblewrap's, a command beside posix_spawn of the
// same shell line, turn by turn so that both see the same machine; and a phase.
// Prints one JSON object. CPU is all of the machine's (`/proc/stat`), so run it on an idle one, or
// in a control group whose usage file (nanoseconds, cpuacct.usage) is the second argument.
#include "runtime/cell/cell.hpp"
#include "runtime/process/io_loop.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using skein::result;
using skein::cell::cell;
using skein::cell::cell_spec;
using skein::cell::command;
using skein::cell::command_result;

const char* usage_file = nullptr;

double machine_cpu_ms() {
  if (usage_file != nullptr) {
    double nanoseconds = 0;
    std::ifstream(usage_file) >> nanoseconds;
    return nanoseconds / 1e6;
  }
  std::ifstream in("/proc/stat");
  std::string name;
  double user = 0;
  double nice = 0;
  double system = 0;
  in >> name >> user >> nice >> system;
  return (user + nice + system) * 1000.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

struct series {
  std::vector<double> ms;
  double cpu_ms = 0;  // per call
  [[nodiscard]] double at(double quantile) {
    std::sort(ms.begin(), ms.end());
    return ms[static_cast<std::size_t>(quantile * static_cast<double>(ms.size() - 1))];
  }
};

series measure(int times, const std::function<void()>& call) {
  series all;
  const double cpu = machine_cpu_ms();
  for (int i = 0; i < times; ++i) {
    const auto began = std::chrono::steady_clock::now();
    call();
    all.ms.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began)
            .count());
  }
  all.cpu_ms = (machine_cpu_ms() - cpu) / times;
  return all;
}

std::shared_ptr<cell> start(skein::process::io_loop& loop, const cell_spec& spec) {
  std::promise<result<std::shared_ptr<cell>>> answer;
  cell::start(loop, spec, [&answer](auto started) { answer.set_value(std::move(started)); });
  auto started = answer.get_future().get();
  if (!started) {
    std::fprintf(stderr, "%s (%s)\n", started.error().message.c_str(),
                 started.error().remedy.c_str());
    std::exit(1);
  }
  return *started;
}

void enter(cell& in, const std::string& phase) {
  std::promise<result<>> answer;
  in.enter_phase(phase, [&answer](auto entered) { answer.set_value(std::move(entered)); });
  if (const auto entered = answer.get_future().get(); !entered) {
    std::fprintf(stderr, "%s\n", entered.error().message.c_str());
    std::exit(1);
  }
}

void run(cell& in, const std::string& line) {
  std::promise<result<command_result>> answer;
  command what;
  what.line = line;
  in.execute(what, [&answer](auto ended) { answer.set_value(std::move(ended)); });
  const auto ended = answer.get_future().get();
  if (!ended || ended->code != 0) {
    std::fprintf(stderr, "%s\n", ended ? ended->output.c_str() : ended.error().message.c_str());
    std::exit(1);
  }
}

void kill(cell& in) {
  std::promise<void> answer;
  in.kill([&answer] { answer.set_value(); });
  answer.get_future().get();
}

void spawn(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char* environment[] = {nullptr};
  pid_t pid = -1;
  int status = 0;
  if (::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environment) != 0 ||
      ::waitpid(pid, &status, 0) != pid || status != 0)
    std::exit(1);
}

/// The same namespaces, the usual parts of a root, and a program that ends at once.
std::vector<std::string> plain_bubblewrap(const fs::path& folder) {
  std::vector<std::string> words{
      "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--uid", "1000",
      "--gid", "1000",          "--ro-bind",         "/usr",          "/usr"};
  for (const char* link : {"bin", "lib", "lib64", "sbin"})
    words.insert(words.end(), {"--symlink", std::string("usr/") + link, std::string("/") + link});
  words.insert(words.end(), {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--ro-bind",
                             (folder / "base").string(), "/base", "--bind",
                             (folder / "root").string(), "/root", "--", "/bin/true"});
  return words;
}

/// Two calls in turn.
std::pair<series, series> measure_both(int times, const std::function<void()>& one,
                                       const std::function<void()>& other) {
  std::pair<series, series> both;
  for (int i = 0; i < times; ++i) {
    for (const bool first : {true, false}) {
      auto once = measure(1, first ? one : other);
      series& all = first ? both.first : both.second;
      all.ms.push_back(once.ms.front());
      all.cpu_ms += once.cpu_ms / times;
    }
  }
  return both;
}

void print(const char* name, series all, const char* end) {
  std::printf(
      "  \"%s\": {\"p50_ms\": %.3f, \"p90_ms\": %.3f, \"min_ms\": %.3f, \"cpu_ms\": %.3f}%s\n",
      name, all.at(0.5), all.at(0.9), all.at(0.0), all.cpu_ms, end);
}

}  // namespace

int main(int argc, char** argv) {
  const int times = argc > 1 ? std::atoi(argv[1]) : 200;
  if (argc > 2) usage_file = argv[2];
  std::string pattern = (fs::temp_directory_path() / "cell-call-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return 1;
  const fs::path folder(pattern);
  cell_spec spec;
  spec.name = "bench";
  spec.base = folder / "base";
  spec.root = folder / "root";
  fs::create_directories(spec.base);
  for (int phase = 0; phase <= times; ++phase)
    for (const char* part : {"upper", "work"})
      fs::create_directories(spec.root / std::to_string(phase) / part);

  skein::process::io_loop loop;
  kill(*start(loop, spec));  // compiles the filter, warms the page cache
  const auto plain = plain_bubblewrap(folder);
  spawn(plain);
  auto [whole, bubblewrap] = measure_both(
      times, [&] { kill(*start(loop, spec)); }, [&] { spawn(plain); });
  auto in_memory = spec;
  in_memory.where = skein::cell::storage::own_memory;
  auto own_memory = measure(times, [&] { kill(*start(loop, in_memory)); });
  auto live = start(loop, spec);
  enter(*live, "0");
  int next = 0;
  auto phase = measure(times, [&] { enter(*live, std::to_string(++next)); });
  run(*live, "true");
  auto [in_cell, bare] = measure_both(
      times * 5, [&] { run(*live, "true"); },
      [] {
        spawn({"/bin/sh", "-c", "true"});
      });
  kill(*live);
  std::printf("{\n");
  print("start_and_kill", whole, ",");
  print("plain_bubblewrap", bubblewrap, ",");
  print("start_with_own_memory", own_memory, ",");
  print("enter_phase", phase, ",");
  print("command", in_cell, ",");
  print("posix_spawn", bare, ",");
  std::printf("  \"start_ratio\": %.2f,\n  \"command_ratio\": %.2f\n",
              whole.at(0.5) / bubblewrap.at(0.5), in_cell.at(0.5) / bare.at(0.5));
  std::printf("}\n");
  fs::remove_all(folder);
}
