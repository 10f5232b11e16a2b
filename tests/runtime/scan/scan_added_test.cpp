// Diffs of changes that nobody trusts.
#include "runtime/scan/ignore_list.hpp"
#include "runtime/scan/patch_text.hpp"
#include "runtime/scan/redact_patch.hpp"
#include "tests/runtime/scan/made_secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zlib.h>

namespace skein::scan {
namespace {

using ::testing::HasSubstr;

const std::string token = "ghp_" + noise(36);

std::string header(const std::string& path) {
  return "diff --git a/" + path + " b/" + path + "\nindex 1..2 100644\n--- a/" + path + "\n+++ b/" +
         path + "\n";
}

/// As git writes it, made apart from the program's own decoder.
std::string base85_lines(const std::string& bytes) {
  const std::string alphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 52) {
    const std::string line = bytes.substr(at, 52);
    out += static_cast<char>(line.size() <= 26 ? 'A' + line.size() - 1 : 'a' + line.size() - 27);
    for (std::size_t i = 0; i < line.size(); i += 4) {
      std::uint32_t value = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        value = value << 8U | (i + k < line.size() ? static_cast<unsigned char>(line[i + k]) : 0U);
      }
      std::string group(5, '0');
      for (std::size_t k = 5; k-- > 0; value /= 85) group[k] = alphabet[value % 85];
      out += group;
    }
    out += "\n";
  }
  return out;
}

