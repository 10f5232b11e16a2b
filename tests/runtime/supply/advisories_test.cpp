// Known vulnerabilities and the order of versions.
#include "runtime/supply/advisories.hpp"

#include "runtime/supply/toolchain.hpp"
#include "schema/identity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>

namespace skein::supply {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;
using pins = std::map<std::string, std::string>;

class supply_folder : public ::testing::Test {
 protected:
  supply_folder() {
    std::string name = fs::temp_directory_path() / "skein-supply-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~supply_folder() override { fs::remove_all(folder_); }
  fs::path write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  fs::path folder_;
};

TEST(versions, T6_7_order_is_that_of_releases) {
  const char* rising[] = {
      "0",          "0.9",        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
      "1.0.0-beta", "1.0.0-rc.2", "1.0.0-rc.11", "1.0.0",         "1.0.1",
      "1.2",        "1.10",       "2.0rc1",      "2.0",           "2.0.post1",
      "10.0"};
  for (std::size_t i = 0; i < std::size(rising); ++i) {
    for (std::size_t k = 0; k < std::size(rising); ++k) {
      const int found = compare_versions(rising[i], rising[k]);
      EXPECT_EQ(found < 0, i < k) << rising[i] << " and " << rising[k];
      EXPECT_EQ(found > 0, i > k) << rising[i] << " and " << rising[k];
    }
  }
  EXPECT_EQ(compare_versions("1.0", "v1.0.0+build"), 0);
  EXPECT_EQ(compare_versions("1.0.0.Final", "1.0.0-final"), 0);
}

class advisories_folder : public supply_folder {
 protected:
  [[nodiscard]] std::vector<std::string> ids(const std::string& ecosystem, const std::string& name,
                                             const std::string& version) const {
    std::vector<std::string> out;
    const auto known = advisories::load(folder_);
    EXPECT_TRUE(known) << known.error().message;
    for (const auto* each : known->find(ecosystem, name, version)) out.push_back(each->id);
    return out;
  }
};

TEST_F(advisories_folder, T6_7_ranges_and_versions_are_looked_up) {
  write("npm/one.json", R"({"id": "X-1", "summary": "bad", "affected": [{"package":
    {"ecosystem": "npm", "name": "a"}, "ranges": [{"type": "SEMVER", "events":
    [{"introduced": "1.0.0"}, {"fixed": "1.2.3"}, {"introduced": "2.0.0"}]}]}]})");
  write("py.json", R"([{"id": "X-2", "affected": [{"package": {"ecosystem": "PyPI", "name":
    "Foo_Bar"}, "versions": ["1.0", "1.1"]}]}, {"id": "X-3", "withdrawn": "2024", "affected":
    [{"package": {"ecosystem": "PyPI", "name": "foo-bar"}, "versions": ["1.0"]}]}, {"id": "X-4",
    "affected": [{"package": {"ecosystem": "PyPI", "name": "foo.bar"}, "ranges": [{"type":
    "ECOSYSTEM", "events": [{"introduced": "0"}, {"last_affected": "0.9"}]}]}]}])");
  write("notes.txt", "not looked at");
  EXPECT_THAT(ids("npm", "a", "0.9.9"), ::testing::IsEmpty());
  EXPECT_THAT(ids("npm", "a", "1.2.2"), ::testing::ElementsAre("X-1"));
  EXPECT_THAT(ids("npm", "a", "1.2.3"), ::testing::IsEmpty());
  EXPECT_THAT(ids("npm", "a", "3.0.0"), ::testing::ElementsAre("X-1"));
  EXPECT_THAT(ids("npm", "b", "1.0.0"), ::testing::IsEmpty());
  EXPECT_THAT(ids("PyPI", "foo-bar", "1.1"), ::testing::ElementsAre("X-2"));
  EXPECT_THAT(ids("PyPI", "FOO.bar", "0.9"), ::testing::ElementsAre("X-4"));
  EXPECT_THAT(ids("PyPI", "foo-bar", "2.0"), ::testing::IsEmpty());
}

TEST_F(advisories_folder, T6_7_what_is_no_record_is_an_error_that_names_it) {
  EXPECT_FALSE(advisories::load(folder_ / "nowhere"));
  const auto file = write("x.json", "{");
  EXPECT_THAT(advisories::load(folder_).error().message, HasSubstr(file.string()));
  write("x.json", R"({"affected": []})");
  EXPECT_THAT(advisories::load(folder_).error().message, HasSubstr("without an id"));
  write("x.json", R"({"id": "A", "affected": [{"package": 1}, 2, {"package": {}, "ranges": 3}]})");
  EXPECT_TRUE(advisories::load(folder_));
}

TEST_F(supply_folder, T6_9_a_pinned_program_is_checked_and_a_change_of_it_is_noticed) {
  const auto tool = write("cc", "compiler");
  toolchain pinned(pins{{tool.string(), schema::sha256_hex("compiler")}});
  ASSERT_TRUE(pinned.check());
  ASSERT_TRUE(pinned.check());
  EXPECT_EQ(pinned.digest().size(), 64U);
  write("cc", "Compiler");
  const auto other = pinned.check();
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, errc::refused);
  EXPECT_THAT(other.error().message, HasSubstr(tool.string()));
  write("cc", "compiler");
  EXPECT_TRUE(pinned.check());
}

TEST_F(supply_folder, T6_9_what_is_no_program_is_refused_without_waiting) {
  const auto pin = [](const fs::path& path) {
    return toolchain(pins{{path.string(), std::string(64, '0')}}).check();
  };
  EXPECT_FALSE(pin(folder_ / "absent"));
  EXPECT_FALSE(pin(folder_));
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(pin(folder_ / "fifo"));
  EXPECT_TRUE(toolchain(pins{}).check());
  EXPECT_EQ(toolchain(pins{}).digest(), "");
}

}  // namespace
}  // namespace skein::supply
