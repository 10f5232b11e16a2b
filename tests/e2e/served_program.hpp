// The program with a daemon at work on the test's state directory.
#pragma once

#include "tests/e2e/program.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace skein::e2e {

class served_program : public program_test {
 protected:
  ~served_program() override {
    if (started_) sh("kill -TERM $(cat pid) 2>/dev/null || true; head -n 2 < ended");
  }
  /// `more`: `KEY: …` lines beside `apiVersion` and `kind`. Returns the file.
  std::string config(const std::string& more) {
    return write("skein.yaml", "apiVersion: skein/v1\nkind: Config\n" + more);
  }
  /// Returns when the daemon has said that it serves.
  void serve(const std::string& options) {
    const auto state = (directory_ / "state").string();
    sh("mkfifo said ended; SKEIN_STATE_DIR=" + state +
       " setsid sh -c 'echo $$ > pid; trap : TERM; " + std::string{SKEIN_TEST_BIN_DIR} +
       "/skein serve " + options +
       " > said 2> err & child=$!; echo $child > pid; wait $child; echo over > ended' "
       ">/dev/null 2>&1 < /dev/null & head -n 1 < said > first");
    started_ = true;
    EXPECT_THAT(file("first"), ::testing::StartsWith("skein: serving"));
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    std::ifstream from(directory_ / name);
    return {std::istreambuf_iterator<char>(from), {}};
  }

  bool started_ = false;
};

}  // namespace skein::e2e
