// The scanner with the rules that are shipped. Every secret is put together at run time, so that
// this file holds none.
#include "runtime/scan/secret_scanner.hpp"

#include "tests/runtime/scan/made_secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace skein::scan {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(shipped_rules, C9_redaction_leaves_nothing_of_a_secret_and_everything_else) {
  const std::string token = "ghp_" + noise(36);
  const std::string key = pem("RSA PRIVATE KEY");
  const std::string clean = scanner().redact("push to https://bot:" + token + "@host/x failed\n" +
                                             key + "\ntoken " + token + " # gitleaks:allow\n");
  EXPECT_EQ(clean,
            "push to https://bot:[redacted:github-token]@host/x failed\n[redacted:private-key]\n"
            "token [redacted:github-token] # gitleaks:allow\n");
}

TEST_F(shipped_rules, a_truncated_private_key_is_redacted_too) {
  const std::string key = pem("EC PRIVATE KEY");
  const std::string clean =
      scanner().redact("x\n" + key.substr(0, key.size() - 40) + "\n{\"a\":1}");
  EXPECT_THAT(clean, HasSubstr("[redacted:private-key]"));
  EXPECT_THAT(clean, Not(HasSubstr(noise(60))));
  EXPECT_THAT(clean, HasSubstr("{\"a\":1}"));
}

TEST_F(shipped_rules, a_marked_line_is_skipped_and_only_that_one) {
  const std::string token = "ghp_" + noise(36);
  const scan_options trusting{true, nullptr};
  EXPECT_TRUE(scanner().scan(token + " // gitleaks:allow\n", "a", trusting).empty());
  EXPECT_EQ(scanner().scan(token + " // gitleaks:allow\n", "a").size(), 1U);
  const auto findings = scanner().scan("// gitleaks:allow\n" + token + "\n", "a", trusting);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].line, 2U);
}

TEST_F(shipped_rules, fingerprints_tell_secrets_and_paths_apart_and_hold_neither) {
  const std::string one = "ghp_" + noise(36);
  const std::string two = "ghp_" + noise(37);
  const auto same = scanner().scan(one + "\n\n" + one, "a");
  ASSERT_EQ(same.size(), 2U);
  EXPECT_EQ(same[0].fingerprint, same[1].fingerprint);
  EXPECT_EQ(same[1].line, 3U);
  EXPECT_NE(scanner().scan(one, "b")[0].fingerprint, same[0].fingerprint);
  EXPECT_NE(scanner().scan(two, "a")[0].fingerprint, same[0].fingerprint);
}

TEST_F(shipped_rules, a_flood_of_secrets_is_bounded_when_scanned_but_redacted_to_the_last) {
  std::string text;
  const std::string token = "ghp_" + noise(36);
  for (int i = 0; i < 11'000; ++i) text += token + "\n";
  EXPECT_EQ(scanner().scan(text, "a").size(), 10'000U);
  EXPECT_THAT(scanner().redact(text), Not(HasSubstr("ghp_")));
}

TEST_F(shipped_rules, bytes_that_are_no_text_do_no_harm) {
  std::mt19937_64 random{3};
  std::string bytes(200'000, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  const std::string token = "ghp_" + noise(36);
  bytes.insert(100'000, "\n" + token + "\n");
  EXPECT_EQ(scanner().redact(bytes).size(), bytes.size() - token.size() + 23);
}

TEST_F(shipped_rules, F7_only_added_lines_of_a_patch_count_with_their_new_numbers) {
  const std::string removed = "ghp_" + noise(40);
  const std::string context = "ghp_" + noise(41);
  const std::string added = "ghp_" + noise(42);
  const std::string patch =
      "diff --git a/old.c b/new.c\n"
      "rename from old.c\n"
      "--- a/old.c\n"
      "+++ b/new.c\n"
      "@@ -10,4 +20,5 @@ int f() // " +
      removed +
      "\n"
      " context\n"
      "-" +
      removed +
      "\n"
      "-gone\n"
      "+++ b/not-a-header " +
      added +
      "\n"
      "+plain\n"
      "+" +
      added +
      "\n"
      " " +
      context +
      "\n"
      "\\ No newline at end of file\n"
      "diff --git a/gone b/gone\n"
      "--- a/gone\n"
      "+++ /dev/null\n"
      "@@ -1 +0,0 @@\n"
      "-" +
      removed +
      "\n"
      "diff --git a/x b/x\n"
      "--- /dev/null\n"
      "+++ \"b/na\\303\\257ve\\t\\\"q\\\".txt\"\n"
      "@@ -0,0 +1 @@\n"
      "+" +
      added + "\n";
  const auto findings = scanner().scan_added(patch);
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].path, "new.c");
  EXPECT_EQ(findings[0].line, 21U);
  EXPECT_EQ(findings[1].path, "new.c");
  EXPECT_EQ(findings[1].line, 23U);
  EXPECT_EQ(findings[2].path, "na\xc3\xafve\t\"q\".txt");
  EXPECT_EQ(findings[2].line, 1U);
}

TEST_F(shipped_rules, a_private_key_over_several_added_lines_is_found) {
  std::string patch = "--- /dev/null\n+++ b/key file.pem\t\n@@ -0,0 +1,8 @@\n";
  std::string key = pem("RSA PRIVATE KEY");
  for (std::size_t at = 0; at != std::string::npos;) {
    const std::size_t end = key.find('\n', at);
    patch += "+" + key.substr(at, end - at) + "\n";
    at = end == std::string::npos ? end : end + 1;
  }
  const auto findings = scanner().scan_added(patch);
  ASSERT_EQ(rules_of(findings), std::vector<std::string>{"private-key"});
  EXPECT_EQ(findings[0].path, "key file.pem");
  EXPECT_EQ(findings[0].line, 1U);
}

TEST_F(shipped_rules, malformed_patches_are_scanned_rather_than_skipped) {
  const std::string token = "ghp_" + noise(36);
  for (const std::string& patch :
       {"+" + token, "@@ nonsense\n+" + token + "\n", "@@ -1,0 +99999999999999,1 @@\n+" + token,
        "@@ -1 +1 @@\n+a\n-b\n+" + token, "+++ \"b/\\\n+" + token}) {
    EXPECT_EQ(scanner().scan_added(patch).size(), 1U) << patch;
  }
  EXPECT_TRUE(scanner().scan_added("").empty());
}

}  // namespace
}  // namespace skein::scan
