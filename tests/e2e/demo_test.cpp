// The demonstration that the README begins with: every kind of end it is to show.
#include "tests/e2e/program.hpp"

#include <gmock/gmock.h>

namespace skein::e2e {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class demo_e2e : public program_test {};

TEST_F(demo_e2e, every_repository_ends_as_it_is_to_show) {
  const auto said = sh("export TMPDIR=$PWD; " + std::string{SKEIN_TEST_SOURCE_DIR} +
                       "/support/demo.sh " + std::string{SKEIN_TEST_BIN_DIR} + "/skein 2>&1");
  EXPECT_THAT(said, HasSubstr("12/12"));
  EXPECT_THAT(said, HasSubstr("campaign new-api completed: 10 of 12 succeeded"));
  for (const char* row :
       {"calculator.git +published", "deploy.git +published", "legacy.git +draft_published",
        "plugins.git +verification_failed", "website.git +no_change",
        "unreachable.git +preparation_failed", "linked.git +published"}) {
    EXPECT_THAT(said, ContainsRegex(row));
  }
  EXPECT_THAT(said, HasSubstr("Try next:"));
}

}  // namespace skein::e2e
