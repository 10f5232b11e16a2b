// What does a cell cost? Start, phase and command, beside posix_spawn of the same shell line.
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

void spawn_shell(const char* line) {
  std::string shell = "/bin/sh";
  std::string option = "-c";
  std::string text = line;
  char* argv[] = {shell.data(), option.data(), text.data(), nullptr};
  char* environment[] = {nullptr};
  pid_t pid = -1;
  if (::posix_spawn(&pid, "/bin/sh", nullptr, nullptr, argv, environment) != 0) std::exit(1);
  ::waitpid(pid, nullptr, 0);
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
  auto whole = measure(times, [&] { kill(*start(loop, spec)); });
  auto live = start(loop, spec);
  enter(*live, "0");
  int next = 0;
  auto phase = measure(times, [&] { enter(*live, std::to_string(++next)); });
  run(*live, "true");
  auto in_cell = measure(times * 5, [&] { run(*live, "true"); });
  auto bare = measure(times * 5, [] { spawn_shell("true"); });
  kill(*live);
  std::printf("{\n");
  print("start_and_kill", whole, ",");
  print("enter_phase", phase, ",");
  print("command", in_cell, ",");
  print("posix_spawn", bare, "");
  std::printf("}\n");
  fs::remove_all(folder);
}
