// One owner per state directory, across processes.
#include "tests/runtime/store/store_fixture.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>

namespace skein::store::testing {
namespace {

using ::testing::HasSubstr;

class LockTest : public ::testing::Test {
 protected:
  scratch_dir dir_;
  state_layout layout_{dir_.path() / "state" / "skein"};
};

TEST_F(LockTest, MakesAPrivateDirectory) {
  ASSERT_TRUE(state_lock::acquire(layout_, "serve"));
  struct stat status {};
  ASSERT_EQ(::stat(layout_.root.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(LockTest, TheSecondOwnerIsToldWhoTheFirstIs) {
  const auto first = state_lock::acquire(layout_, "campaign run");
  ASSERT_TRUE(first);
  const auto second = state_lock::acquire(layout_, "serve");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::in_use);
  EXPECT_EQ(second.error().message, "state directory " + layout_.root.string() +
                                        " is in use by pid " + std::to_string(::getpid()) +
                                        " (campaign run)");
  EXPECT_THAT(second.error().remedy, HasSubstr("--state-dir"));
}

TEST_F(LockTest, ItsHolderIsKnownWithoutTakingIt) {
  EXPECT_EQ(state_lock::holder(layout_), std::nullopt) << "not even a directory";
  {
    const auto held = state_lock::acquire(layout_, "serve");
    const auto owner = state_lock::holder(layout_);
    ASSERT_TRUE(owner);
    EXPECT_EQ(owner->pid, ::getpid());
    EXPECT_EQ(owner->command, "serve");
  }
  EXPECT_EQ(state_lock::holder(layout_), std::nullopt);
  EXPECT_TRUE(state_lock::acquire(layout_, "serve"));
}

TEST_F(LockTest, MovesWithItsObject) {
  auto first = state_lock::acquire(layout_, "serve");
  ASSERT_TRUE(first);
  state_lock second = std::move(*first);
  EXPECT_TRUE(state_lock::holder(layout_));
  const scratch_dir other;
  auto third = state_lock::acquire(state_layout{other.path()}, "serve");
  second = std::move(*third);
  EXPECT_FALSE(state_lock::holder(layout_)) << "assigning over a lock gives it back";
  EXPECT_TRUE(state_lock::holder(state_layout{other.path()}));
}

TEST_F(LockTest, S3_EndsWithItsOwnerEvenIfThatIsKilled) {
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = state_lock::acquire(layout_, "serve");
    const char byte = held ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(2);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  EXPECT_EQ(byte, 'y');
  const auto refused = state_lock::acquire(layout_, "run");
  EXPECT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("pid " + std::to_string(child) + " (serve)"));
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(state_lock::holder(layout_)) << "what the dead owner wrote does not count";
  EXPECT_TRUE(state_lock::acquire(layout_, "run"));
}

TEST_F(LockTest, NonsenseInTheFileDoesNotMatter) {
  std::filesystem::create_directories(layout_.root);
  for (const char* text : {"", "{", "[1]", "{\"pid\":\"x\",\"command\":7}", "\xff\xff"}) {
    std::ofstream(layout_.lock_file()) << text;
    EXPECT_EQ(state_lock::holder(layout_), std::nullopt);
    const auto held = state_lock::acquire(layout_, "serve");
    ASSERT_TRUE(held) << text;
    std::ofstream(layout_.lock_file()) << text;
    const auto refused = state_lock::acquire(layout_, "run");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("in use by another process")) << text;
  }
}

TEST_F(LockTest, ADirectoryThatCannotBeMadeNamesItselfAndARemedy) {
  std::ofstream(dir_.path() / "file") << "x";
  for (const auto& root : {dir_.path() / "file", dir_.path() / "file" / "deep" / "er",
                           std::filesystem::path("/proc/skein")}) {
    const auto refused = state_lock::acquire(state_layout{root}, "run");
    ASSERT_FALSE(refused) << root;
    EXPECT_THAT(refused.error().message, HasSubstr(root.string()));
    EXPECT_THAT(refused.error().remedy, HasSubstr("--state-dir"));
  }
}

TEST_F(LockTest, ASymbolicLinkIsNotFollowed) {
  std::filesystem::create_directories(layout_.root);
  std::ofstream(dir_.path() / "victim") << "precious";
  std::filesystem::create_symlink(dir_.path() / "victim", layout_.lock_file());
  EXPECT_FALSE(state_lock::acquire(layout_, "serve"));
  EXPECT_EQ(std::filesystem::file_size(dir_.path() / "victim"), 8U);
}

/// Sets one variable for the life of the object.
class scoped_variable {
 public:
  scoped_variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    if (value != nullptr) {
      ::setenv(name, value, 1);
    } else {
      ::unsetenv(name);
    }
  }
  scoped_variable(const scoped_variable&) = delete;
  scoped_variable& operator=(const scoped_variable&) = delete;
  ~scoped_variable() {
    if (old_) {
      ::setenv(name_, old_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

TEST(DefaultStateDir, FollowsTheXdgSpecification) {
  const scoped_variable home("HOME", "/home/ada");
  {
    const scoped_variable xdg("XDG_STATE_HOME", "/var/ada");
    EXPECT_EQ(default_state_dir().value(), "/var/ada/skein");
  }
  for (const char* ignored : {static_cast<const char*>(nullptr), "", "relative"}) {
    const scoped_variable xdg("XDG_STATE_HOME", ignored);
    EXPECT_EQ(default_state_dir().value(), "/home/ada/.local/state/skein");
  }
  const scoped_variable xdg("XDG_STATE_HOME", nullptr);
  const scoped_variable no_home("HOME", nullptr);
  EXPECT_EQ(default_state_dir().error().code, errc::invalid);
}

}  // namespace
}  // namespace skein::store::testing
