// The artifact store on a real directory, also after what a crash or a bad disk leaves.
#include "runtime/artifact/artifact_store.hpp"

#include "schema/identity.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

namespace skein::artifact {
namespace {

namespace fs = std::filesystem;

class artifacts : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "skein-artifact-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    store_.emplace(root_ / "artifacts");
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path file_of(const ref& reference) const {
    return root_ / "artifacts" / reference.substr(0, 2) / reference.substr(2);
  }
  static void overwrite(const fs::path& path, const std::string& bytes) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
  }
  static std::string packed(const std::string& bytes) {
    std::string to(ZSTD_compressBound(bytes.size()), '\0');
    to.resize(ZSTD_compress(to.data(), to.size(), bytes.data(), bytes.size(), 1));
    return to;
  }
  errc failure_of(const ref& reference, std::uint64_t max_bytes = 1 << 20) const {
    const auto got = store_->get(reference, max_bytes);
    EXPECT_FALSE(got);
    return got ? errc::internal : got.error().code;
  }

  fs::path root_;
  std::optional<artifact_store> store_;
};

TEST_F(artifacts, come_back_as_they_were) {
  std::mt19937_64 random{7};
  std::string noise(3'000'001, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string& bytes : {std::string{}, std::string{"x"}, std::string(5'000'000, 'y'),
                                   std::string("a\0b", 3), noise}) {
    const auto reference = store_->put(bytes);
    ASSERT_TRUE(reference) << reference.error().message;
    EXPECT_EQ(*reference, schema::sha256_hex(bytes));
    const auto got = store_->get(*reference);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(*got, bytes);
  }
}

TEST_F(artifacts, the_same_bytes_are_written_once) {
  const auto first = store_->put("same");
  ASSERT_TRUE(first);
  struct stat before {};
  ASSERT_EQ(::stat(file_of(*first).c_str(), &before), 0);
  const auto second = store_->put("same");
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  struct stat after {};
  ASSERT_EQ(::stat(file_of(*first).c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(artifacts, only_their_owner_may_read_them) {
  const auto reference = store_->put("log");
  ASSERT_TRUE(reference);
  struct stat status {};
  ASSERT_EQ(::stat(file_of(*reference).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(artifacts, an_empty_file_left_by_a_power_failure_is_written_again) {
  const auto reference = store_->put("content");
  ASSERT_TRUE(reference);
  overwrite(file_of(*reference), "");
  EXPECT_EQ(failure_of(*reference), errc::corrupt);
  ASSERT_TRUE(store_->put("content"));
  const auto got = store_->get(*reference);
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, "content");
}

TEST_F(artifacts, damage_is_noticed) {
  const std::string bytes = std::string(10'000, 'a').append("tail");
  const auto reference = store_->put(bytes);
  ASSERT_TRUE(reference);
  const std::string whole = packed(bytes);
  overwrite(file_of(*reference), whole.substr(0, whole.size() - 3));
  EXPECT_EQ(failure_of(*reference), errc::corrupt);
  overwrite(file_of(*reference), "not zstd at all");
  EXPECT_EQ(failure_of(*reference), errc::corrupt);
  overwrite(file_of(*reference), packed("other bytes"));
  EXPECT_EQ(failure_of(*reference), errc::corrupt);
}

TEST_F(artifacts, what_unpacks_to_more_than_asked_for_is_refused) {
  const auto reference = store_->put(std::string(1'000'000, 'z'));
  ASSERT_TRUE(reference);
  EXPECT_LT(fs::file_size(file_of(*reference)), 1000U);
  EXPECT_EQ(failure_of(*reference, 999'999), errc::refused);
  EXPECT_TRUE(store_->get(*reference, 1'000'000));
}

TEST_F(artifacts, unknown_and_malformed_references_are_told_apart) {
  EXPECT_EQ(failure_of(std::string(64, 'a')), errc::not_found);
  for (const std::string bad : {"", "abc", "../../../../etc/passwd"}) {
    EXPECT_EQ(failure_of(bad), errc::invalid);
  }
  EXPECT_EQ(failure_of(std::string(62, 'a').append("/..")), errc::invalid);
  EXPECT_EQ(failure_of(std::string(64, 'A')), errc::invalid);
}

TEST_F(artifacts, sweep_removes_what_a_crash_left_and_nothing_else) {
  EXPECT_EQ(store_->sweep(), 0U);
  const auto reference = store_->put("kept");
  ASSERT_TRUE(reference);
  overwrite(root_ / "artifacts/tmp/1.2.3.4", "half");
  overwrite(root_ / "artifacts/tmp/1.2.3.5", "");
  EXPECT_EQ(store_->sweep(), 2U);
  EXPECT_EQ(store_->sweep(), 0U);
  EXPECT_TRUE(store_->get(*reference));
}

TEST_F(artifacts, a_directory_that_cannot_be_written_is_an_error_with_its_name) {
  overwrite(root_ / "file", "x");
  const artifact_store blocked{root_ / "file"};
  const auto stored = blocked.put("x");
  ASSERT_FALSE(stored);
  EXPECT_THAT(stored.error().message, ::testing::HasSubstr("store artifact "));
}

TEST_F(artifacts, threads_may_store_the_same_and_different_bytes_at_once) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(store_->put("bytes " + std::to_string(i)));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(store_->sweep(), 0U);
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(store_->get(schema::sha256_hex("bytes " + std::to_string(i))));
  }
}

}  // namespace
}  // namespace skein::artifact
