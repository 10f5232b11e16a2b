// scan secrets and scan text as a person calls them: formats, exit codes, whose marks count.
#include "cli/app.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace skein::cli {
namespace {

namespace fs = std::filesystem;

const std::string token = std::string("ghp") + "_Zk8Qw3Er5Ty7Ui9Op1As2Df4Gh6Jk8Lz0Xc2";

class scanning : public testing::Test {
 protected:
  struct outcome {
    int code = -1;
    std::string out;
    std::string err;
  };

  void SetUp() override {
    ::setenv("SKEIN_SHARE", (fs::path{SKEIN_TEST_SOURCE_DIR} / "../config").c_str(), 1);
    std::string pattern = (fs::temp_directory_path() / "skein-scan-verb-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override {
    ::unsetenv("SKEIN_SHARE");
    fs::remove_all(root_);
  }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{root_ / name, std::ios::binary} << text;
    return root_ / name;
  }

  static outcome run(std::vector<std::string> words) {
    std::vector<const char*> arguments{"skein"};
    for (const auto& word : words) arguments.push_back(word.c_str());
    invocation call;
    const auto app = make_app(call);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    outcome seen;
    const auto wrong = parse(*app, call, static_cast<int>(arguments.size()), arguments.data());
    seen.code = wrong ? *wrong : call.action();
    seen.out = testing::internal::GetCapturedStdout();
    seen.err = testing::internal::GetCapturedStderr();
    EXPECT_EQ(seen.out.find(token.substr(4, 5)), std::string::npos);
    EXPECT_EQ(seen.err.find(token.substr(4, 5)), std::string::npos);
    return seen;
  }

  fs::path root_;
};

TEST_F(scanning, findings_are_exit_code_3_in_every_format) {
  const auto file = write("a.txt", "x\n" + token + "\n");
  const auto text = run({"scan", "secrets", file});
  EXPECT_EQ(text.code, exit_refused);
  EXPECT_TRUE(text.out.starts_with(file + ":2: github-token: ")) << text.out;
  const auto line = nlohmann::json::parse(run({"scan", "secrets", root_, "-o", "jsonl"}).out);
  EXPECT_EQ(line["path"], file);
  EXPECT_EQ(line["line"], 2);
  EXPECT_EQ(line["rule"], "github-token");
  EXPECT_EQ(line.size(), 4U);
  const auto all = nlohmann::json::parse(run({"scan", "secrets", file, "--output=json"}).out);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["fingerprint"], line["fingerprint"]);
  EXPECT_EQ(nlohmann::json::parse(run({"-o", "json", "scan", "secrets", file}).out), all);
  const auto sarif = nlohmann::json::parse(run({"scan", "secrets", file, "-o", "sarif"}).out);
  EXPECT_EQ(sarif["runs"][0]["results"].size(), 1U);
}

TEST_F(scanning, clean_files_are_exit_code_0) {
  write("a.txt", "nothing\n");
  const auto seen = run({"scan", "secrets", root_, "-o", "json"});
  EXPECT_EQ(seen.code, exit_ok);
  EXPECT_EQ(nlohmann::json::parse(seen.out), nlohmann::json::array());
}

TEST_F(scanning, a_persons_marks_count_in_files_and_not_in_diffs) {
  const auto file = write("a.c", token + " // gitleaks:allow\n");
  EXPECT_EQ(run({"scan", "secrets", file}).code, exit_ok);
  EXPECT_EQ(run({"scan", "secrets", file, "--no-inline-allow"}).code, exit_refused);
  const auto diff =
      write("d", "--- /dev/null\n+++ b/a.c\n@@ -0,0 +1 @@\n+" + token + " // gitleaks:allow\n");
  EXPECT_EQ(run({"scan", "secrets", "--diff", diff}).code, exit_refused);
  EXPECT_EQ(run({"scan", "secrets", "--diff", diff, "--trust-inline-allow"}).code, exit_ok);
}

TEST_F(scanning, text_is_redacted_and_held_values_are_found) {
  const auto file = write("t", "use " + token + " # gitleaks:allow\n");
  const auto seen = run({"scan", "text", "--redact", file});
  EXPECT_EQ(seen.code, exit_refused);
  EXPECT_EQ(seen.out, "use [redacted:github-token] # gitleaks:allow\n");
  ::setenv("SKEIN_TEST_HELD", "open-sesame-42-please", 1);
  const auto held = write("h", "6f70656e2d736573616d652d34322d706c65617365\n");
  EXPECT_EQ(run({"scan", "text", held}).code, exit_ok);
  const auto found = run({"scan", "text", "--held", "SKEIN_TEST_HELD", held});
  EXPECT_EQ(found.code, exit_refused);
  EXPECT_NE(found.out.find("held-secret"), std::string::npos);
  ::unsetenv("SKEIN_TEST_HELD");
  EXPECT_EQ(run({"scan", "text", "--held", "SKEIN_TEST_HELD", held}).code, exit_usage);
}

TEST_F(scanning, wrong_usage_and_wrong_rules_are_exit_code_2) {
  const auto file = write("a", "x");
  EXPECT_EQ(run({"scan", "secrets"}).code, exit_usage);
  EXPECT_EQ(run({"scan", "secrets", file, "--diff", file}).code, exit_usage);
  EXPECT_EQ(run({"scan", "secrets", file, "-o", "xml"}).code, exit_usage);
  EXPECT_EQ(run({"scan", "secrets", file, "--max-file-size", "big"}).code, exit_usage);
  const auto rules = write("r.toml", "[[rules]]\nid='a'\nregex='('\n");
  const auto wrong = run({"scan", "secrets", file, "--rules", rules});
  EXPECT_EQ(wrong.code, exit_usage);
  EXPECT_NE(wrong.err.find("r.toml:3:7: rule a"), std::string::npos) << wrong.err;
  EXPECT_EQ(run({"scan", "secrets", root_ / "none"}).code, exit_failure);
}

}  // namespace
}  // namespace skein::cli
