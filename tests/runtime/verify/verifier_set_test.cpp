// Which verifiers a run gets.
#include "runtime/verify/verifier_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace skein::verify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class VerifierSet : public ::testing::Test {
 protected:
  VerifierSet() {
    std::string pattern = ::testing::TempDir() + "skein-verify-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    write("b-maven.yaml", "maven",
          "{run: \"mvn test\", whenFiles: [pom.xml], required: false, timeout: 7m}");
    write("a-guard.yaml", "guard", "{run: \"true\", whenFiles: [\"*.lock\"]}");
    write("secrets.yaml", "secrets", "{builtin: secrets}");
  }
  ~VerifierSet() override { fs::remove_all(folder_); }

  void write(const std::string& file, const std::string& name, const std::string& spec) {
    std::ofstream(folder_ / file) << "apiVersion: skein/v1\nkind: Verifier\nmetadata: {name: "
                                  << name << "}\nspec: " << spec << "\n";
  }

  catalogue load() {
    auto loaded = catalogue::load(folder_);
    EXPECT_TRUE(loaded) << loaded.error().message;
    return *loaded;
  }

  static schema::task_spec with(std::vector<schema::verifier_spec> verifiers) {
    schema::task_spec out;
    out.verifiers = std::move(verifiers);
    return out;
  }
  static schema::verifier_spec own(const std::string& name, const std::string& run) {
    return {name, run, "", std::chrono::minutes{5}, true};
  }
  static schema::verifier_spec use(const std::string& name, bool required = true) {
    return {"", "", name, std::chrono::milliseconds{0}, required};
  }
  static std::vector<std::string> names(const std::vector<verifier>& all) {
    std::vector<std::string> out;
    for (const verifier& each : all) out.push_back(each.name);
    return out;
  }

  fs::path folder_;
};

TEST_F(VerifierSet, TaskFirstThenWhatTheRepositoryActivates) {
  const auto chosen = load().select(with({own("unit", "make test"), use("secrets")}),
                                    {"README", "pom.xml", "yarn.lock"});
  ASSERT_TRUE(chosen);
  EXPECT_THAT(names(*chosen), ElementsAre("unit", "secrets", "guard", "maven"));
  EXPECT_EQ((*chosen)[1].builtin, "secrets");
  EXPECT_TRUE((*chosen)[2].required);
  EXPECT_FALSE((*chosen)[3].required);
  EXPECT_EQ((*chosen)[3].timeout, std::chrono::minutes{7});
}

TEST_F(VerifierSet, NothingActivatesWithoutItsFile) {
  EXPECT_THAT(*load().select(with({}), {"pom.xml.bak", "src"}), IsEmpty());
}

TEST_F(VerifierSet, NamedOnceAndNotTwice) {
  const auto chosen = load().select(with({use("maven")}), {"pom.xml"});
  ASSERT_TRUE(chosen);
  ASSERT_THAT(names(*chosen), ElementsAre("maven"));
  EXPECT_TRUE((*chosen)[0].required) << "a task may raise what the platform holds";
  EXPECT_EQ((*chosen)[0].timeout, std::chrono::minutes{7});
}

TEST_F(VerifierSet, T8TaskCannotLowerOrReplaceARequiredVerifier) {
  const auto chosen = load().select(with({use("guard", false)}), {"a.lock"});
  ASSERT_TRUE(chosen);
  EXPECT_TRUE((*chosen)[0].required);
  const auto replaced = load().select(with({own("guard", "true")}), {"a.lock"});
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().code, errc::invalid);
  EXPECT_THAT(names(*load().select(with({own("maven", "mvn verify")}), {"pom.xml"})),
              ElementsAre("maven"));
}

TEST_F(VerifierSet, UnknownAndDoubleNames) {
  const auto unknown = load().select(with({use("gradle")}), {});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, errc::not_found);
  EXPECT_THAT(unknown.error().remedy, HasSubstr("guard, maven, secrets"));
  const auto twice = load().select(with({own("a", "x"), own("a", "y")}), {});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, errc::invalid);
}

TEST_F(VerifierSet, DigestCoversWhatDecidesTheResult) {
  const auto digest = [&](schema::verifier_spec spec) {
    return load().select(with({std::move(spec)}), {})->at(0).digest;
  };
  const std::string base = digest(own("unit", "make test"));
  EXPECT_EQ(base.size(), 64U);
  EXPECT_EQ(digest(own("unit", "make test")), base);
  EXPECT_NE(digest(own("unit", "make check")), base);
  EXPECT_NE(digest(own("unitm", "ake test")), base);
  auto slower = own("unit", "make test");
  slower.timeout = std::chrono::minutes{6};
  EXPECT_NE(digest(slower), base);
  auto optional = own("unit", "make test");
  optional.required = false;
  EXPECT_EQ(digest(optional), base);
}

TEST_F(VerifierSet, WrongFilesAreNamed) {
  write("z.yaml", "maven", "{run: x}");
  auto twice = catalogue::load(folder_);
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message, HasSubstr("a second verifier called maven"));
  write("z.yaml", "zz", "{run: x, wen: 1}");
  auto wrong = catalogue::load(folder_);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, errc::invalid);
  EXPECT_THAT(wrong.error().message, HasSubstr("z.yaml:4:16: unknown key \"wen\""));
  std::ofstream(folder_ / "z.yaml") << "apiVersion: skein/v1\nkind: Config\n";
  EXPECT_THAT(catalogue::load(folder_).error().message, HasSubstr("another kind"));
}

TEST_F(VerifierSet, MissingFolderIsEmpty) {
  auto none = catalogue::load(folder_ / "nothing");
  ASSERT_TRUE(none);
  EXPECT_THAT(*none->select(with({}), {"pom.xml"}), IsEmpty());
}

TEST(ShippedVerifiers, LoadAndStayQuietInABareRepository) {
  auto shipped = catalogue::load(fs::path(SKEIN_TEST_SOURCE_DIR) / "../config/verifiers");
  ASSERT_TRUE(shipped) << shipped.error().message;
  EXPECT_THAT(*shipped->select({}, {"README.md", "Makefile", "src", "package.json"}), IsEmpty());
  schema::task_spec all;
  for (const char* name : {"secrets", "maven", "gradle", "npm", "make", "go", "cargo", "pytest"}) {
    all.verifiers.push_back({"", "", name, {}, true});
  }
  EXPECT_TRUE(shipped->select(all, {}));
  for (const verifier& each :
       *shipped->select({}, {"pom.xml", "go.mod", "Cargo.toml", "pytest.ini"})) {
    EXPECT_FALSE(each.required) << each.name << ": a cell has no network to fetch what it needs";
  }
}

}  // namespace
}  // namespace skein::verify