std::string deflated(const std::string& bytes) {
  std::string out(compressBound(bytes.size()), '\0');
  uLongf size = out.size();
  compress(reinterpret_cast<Bytef*>(out.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  out.resize(size);
  return out;
}

std::string binary_patch(const std::string& kind, std::size_t announced, const std::string& bytes) {
  return "diff --git a/x.bin b/x.bin\nindex 1..2 100644\nGIT binary patch\n" + kind + " " +
         std::to_string(announced) + "\n" + base85_lines(deflated(bytes)) +
         "\nliteral 0\nHcmV?d00001\n\n";
}

class diffs : public shipped_rules {};

TEST_F(diffs, F7_a_mark_that_the_change_itself_adds_hides_nothing) {
  const std::string patch = header("a.c") + "@@ -0,0 +1 @@\n+" + token + " // gitleaks:allow\n";
  EXPECT_EQ(scanner().scan_added(patch).size(), 1U);
  EXPECT_TRUE(scanner().scan_added(patch, {true, nullptr}).empty());
  const std::string ignoring =
      header(".gitleaksignore") + "@@ -0,0 +1 @@\n+a.c:github-token:1\n" + patch;
  EXPECT_EQ(scanner().scan_added(ignoring).size(), 1U);
  const ignore_list accepted{"# reviewed\n\na.c:github-token:1\n"};
  EXPECT_TRUE(scanner().scan_added(patch, {false, &accepted}).empty());
  const ignore_list other{"a.c:github-token:2\n" + std::string(40, 'a') + ":b.c:github-token:1\n"};
  EXPECT_EQ(scanner().scan_added(patch, {false, &other}).size(), 1U);
}

TEST_F(diffs, F7_a_key_whose_beginning_is_context_is_found) {
  const std::string key = pem("RSA PRIVATE KEY");
  std::string patch = header("k.pem") + "@@ -7,2 +7,8 @@\n";
  std::size_t number = 0;
  for (std::size_t at = 0; at != std::string::npos; ++number) {
    const std::size_t end = key.find('\n', at);
    patch +=
        (number == 0 || end == std::string::npos ? " " : "+") + key.substr(at, end - at) + "\n";
    at = end == std::string::npos ? end : end + 1;
  }
  const auto findings = scanner().scan_added(patch);
  ASSERT_EQ(rules_of(findings), std::vector<std::string>{"private-key"});
  EXPECT_EQ(findings[0].line, 8U);
}

TEST_F(diffs, F7_the_tail_of_a_key_is_found_without_its_beginning) {
  const std::string key = pem("EC PRIVATE KEY");
  std::string patch = header("k.pem") + "@@ -9,1 +9,6 @@\n";
  std::size_t at = key.find('\n') + 1;
  for (int i = 0; i < 6; ++i, at = key.find('\n', at) + 1) {
    patch += "+" + key.substr(at, key.find('\n', at) - at) + "\n";
  }
  patch += " " + key.substr(key.rfind('\n') + 1) + "\n";
  EXPECT_EQ(rules_of(scanner().scan_added(patch)), std::vector<std::string>{"private-key-tail"});
}

TEST_F(diffs, secrets_in_context_alone_or_removed_are_not_of_the_change) {
  EXPECT_TRUE(
      scanner()
          .scan_added(header("a") + "@@ -1,3 +1,3 @@\n " + token + "\n-" + token + "\n+x\n y\n")
          .empty());
}

TEST_F(diffs, C10_binary_blocks_are_looked_into) {
  const std::string content = std::string(300, '\1') + token + std::string(300, '\2');
  const auto findings = scanner().scan_added(binary_patch("literal", content.size(), content));
  ASSERT_EQ(rules_of(findings), std::vector<std::string>{"github-token"});
  EXPECT_EQ(findings[0].path, "x.bin");
}

TEST_F(diffs, C10_what_a_binary_difference_inserts_is_looked_at) {
  // Old size 100, new size 90: copy 50 from 0, insert the token.
  std::string delta = {'\x64', '\x5a', '\x90', '\x32'};
  delta += static_cast<char>(token.size());
  delta += token;
  EXPECT_EQ(rules_of(scanner().scan_added(binary_patch("delta", delta.size(), delta))),
            std::vector<std::string>{"github-token"});
}

TEST_F(diffs, content_that_cannot_be_seen_is_a_finding) {
  const std::string bomb(65U << 20U, 'x');
  for (const std::string& patch :
       {binary_patch("literal", 5, "longer than announced"),
        binary_patch("literal", 500, "shorter"), binary_patch("literal", bomb.size(), bomb),
        binary_patch("delta", 3, "\x05\x05\x07"),
        std::string{"diff --git a/x.bin b/x.bin\nGIT binary patch\nliteral 5\nEabcdefgh\n\n"},
        std::string{"diff --git a/x.bin b/x.bin\nGIT binary patch\nother 5\n"},
        std::string{"diff --git a/x.bin b/x.bin\nBinary files a/x.bin and b/x.bin differ\n"}}) {
    const auto findings = scanner().scan_added(patch);
    ASSERT_FALSE(findings.empty()) << patch.substr(0, 300);
    EXPECT_EQ(findings[0].rule, unscanned_rule);
    EXPECT_EQ(findings[0].path, "x.bin");
  }
  EXPECT_TRUE(scanner()
                  .scan_added("diff --git a/x.bin b/x.bin\ndeleted file mode 100644\n"
                              "Binary files a/x.bin and /dev/null differ\n")
                  .empty());
}

TEST_F(diffs, names_are_read_whatever_they_are) {
  const std::vector<std::pair<std::string, std::string>> names{
      {"diff --git a/p q/x y b/p q/x y\n--- /dev/null\n+++ b/p q/x y\t\n", "p q/x y"},
      {"diff --git \"a/\\303\\244\" \"b/\\303\\244\"\n--- /dev/null\n+++ \"b/\\303\\244\"\n",
       "\xc3\xa4"},
      {"diff --git a/old b/new\nsimilarity index 90%\nrename from old\nrename to new\n--- "
       "a/old\n+++ b/new\n",
       "new"},
      {"diff --cc m.c\nindex 1,2..3\n--- a/m.c\n+++ b/m.c\n", "m.c"},
      {"--- old.c\t2024-01-01\n+++ new.c\t2024-01-02\n", "new.c"},
      {"diff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n", "x"},
  };
  for (const auto& [head, name] : names) {
    const auto findings = scanner().scan_added(head + "@@ -0,0 +1 @@\n+" + token + "\n");
    ASSERT_EQ(findings.size(), 1U) << head;
    EXPECT_EQ(findings[0].path, name);
    EXPECT_EQ(findings[0].line, 1U);
  }
}

TEST_F(diffs, combined_diffs_count_what_is_new_to_any_parent) {
  const auto findings = scanner().scan_added(
      "diff --cc m.c\nindex 1,2..3\n--- a/m.c\n+++ b/m.c\n@@@ -1,2 -1,2 +1,4 @@@\n"
      "  same\n+ one\n +" +
      token + "\n++two\n- gone\n -gone\n");
  ASSERT_EQ(rules_of(findings), std::vector<std::string>{"github-token"});
  EXPECT_EQ(findings[0].line, 3U);
}

TEST_F(diffs, lies_about_hunks_show_more_not_less) {
  for (const std::string& hunk :
       {"@@ -1,9 +1,9 @@\n+a\ndiff --git a/y b/y\n+" + token + "\n",
        "@@ -1,0 +1,1 @@\n+a\n+" + token + "\n", "@@ -1,5 +1,0 @@\n+" + token + "\n",
        "@@ -1 +1 @@\n+a\n b\n " + token + "\n",
        "@@ -4294967295,4294967295 +4294967295,9 @@\n+" + token + "\n",
        "@@ -0,0 +1 @@\r\n+" + token + "\r\n",
        "@@ -0,0 +1 @@\n+" + token + "\n\\ No newline at end of file",
        "@@@@@@@@@@@@@@@@@@@@@@@@ -1 +1\n+" + token + "\n", "@@\n+" + token}) {
    EXPECT_EQ(scanner().scan_added(header("a") + hunk).size(), 1U) << hunk;
  }
}

TEST_F(diffs, a_commit_message_and_a_file_name_are_part_of_the_change) {
  EXPECT_EQ(
      scanner()
          .scan_added("Subject: use " + token + "\n---\n" + header("a") + "@@ -0,0 +1 @@\n+x\n")
          .size(),
      1U);
  const auto findings = scanner().scan_added(header("d/" + token + ".txt") + "@@ -0,0 +1 @@\n+x\n");
  ASSERT_EQ(rules_of(findings), std::vector<std::string>{"github-token"});
  EXPECT_EQ(findings[0].path, "d/[redacted:github-token].txt");
  EXPECT_EQ(rules_of(scanner().scan_added("diff --git a/k.p12 b/k.p12\nnew file mode 100644\n")),
            std::vector<std::string>{"key-store"});
  EXPECT_TRUE(
      scanner().scan_added("diff --git a/k.p12 b/k.p12\ndeleted file mode 100644\n").empty());
}

TEST_F(diffs, held_secrets_split_over_added_lines_are_found) {
  const std::string held = noise(33);
  const auto holding = *scanner().with_held({{"KEY", held}});
  const auto findings = holding.scan_added(header("a.py") + "@@ -0,0 +1,3 @@\n+k = ('" +
                                           held.substr(0, 11) + "'\n+     '" + held.substr(11, 11) +
                                           "'\n+     '" + held.substr(22) + "')\n");
  ASSERT_EQ(rules_of(findings), std::vector<std::string>{std::string{held_rule}});
}

TEST_F(diffs, long_texts_come_in_overlapping_pieces) {
  std::string patch = header("big") + "@@ -0,0 +1,300000 @@\n";
  for (int i = 1; i <= 300'000; ++i) {
    patch +=
        i % 60'000 == 0 ? "+" + token + "\n" : "+line of ordinary text " + std::to_string(i) + "\n";
  }
  const auto findings = scanner().scan_added(patch);
  ASSERT_EQ(findings.size(), 5U);
  EXPECT_EQ(findings[4].line, 300'000U);
  std::size_t pieces = 0;
  read_patch(patch, [&](const patch_piece& piece) {
    ++pieces;
    EXPECT_LT(piece.text.size(), 9U << 20U);
  });
  EXPECT_GT(pieces, 1U);
  const std::string line =
      std::string(12U << 20U, 'x') + " " + token + " " + std::string(9U << 20U, 'y');
  EXPECT_EQ(scanner().scan_added(header("a") + "@@ -0,0 +1 @@\n+" + line + "\n").size(), 1U);
}

TEST_F(diffs, C9_a_kept_diff_shows_no_secret_in_text_or_binary) {
  const std::string content = std::string(300, '\1') + token;
  const std::string harmless = binary_patch("literal", 300, std::string(300, '\1'));
  const std::string text = header("a") + "@@ -0,0 +1 @@\n+" + token + "\n";
  const std::string hidden = binary_patch("literal", content.size(), content);
  const std::string clean = redact_patch(scanner(), text + hidden + harmless + "literal 5\n");
  EXPECT_EQ(clean, header("a") + "@@ -0,0 +1 @@\n+[redacted:github-token]\n" +
                       hidden.substr(0, hidden.find("literal")) + "literal " +
                       std::to_string(content.size()) +
                       "\n[redacted:binary]\n\nliteral 0\nHcmV?d00001\n\n" + harmless +
                       "literal 5\n");
  std::string key = header("k") + "@@ -0,0 +1,8 @@\n+" + pem("RSA PRIVATE KEY") + "\n";
  for (std::size_t at = key.find("\n", key.find("BEGIN")); key.compare(at, 2, "\n-") != 0;
       at = key.find("\n", at + 2)) {
    key.insert(at + 1, "+");
  }
  EXPECT_EQ(redact_patch(scanner(), key),
            header("k") + "@@ -0,0 +1,8 @@\n+[redacted:private-key]\n");
}

TEST_F(diffs, any_bytes_are_survived) {
  std::mt19937_64 random{5};
  const std::vector<std::string> words{"diff --git ",
                                       "+++ b/x\n",
                                       "--- a/x\n",
                                       "@@ -1,3 +1,4 @@\n",
                                       "+",
                                       "-",
                                       " ",
                                       "\n",
                                       "GIT binary patch\n",
                                       "literal 30\n",
                                       "delta 12\n",
                                       "zcmV",
                                       "\r\n",
                                       "@@@ -1 -1 +1 @@@\n",
                                       "\"b/\\3",
                                       "Binary files ",
                                       "\\",
                                       "\xff",
                                       "rename to "};
  for (int round = 0; round < 300; ++round) {
    std::string patch;
    for (int i = 0; i < 60; ++i) {
      if (random() % 3 == 0) {
        for (int k = 0; k < 20; ++k) patch += static_cast<char>(random());
      } else {
        patch += words[random() % words.size()];
      }
    }
    // A line of its own outside of any file is always seen.
    EXPECT_FALSE(scanner().scan_added(token + "\n" + patch).empty());
    EXPECT_EQ(scanner().redact(scanner().redact(patch)), scanner().redact(patch));
  }
}

}  // namespace
}  // namespace skein::scan
