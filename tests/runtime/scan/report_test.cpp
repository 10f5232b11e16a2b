// Findings for other programs, and scans of files.
#include "runtime/scan/report.hpp"

#include "runtime/scan/scan_files.hpp"
#include "tests/runtime/scan/made_secrets.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>
#include <nlohmann/json.hpp>

namespace skein::scan {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string token = "ghp_" + noise(36);
const std::string word = "hunter2" + noise(6);

class reports : public shipped_rules {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "skein-scan-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream{root_ / name, std::ios::binary} << text;
  }
  [[nodiscard]] file_scan scan(const file_options& options = {}) const {
    auto scanned = scan_files(scanner(), root_, options);
    EXPECT_TRUE(scanned);
    return std::move(*scanned);
  }
  [[nodiscard]] std::vector<std::string> places(const file_options& options = {}) const {
    std::vector<std::string> out;
    for (const auto& each : scan(options).findings) {
      out.push_back(fs::relative(each.path, root_).string() + ":" + std::to_string(each.line) +
                    ":" + each.rule);
    }
    return out;
  }

  fs::path root_;
};

TEST_F(reports, none_of_the_formats_has_the_secret) {
  const auto findings =
      scanner().scan("\n" + token + "\npassword = \"" + word + "\"\n", "a b/\xc3\xa4.c");
  ASSERT_EQ(findings.size(), 2U);
  const auto sarif = sarif_of(findings, "1.2.3");
  for (const std::string& text :
       {sarif.dump(), json_of(findings).dump(), json_lines_of(findings)}) {
    EXPECT_THAT(text, Not(HasSubstr(token.substr(4, 6))));
    EXPECT_THAT(text, Not(HasSubstr(word)));
  }
  const auto& run = sarif["runs"][0];
  EXPECT_EQ(sarif["version"], "2.1.0");
  EXPECT_EQ(run["tool"]["driver"]["name"], "skein");
  EXPECT_EQ(run["tool"]["driver"]["version"], "1.2.3");
  EXPECT_TRUE(run["tool"]["driver"].contains("informationUri"));
  ASSERT_EQ(run["results"].size(), 2U);
  const auto& first = run["results"][0];
  EXPECT_EQ(first["ruleId"], "github-token");
  EXPECT_EQ(run["tool"]["driver"]["rules"][first["ruleIndex"].get<std::size_t>()]["id"],
            "github-token");
  EXPECT_EQ(first["level"], "error");
  EXPECT_EQ(first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b/%C3%A4.c");
  EXPECT_EQ(first["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
  EXPECT_EQ(first["partialFingerprints"].size(), 1U);
  const auto line = nlohmann::json::parse(json_lines_of({findings[0]}));
  EXPECT_EQ(line.size(), 4U);
  EXPECT_EQ(line["path"], findings[0].path);
  EXPECT_EQ(line["line"], 2);
  EXPECT_EQ(line["rule"], "github-token");
  EXPECT_EQ(line["fingerprint"], findings[0].fingerprint);
}

TEST_F(reports, sarif_of_nothing_is_a_run_without_results) {
  EXPECT_EQ(sarif_of({}, "1")["runs"][0]["results"], nlohmann::json::array());
  EXPECT_EQ(json_lines_of({}), "");
}

TEST_F(reports, fingerprints_of_guessable_secrets_cannot_be_tried_out) {
  const auto print = [](const secret_scanner& by, const std::string& word) {
    return by.scan("password = \"" + word + "\"\n", "a")[0].fingerprint;
  };
  // The same for any word: nothing to compare a guess with.
  EXPECT_EQ(print(scanner(), "Summer2024!"), print(scanner(), "Winter1999?"));
  EXPECT_NE(print(scanner(), noise(32)), print(scanner(), noise(33)));
  const auto keyed = scanner().with_fingerprint_key("k1");
  EXPECT_NE(print(keyed, "Summer2024!"), print(keyed, "Winter1999?"));
  EXPECT_EQ(print(keyed, "Summer2024!"), print(keyed, "Summer2024!"));
  EXPECT_NE(print(keyed, "Summer2024!"),
            print(scanner().with_fingerprint_key("k2"), "Summer2024!"));
}

TEST_F(reports, folders_are_walked_in_order_without_links_and_object_stores) {
  write("b.txt", token);
  write("a/c.txt", "\n" + token);
  write(".git/objects/x", token);
  write(".git/config", "url = https://bob:" + noise(12) + "@corp.example/x\n");
  fs::create_symlink(root_ / "b.txt", root_ / "link.txt");
  fs::create_directory_symlink(root_ / "a", root_ / "z");
  ASSERT_EQ(::mkfifo((root_ / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(places(), ElementsAre("b.txt:1:github-token", ".git/config:1:url-credentials",
                                    "a/c.txt:2:github-token"));
  EXPECT_EQ(scan().files, 3U);
}

TEST_F(reports, R7_what_is_too_large_or_unreadable_is_said) {
  write("big", std::string(5000, 'x') + token);
  file_options options;
  options.largest_file = 4000;
  EXPECT_THAT(places(options), ElementsAre("big:1:unscanned"));
  EXPECT_EQ(scan_files(scanner(), root_ / "none").error().code, errc::not_found);
}

TEST_F(reports, a_persons_own_marks_count_for_their_own_files) {
  write("a.c", token + " // gitleaks:allow\n");
  write("d/b.c", token + "\n");
  write("d/c.c", token + "\n");
  write(".gitleaksignore",
        "# reviewed\nd/b.c:github-token:1\n" + std::string(40, 'f') + ":d/c.c:github-token:1\n");
  EXPECT_THAT(places(), ElementsAre());
  file_options strict;
  strict.trust_inline_allow = false;
  EXPECT_EQ(places(strict).size(), 3U);
}

TEST_F(reports, wide_text_is_read) {
  std::string wide = "\xff\xfe";
  for (const char c : "# a\n" + token + "\n") wide.append({c, '\0'});
  write("w.txt", wide);
  EXPECT_THAT(places(), ElementsAre("w.txt:2:github-token"));
}

}  // namespace
}  // namespace skein::scan
