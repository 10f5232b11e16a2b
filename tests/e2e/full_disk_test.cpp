// The state directory's file system fills up, or the directory goes, while the daemon flies.
#include "tests/e2e/program.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

namespace skein::e2e {

using ::testing::HasSubstr;

class full_disk : public program_test {
 protected:
  void SetUp() override {
    program_test::SetUp();
    if (::getuid() != 0) GTEST_SKIP() << "a file system of one's own size is mounted by root only";
    for (const char* name : {"a", "b", "c", "d"}) repository(name, "printf 'old\\n' >file");
    write("campaign.yaml",
          "apiVersion: skein/v1\nkind: Campaign\nmetadata: {name: fleet}\nspec:\n  task:\n"
          "    intent: \"Replace old by new in the file named file.\"\n"
          "    scope: {include: ['**']}\n"
          "    agent: {kind: script, steps: [{run: \"sed -i s/old/new/ file\"}]}\n"
          "    verifiers:\n"
          "      - {name: unit, run: \"grep -q . file\"}\n"
          "  repos: [{glob: '" +
              (directory_ / "remote").string() + "/*.git'}]\n");
  }
  /// A shell script in a mount namespace of its own, with `skein` and `state` of 16 MiB.
  std::string in_small_state(const std::string& script) {
    write("script.sh",
          "set -eu\nexport SKEIN_STATE_DIR=$PWD/state PATH=" + std::string{SKEIN_TEST_BIN_DIR} +
              ":$PATH\nmkdir -p state\nmount -t tmpfs -o size=16m tmpfs state\n"
              "serve() {\n  mkfifo said; skein serve --cells 2 >said 2>err & daemon=$!\n"
              "  trap 'kill $daemon 2>/dev/null' EXIT\n  head -n 1 <said >/dev/null; rm said\n}\n"
              "count() { find remote -name 'fleet-*' -path '*refs/heads*' | wc -l; }\n" +
              script);
    return sh("timeout 60 unshare -m sh script.sh 2>&1 || true");
  }
};

TEST_F(full_disk, a_daemon_says_so_and_what_was_acknowledged_goes_on_with_space) {
  const auto said = in_small_state(
      "serve\n"
      "skein hold --all >/dev/null\n"
      "skein campaign run -f campaign.yaml --detach >/dev/null\n"
      "cat /dev/zero >state/fill 2>/dev/null || true\n"
      "skein release --all || true\n"
      "code=0; wait $daemon || code=$?; echo \"daemon ended with $code\"\n"
      "cat err\n"
      "rm state/fill\n"
      "serve\n"
      "skein release --all >/dev/null\n"
      "skein campaign run -f campaign.yaml -q\n"
      "kill -TERM $daemon; wait $daemon\n"
      "skein audit verify\n"
      "echo \"branches $(count)\"\n");
  EXPECT_THAT(said, HasSubstr("daemon ended with 1"));
  EXPECT_THAT(said, HasSubstr("full"));
  EXPECT_THAT(said, HasSubstr("free space"));
  EXPECT_THAT(said, HasSubstr("chain intact"));
  EXPECT_THAT(said, HasSubstr("branches 4"));
}

TEST_F(full_disk, a_state_directory_that_is_gone_ends_the_daemon) {
  const auto said = in_small_state(
      "serve\n"
      "mkdir away; mv state/skein.db* away\n"
      "skein hold --all || true\n"
      "code=0; wait $daemon || code=$?; echo \"daemon ended with $code\"\n"
      "cat err\n");
  EXPECT_THAT(said, HasSubstr("daemon ended with 1"));
  EXPECT_THAT(said, HasSubstr("removed or replaced"));
}

}  // namespace skein::e2e
