// What lockfiles of many kinds say was resolved.
#include "runtime/supply/lock_entries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skein::supply {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using entry = lock_entry;

std::vector<entry> of(const std::string& path, const std::string& text) {
  const auto found = read_lockfile(path, text);
  EXPECT_TRUE(found.complete);
  return found.entries;
}

TEST(lock_entries, T6_10_npm_in_both_forms) {
  EXPECT_THAT(of("web/package-lock.json",
                 R"({"packages": {"": {"version": "9"}, "node_modules/a": {"version": "1.0.0",
                   "resolved": "https://r/a.tgz", "integrity": "sha512-x"},
                   "node_modules/a/node_modules/@s/b": {"version": "2.0.0"}}})"),
              ElementsAre(entry{"npm", "@s/b", "2.0.0", "", ""},
                          entry{"npm", "a", "1.0.0", "https://r/a.tgz", "sha512-x"}));
  EXPECT_THAT(of("npm-shrinkwrap.json",
                 R"({"dependencies": {"a": {"version": "1.0.0",
                   "dependencies": {"b": {"version": "2.0.0"}}}}})"),
              ElementsAre(entry{"npm", "a", "1.0.0", "", ""}, entry{"npm", "b", "2.0.0", "", ""}));
}

TEST(lock_entries, T6_10_yarn_and_pnpm) {
  EXPECT_THAT(of("yarn.lock",
                 "# yarn lockfile v1\n\n\"@s/b@^1.0.0\", \"@s/b@^1.1.0\":\n  version "
                 "\"1.2.0\"\n  resolved \"https://r/b.tgz#1\"\n  integrity sha512-y\n"
                 "  dependencies:\n    version \"9\"\n\na@^2:\n  version \"2.1.0\"\n"),
              ElementsAre(entry{"npm", "@s/b", "1.2.0", "https://r/b.tgz#1", "sha512-y"},
                          entry{"npm", "a", "2.1.0", "", ""}));
  EXPECT_THAT(of("pnpm-lock.yaml",
                 "lockfileVersion: '9.0'\n\npackages:\n\n  '@s/b@1.0.0':\n    "
                 "resolution: {integrity: sha512-z}\n\n  /a@2.0.0(c@1.0.0):\n    "
                 "dev: true\n\nsnapshots:\n  x@3.0.0: {}\n"),
              ElementsAre(entry{"npm", "@s/b", "1.0.0", "", "sha512-z"},
                          entry{"npm", "a", "2.0.0", "", ""}));
}

TEST(lock_entries, T6_10_tables_of_packages) {
  EXPECT_THAT(of("Cargo.lock",
                 "version = 3\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource "
                 "= \"registry+https://x\"\nchecksum = \"ff\"\ndependencies = [\n "
                 "\"b\",\n]\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n"),
              ElementsAre(entry{"crates.io", "a", "1.0.0", "registry+https://x", "ff"},
                          entry{"crates.io", "own", "0.1.0", "", ""}));
  EXPECT_THAT(of("uv.lock",
                 "[[package]]\nname = \"a\"\nversion = \"1.0\"\nsource = { registry = "
                 "\"https://pypi.org/simple\" }\nwheels = [\n    { url = \"u\", hash = "
                 "\"sha256:aa\" },\n]\n"),
              ElementsAre(entry{"PyPI", "a", "1.0", "https://pypi.org/simple", "sha256:aa"}));
}

TEST(lock_entries, T6_10_lines) {
  EXPECT_THAT(of("go.sum", "ex.org/a v1.0.0 h1:x=\nex.org/a v1.0.0/go.mod h1:y=\n"),
              ElementsAre(entry{"Go", "ex.org/a", "v1.0.0", "", "h1:x="}));
  EXPECT_THAT(of("Gemfile.lock",
                 "GEM\n  remote: https://rubygems.org/\n  specs:\n    a (1.0)\n      b (>= 1)\n"),
              ElementsAre(entry{"RubyGems", "a", "1.0", "https://rubygems.org/", ""}));
  EXPECT_THAT(
      of("requirements-dev.txt",
         "# x\na==1.0 ; python_version > '3'\nb[x]==2.0 "
         "--hash=sha256:cc\nc>=3\n-r other.txt\n"),
      ElementsAre(entry{"PyPI", "a", "1.0", "", ""}, entry{"PyPI", "b", "2.0", "", "sha256:cc"}));
  EXPECT_THAT(of("gradle.lockfile", "# x\norg.x:a:1.0=compileClasspath\nempty=\n"),
              ElementsAre(entry{"Maven", "org.x:a", "1.0", "", ""}));
}

TEST(lock_entries, T6_10_documents_of_composer_nuget_and_pipenv) {
  EXPECT_THAT(of("composer.lock", R"({"packages": [{"name": "x/a", "version": "1.0",
                   "dist": {"url": "https://u", "shasum": "", "reference": "r"}}]})"),
              ElementsAre(entry{"Packagist", "x/a", "1.0", "https://u", "r"}));
  EXPECT_THAT(of("packages.lock.json",
                 R"({"dependencies": {"net8.0": {"A": {"resolved": "1.0", "contentHash": "h"}}}})"),
              ElementsAre(entry{"NuGet", "A", "1.0", "", "h"}));
  EXPECT_THAT(of("Pipfile.lock", R"({"default": {"a": {"version": "==1.0", "hashes": ["s"]}}})"),
              ElementsAre(entry{"PyPI", "a", "1.0", "", "s"}));
}

TEST(lock_entries, T6_10_only_what_is_new_counts) {
  const auto before = read_lockfile("go.sum", "a v1 h1:x\nb v1 h1:y\n");
  const auto after = read_lockfile("go.sum", "a v1 h1:x\nb v2 h1:z\n");
  EXPECT_THAT(newly_resolved(before, after), ElementsAre(entry{"Go", "b", "v2", "", "h1:z"}));
  EXPECT_THAT(newly_resolved(after, after), IsEmpty());
}

TEST(lock_entries, T6_10_hostile_text_is_bounded_and_told) {
  EXPECT_FALSE(read_lockfile("package-lock.json", "{").complete);
  EXPECT_FALSE(read_lockfile("package-lock.json", "[]").complete);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"dependencies":)";
  EXPECT_FALSE(read_lockfile("package-lock.json", deep).complete);
  std::string many;
  for (std::size_t i = 0; i <= most_entries; ++i) many += "m" + std::to_string(i) + " v1 h1:x\n";
  const auto cut = read_lockfile("go.sum", many);
  EXPECT_FALSE(cut.complete);
  EXPECT_EQ(cut.entries.size(), most_entries);
  EXPECT_FALSE(read_lockfile("go.sum", "a " + std::string(5000, 'v') + " h1:x\n").complete);
  EXPECT_THAT(of("Cargo.lock", std::string("[[package]]\0\xff\n= =\n[[[\n", 22)), IsEmpty());
  EXPECT_FALSE(lock_ecosystem("src/main.c"));
  EXPECT_EQ(lock_ecosystem("a/b/Cargo.lock"), "crates.io");
}

}  // namespace
}  // namespace skein::supply
