// What `cmake --install` leaves is whole: it finds its own configuration and its programs for
// cells.
#include "tests/e2e/program.hpp"

#include <gmock/gmock.h>

namespace skein::e2e {

using ::testing::HasSubstr;

class install_e2e : public program_test {};

TEST_F(install_e2e, an_installed_program_flies_without_its_source_tree) {
  sh("cmake --install " + std::string{SKEIN_TEST_BIN_DIR} + "/.. --prefix \"$PWD/usr\" >/dev/null");
  const auto url = repository("a", "printf 'old\\n' >file");
  write("task.yaml", task(url, "sed -i s/old/new/ file", "grep -q new file", "  risk: low\n"));
  EXPECT_THAT(sh("SKEIN_STATE_DIR=$PWD/st usr/bin/skein run -f task.yaml -o json"),
              HasSubstr("\"published\""));
  EXPECT_THAT(sh("SKEIN_STATE_DIR=$PWD/st usr/bin/skein doctor"),
              HasSubstr(directory_.string() + "/usr/share/skein"));
  sh("grep -q complete usr/share/bash-completion/completions/skein");
  sh("grep -q 'ExecStart=.*serve' usr/lib/systemd/system/skein.service");
}

}  // namespace skein::e2e
