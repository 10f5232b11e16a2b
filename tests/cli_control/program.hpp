// The built program as users start it: once and to its end, or as a daemon in the background.
#pragma once

#include "runtime/process/run_child.hpp"
#include "runtime/process/spawn.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace skein::test {

inline const std::string program = SKEIN_TEST_BIN_DIR "/skein";

inline std::vector<std::string> clean_environment() {
  return {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C.UTF-8"};
}

inline process::child_result skein(std::vector<std::string> arguments, std::string input = {}) {
  arguments.insert(arguments.begin(), program);
  auto ended = process::run_child({.argv = std::move(arguments),
                                   .environment = clean_environment(),
                                   .directory = {},
                                   .input = std::move(input),
                                   .timeout = std::chrono::seconds{60}});
  EXPECT_TRUE(ended) << ended.error().message;
  return ended ? *ended : process::child_result{};
}

/// `skein serve` in the background.
class daemon {
 public:
  daemon(const std::filesystem::path& state, std::vector<std::string> more = {}) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    out_.reset(ends[0]);
    const process::descriptor into(ends[1]);
    log_.reset(::open((state / "serve.log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const process::descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    process::spawn_spec spec;
    spec.program = program;
    spec.argv = {program, "serve", "--state-dir", state.string(), "--cells", "2"};
    spec.argv.insert(spec.argv.end(), more.begin(), more.end());
    spec.environment = clean_environment();
    spec.descriptors = {null.get(), into.get(), log_.get()};
    auto started = process::spawn(spec);
    EXPECT_TRUE(started) << started.error().message;
    if (started) child_ = std::move(*started);
  }
  ~daemon() {
    if (child_.pid < 0) return;
    signal(SIGKILL);
    process::reap(child_.pid);
  }

  /// The first line of its standard output; empty when it ended without one.
  std::string ready() {
    std::string line;
    char byte = 0;
    while (::read(out_.get(), &byte, 1) == 1 && byte != '\n') line += byte;
    return line;
  }
  void signal(int number) { process::signal_process(child_.watch, number); }
  /// Its exit code; -1 when it did not end within a minute or a signal ended it.
  int end() {
    pollfd dead{child_.watch.get(), POLLIN, 0};
    if (::poll(&dead, 1, 60'000) != 1) return -1;
    const int status = process::reap(std::exchange(child_.pid, -1));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] pid_t pid() const { return child_.pid; }

 private:
  process::spawned child_;
  process::descriptor out_;
  process::descriptor log_;
};

inline std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

}  // namespace skein::test
