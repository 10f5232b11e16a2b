// The built program, run as a user would run it, in a directory of its own.
#pragma once

#include "runtime/process/run_child.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace skein::e2e {

class program_test : public ::testing::Test {
 protected:
  program_test();
  ~program_test() override;
  void SetUp() override;

  /// Runs `skein ARGUMENTS…` with the test's state directory.
  process::child_result skein(std::vector<std::string> arguments, const std::string& input = {});
  /// The one object that `skein run -f FILE -o json` printed; also checks that it is JSON.
  nlohmann::json run(const std::string& task_yaml, std::vector<std::string> more = {});

  /// Runs a shell command line in the test's directory; fails the test when it fails.
  std::string sh(const std::string& line);
  /// A bare repository remote/NAME.git with what `make` (a shell command line) leaves in a work
  /// tree.
  std::string repository(const std::string& name, const std::string& make);
  /// A task document whose agent runs `step` on `url`; `verifier` is a command line.
  static std::string task(const std::string& url, const std::string& step,
                          const std::string& verifier = "true", const std::string& more = {});
  std::string write(const std::string& name, const std::string& text);
  /// A command of five minutes that no other test starts: leftovers() counts these on the machine.
  static std::string long_sleep();
  int leftovers();

  std::vector<std::string> environment_;  ///< "K=V", added to that of the program
  std::filesystem::path directory_;
  int last_exit_ = 0;
};

}  // namespace skein::e2e
