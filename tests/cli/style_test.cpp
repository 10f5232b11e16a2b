// When there are colours.
#include "cli/render/style.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace skein::cli {
namespace {

/// The variables that colours depend on, unset, and restored afterwards.
class colors : public testing::Test {
 protected:
  colors() {
    for (const char* name : names) {
      const char* value = std::getenv(name);
      before_.emplace_back(value != nullptr, value != nullptr ? value : "");
      ::unsetenv(name);
    }
  }
  ~colors() override {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (before_[i].first) {
        ::setenv(names[i], before_[i].second.c_str(), 1);
      } else {
        ::unsetenv(names[i]);
      }
    }
  }

 private:
  static constexpr std::array names{"NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CLICOLOR",
                                    "TERM",     "LC_ALL",         "LC_CTYPE",    "LANG"};
  std::vector<std::pair<bool, std::string>> before_;
};

TEST_F(colors, follow_the_terminal) {
  EXPECT_TRUE(wants_color(color_wish::automatic, true));
  EXPECT_FALSE(wants_color(color_wish::automatic, false));
}

TEST_F(colors, no_color_turns_them_off) {
  ::setenv("NO_COLOR", "1", 1);
  ::setenv("CLICOLOR_FORCE", "1", 1);
  EXPECT_FALSE(wants_color(color_wish::automatic, true));
}

TEST_F(colors, an_empty_no_color_does_not_count) {
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(wants_color(color_wish::automatic, true));
}

TEST_F(colors, can_be_forced_into_a_pipe) {
  ::setenv("CLICOLOR_FORCE", "1", 1);
  EXPECT_TRUE(wants_color(color_wish::automatic, false));
  ::setenv("CLICOLOR_FORCE", "0", 1);
  EXPECT_FALSE(wants_color(color_wish::automatic, false));
  ::setenv("FORCE_COLOR", "1", 1);
  EXPECT_TRUE(wants_color(color_wish::automatic, false));
}

TEST_F(colors, a_dumb_terminal_has_none) {
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(wants_color(color_wish::automatic, true));
}

TEST_F(colors, the_option_wins) {
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_TRUE(wants_color(color_wish::always, false));
  ::unsetenv("NO_COLOR");
  EXPECT_FALSE(wants_color(color_wish::never, true));
}

TEST_F(colors, the_locale_decides_about_utf8) {
  EXPECT_TRUE(speaks_utf8());
  ::setenv("LANG", "de_DE.UTF-8", 1);
  EXPECT_TRUE(speaks_utf8());
  ::setenv("LC_ALL", "C", 1);
  EXPECT_FALSE(speaks_utf8());
}

}  // namespace
}  // namespace skein::cli
