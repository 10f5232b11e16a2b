// Errors and the macros that pass them on.
#include "schema/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace skein {
namespace {

result<int> doubled(result<int> value) {
  SKEIN_TRY(number, value);
  return number * 2;
}

TEST(Error, SystemErrorsSayWhatAndWhatToDo) {
  const error full = errno_error("write /x", ENOSPC);
  EXPECT_EQ(full.code, errc::io);
  EXPECT_EQ(full.message, "write /x: no space left on device");
  EXPECT_EQ(full.remedy, "free disk space and retry");
  EXPECT_EQ(errno_error("open /x", ENOENT).code, errc::not_found);
}

TEST(Error, ResultsPassErrorsOn) {
  EXPECT_EQ(*doubled(21), 42);
  const auto failed = doubled(error{errc::stale, "old", ""});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, errc::stale);
  EXPECT_THROW((void)failed.value(), std::runtime_error);
  EXPECT_STREQ(to_string(errc::not_found), "not_found");
}

}  // namespace
}  // namespace skein
