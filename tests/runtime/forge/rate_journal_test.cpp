// What a forge was asked counts on after a restart, whatever became of the file.
#include "runtime/forge/rate_journal.hpp"

#include <gtest/gtest.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace skein::forge {
namespace {

class rate_journal_test : public ::testing::Test {
 protected:
  rate_journal_test() {
    auto name = (std::filesystem::temp_directory_path() / "skein-rates-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~rate_journal_test() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::filesystem::path file() const { return directory_ / "forges/work.requests"; }
  /// As a process does it: buckets with what is known, and everything kept.
  std::shared_ptr<rate_buckets> process() {
    auto opened = rate_journal::open(file(), now_);
    EXPECT_TRUE(opened) << opened.error().message;
    auto journal = std::make_shared<rate_journal>(std::move(*opened));
    auto out = std::make_shared<rate_buckets>(limits_);
    out->restore(journal->known());
    out->tell([journal](const rate_buckets::past_request& one) { journal->add(one); });
    return out;
  }
  /// As many as may leave now, with the clock going on between them.
  int take_all(rate_buckets& from) {
    int taken = 0;
    while (from.take(request_kind::content, now_)) {
      ++taken;
      now_ += 1000;
    }
    return taken;
  }

  std::filesystem::path directory_;
  std::int64_t now_ = 1'700'000'000'000;
  rate_limits limits_ = {{{3'600'000, 50}}, {}, {}, 0, 2000};
};

TEST_F(rate_journal_test, T10_a_restart_does_not_give_the_limit_again) {
  EXPECT_EQ(take_all(*process()), 50);
  EXPECT_EQ(take_all(*process()), 0);
  now_ += 3'600'000;
  EXPECT_EQ(take_all(*process()), 50);
}

TEST_F(rate_journal_test, reads_are_not_kept_and_old_ones_are_dropped) {
  {
    const auto buckets = process();
    EXPECT_TRUE(buckets->take(request_kind::read, now_));
    EXPECT_TRUE(buckets->take(request_kind::content, now_));
  }
  EXPECT_EQ(std::filesystem::file_size(file()), std::string("1700000000000 content\n").size());
  now_ += 24LL * 3'600'000;
  (void)process();
  EXPECT_EQ(std::filesystem::file_size(file()), 0U);
}

TEST_F(rate_journal_test, damaged_lines_and_clocks_that_went_back_do_no_harm) {
  (void)process();
  std::ofstream(file()) << "garbage\n1700000000000 content\n99999999999999999999 content\n"
                        << now_ + 86'400'000 << " content\n17000";
  const auto opened = rate_journal::open(file(), now_);
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->known().size(), 2U);
  EXPECT_EQ(opened->known()[1].at_ms, now_);
}

TEST_F(rate_journal_test, a_place_that_cannot_be_written_is_an_error) {
  std::filesystem::create_directories(file());
  EXPECT_FALSE(rate_journal::open(file(), now_));
}

}  // namespace
}  // namespace skein::forge
