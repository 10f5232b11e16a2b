// Random edits of a random base: what is collected, applied to a fresh workspace and collected
// again must be the same change, and every way to look at it must show the same tree.
#include "trees.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <random>

namespace skein::workspace::test {
namespace fs = std::filesystem;
namespace {

class random_edits {
 public:
  explicit random_edits(std::uint64_t seed) : random_(seed) {}

  void fill(const fs::path& root) {
    for (int i = 0; i < 14; ++i) {
      const fs::path path = root / some_path();
      std::error_code failed;
      fs::create_directories(path.parent_path(), failed);
      if (!failed && !exists(path)) make(path);
    }
  }

  /// In the working directory; every step may fail, that is part of the game.
  void edit() {
    for (int i = 0; i < 25; ++i) {
      std::error_code failed;
      const fs::path path = some_path();
      switch (below(9)) {
        case 0:
          fs::remove_all(path, failed);
          break;
        case 1:
          fs::remove_all(path, failed);
          fs::create_directories(path, failed);
          break;
        case 2:
          fs::rename(some_path(), path, failed);
          break;
        case 3:
          ::chmod(path.c_str(), below(2) == 0 ? 0755 : 0644);
          break;
        case 4:
          ::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
          break;
        case 5:
          fs::create_hard_link(some_path(), path, failed);
          break;
        default:
          fs::remove(path, failed);
          fs::create_directories(path.parent_path(), failed);
          if (!failed && !exists(path)) make(path);
      }
    }
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  /// Few names, so that the same path is a file here and a directory there.
  fs::path some_path() {
    static const std::vector<std::string> names{"a", "b", "c\n", "\xff", "x.sh"};
    fs::path path = names[below(names.size())];
    while (below(2) == 0) path /= names[below(names.size())];
    return path;
  }

  static bool exists(const fs::path& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
  }

  void make(const fs::path& path) {
    std::error_code failed;
    if (below(4) == 0) {
      fs::create_symlink(below(2) == 0 ? "a" : "../b/a", path, failed);
    } else {
      put(path.parent_path().empty() ? "." : path.parent_path(), path.filename(),
          std::string(below(4), static_cast<char>('0' + below(3))), below(3) == 0);
    }
  }

  std::mt19937_64 random_;
};

class round_trip : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(seeds, round_trip, ::testing::Range(1, 41));

TEST_P(round_trip, a_change_survives_collect_and_apply) {
  if (const auto why = overlay_refused()) GTEST_SKIP() << *why;
  const temporary_directory place;
  const fs::path base = place.path() / "base";
  fs::create_directory(base);
  random_edits edits{static_cast<std::uint64_t>(GetParam())};
  edits.fill(base);

  const phase_layout agent{place.path() / "run", "agent", strategy::overlay};
  ASSERT_TRUE(prepare(agent, base));
  ASSERT_TRUE(in_overlay(agent, base, [&] {
    edits.edit();
    return true;
  }));
  const view edited = mounted_view(agent, base);
  const auto change = collect(agent, base, {}, {});
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_TRUE(change->oddities.empty());
  EXPECT_EQ(with_change(read_view(base), change->change), edited);

  for (const strategy how : {strategy::overlay, strategy::copy}) {
    const phase_layout verify{place.path() / "run",
                              how == strategy::overlay ? "verify" : "verify-copy", how};
    ASSERT_TRUE(prepare(verify, base));
    const auto done = apply(verify, base, change->change);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(how == strategy::overlay ? mounted_view(verify, base) : read_view(verify.copy()),
              edited);
    const auto again = collect(verify, base, {}, {});
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->change, change->change);
  }
}

}  // namespace
}  // namespace skein::workspace::test
