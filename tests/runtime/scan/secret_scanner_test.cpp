// The scanner with the rules that are shipped. Every secret is put together at run time, so that
// this file holds none.
#include "runtime/scan/secret_scanner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <filesystem>
#include <random>

namespace skein::scan {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

/// `length` characters of `alphabet` without any order, always the same.
std::string noise(std::size_t length,
                  const std::string& alphabet =
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") {
  std::mt19937_64 random{length * 31 + alphabet.size()};
  std::string text;
  while (text.size() < length) text += alphabet[random() % alphabet.size()];
  return text;
}

const std::string base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const std::string hex = "0123456789abcdef";

std::vector<std::string> rules_of(const std::vector<secret_finding>& findings) {
  std::vector<std::string> rules;
  for (const auto& found : findings) rules.push_back(found.rule);
  return rules;
}

class shipped_rules : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto loaded = secret_scanner::load(fs::path{SKEIN_TEST_SOURCE_DIR} / "../config/secrets");
    ASSERT_TRUE(loaded) << loaded.error().message;
    scanner_ = new secret_scanner{std::move(*loaded)};
  }
  static void TearDownTestSuite() {
    delete scanner_;
    scanner_ = nullptr;
  }
  static const secret_scanner& scanner() { return *scanner_; }

 private:
  static secret_scanner* scanner_;
};
secret_scanner* shipped_rules::scanner_ = nullptr;

std::string pem(const std::string& kind, const std::string& line_end = "\n") {
  const std::string dashes(5, '-');
  std::string text = dashes + "BEGIN " + kind + dashes + line_end;
  for (std::size_t i = 0; i < 6; ++i) text += noise(64 - i) + line_end;
  return text + dashes + "END " + kind + dashes;
}

TEST_F(shipped_rules, T5_4_F7_C10_find_every_kind_of_secret) {
  const std::vector<std::pair<std::string, std::string>> secrets{
      {"aws-access-key-id", "id = AKIA" + noise(16, base32)},
      {"aws-secret-access-key", "aws_secret_access_key = " + noise(40)},
      {"aws-secret-access-key", "\"SecretAccessKey\": \"" + noise(40) + "\""},
      {"github-token", "ghp_" + noise(36)},
      {"github-token", "url = https://x-access-token:ghs_" + noise(36) + "@github.com/a/b"},
      {"github-fine-grained-token", "github_pat_" + noise(22) + "_" + noise(59)},
      {"gitlab-token", "glpat-" + noise(20)},
      {"slack-token", "xoxb-123456789012-1234567890123-" + noise(24)},
      {"slack-app-token", "xapp-1-A" + noise(10, "ABC123") + "-1234567890-" + noise(64, hex)},
      {"slack-webhook",
       "https://hooks.slack.com/services/T" + noise(10) + "/B" + noise(10) + "/" + noise(24)},
      {"google-api-key", "key=AIza" + noise(35)},
      {"google-oauth-client-secret", "GOCSPX-" + noise(28)},
      {"stripe-key", "sk_live_" + noise(24)},
      {"stripe-key", "rk_test_" + noise(24)},
      {"npm-token", "npm_" + noise(36)},
      {"npmrc-credential", "//registry.corp.example/:_authToken=" + noise(40)},
      {"pypi-token", "pypi-AgEIcHlwaS5vcmc" + noise(80)},
      {"openai-key", "sk-" + noise(20) + "T3BlbkFJ" + noise(20)},
      {"openai-key", "OPENAI=sk-proj-" + noise(120)},
      {"anthropic-key", "sk-ant-api03-" + noise(95)},
      {"huggingface-token", "hf_" + noise(34, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ")},
      {"private-key", pem("RSA PRIVATE KEY")},
      {"private-key", pem("OPENSSH PRIVATE KEY")},
      {"private-key", pem("PRIVATE KEY", "\\n")},
      {"private-key", pem("PGP PRIVATE KEY BLOCK", "\r\n  ")},
      {"jwt", "eyJ" + noise(30) + ".eyJ" + noise(60) + "." + noise(43)},
      {"authorization-header", "curl -H 'Authorization: Bearer " + noise(40) + "'"},
      {"url-credentials", "postgres://app:" + noise(12) + "@db.internal:5432/app"},
      {"url-credentials", "git clone https://bot:" + noise(16) + "@git.corp.example/x.git"},
      {"url-credentials", "redis://:" + noise(16) + "@cache:6379/0"},
      {"connection-string-password",
       "Server=db.corp;Database=app;User Id=sa;Password=" + noise(12) + ";"},
      {"azure-storage-key", "AccountName=x;AccountKey=" + noise(86) + "=="},
      {"quoted-secret", "db_password = \"" + noise(14) + "\""},
      {"quoted-secret", "'apiKey' : '" + noise(32, hex) + "'"},
      {"assigned-secret", "export SESSION_SECRET=" + noise(32)},
      {"assigned-secret", "  DEPLOY_TOKEN: " + noise(24)},
      {"sendgrid-key", "SG." + noise(22) + "." + noise(43)},
      {"age-secret-key", "AGE-SECRET-KEY-1" + noise(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")},
  };
  for (const auto& [rule, text] : secrets) {
    SCOPED_TRACE(rule + ": " + text);
    const auto findings = scanner().scan("first line\n" + text + "\nlast line\n", "conf/app.env");
    ASSERT_EQ(rules_of(findings), std::vector<std::string>{rule});
    EXPECT_EQ(findings[0].line, 2U);
    EXPECT_EQ(findings[0].path, "conf/app.env");
    EXPECT_FALSE(findings[0].description.empty());
    EXPECT_EQ(findings[0].fingerprint.size(), 64U);
    EXPECT_THAT(scanner().redact(text), HasSubstr("[redacted:" + rule + "]"));
  }
}

TEST_F(shipped_rules, leave_ordinary_text_alone) {
  for (const std::string text : {
           "password = os.environ[\"DB_PASSWORD\"]",
           "token: ${{ secrets.GITHUB_TOKEN }}",
           "const tokenType = \"access_token_type\";",
           "postgres://user:password@localhost/db",
           "https://user:${TOKEN}@example.com/",
           "https://example.com:8080/a@b",
           "see http://[::1]:80/",
           "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
           "PASSWORD=changeme-please-1234",
           "secret: \"your_secret_goes_here_1\"",
           "TOKEN_URL=https://auth.example.com/oauth2/token",
           "api_key = \"XXXXXXXXXXXXXXXX1\"",
           "if token == \"identifier\": pass",
           "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
           "integrity sha512-abc",
           "-----BEGIN CERTIFICATE-----",
           "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
           "\"-----BEGIN RSA PRIVATE KEY-----\\n\" + body + \"\\n-----END RSA PRIVATE KEY-----\"",
           "Authorization: Bearer YOUR_ACCESS_TOKEN_HERE",
           "password: \"\"",
           "task-slack-xoxb-token",
       }) {
    EXPECT_TRUE(scanner().scan(text, "a").empty())
        << text << ": " << ::testing::PrintToString(rules_of(scanner().scan(text, "a")));
    EXPECT_EQ(scanner().redact(text), text);
  }
}

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
  EXPECT_TRUE(scanner().scan(token + " // gitleaks:allow\n", "a").empty());
  const auto findings = scanner().scan("// gitleaks:allow\n" + token + "\n", "a");
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
