// The scanner with rule files written here: what each key means, and which files are refused.
#include "runtime/scan/secret_scanner.hpp"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>

namespace skein::scan {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::vector<std::string> rules_of(const std::vector<secret_finding>& findings) {
  std::vector<std::string> rules;
  for (const auto& found : findings) rules.push_back(found.rule);
  return rules;
}

class own_rules : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "skein-scan-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream{root_ / name} << text;
  }
  secret_scanner load() const {
    auto loaded = secret_scanner::load(root_);
    if (!loaded) throw std::runtime_error(loaded.error().message);
    return *loaded;
  }
  void expect_invalid(const std::string& text, const std::string& named) const {
    write("r.toml", text);
    const auto loaded = secret_scanner::load(root_);
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.error().code, errc::invalid);
    EXPECT_THAT(loaded.error().message, HasSubstr("r.toml"));
    EXPECT_THAT(loaded.error().message, HasSubstr(named));
  }

  fs::path root_;
};

TEST_F(own_rules, secret_group_entropy_and_keywords_decide) {
  write("r.toml", R"([[rules]]
id = "r"
description = "d"
regex = '(\w+):(\w+)'
secretGroup = 2
entropy = 1.5
keywords = ["KEY"])");
  const auto scanner = load();
  EXPECT_EQ(scanner.redact("key:abcd"), "key:[redacted:r]");
  EXPECT_EQ(scanner.redact("Key:aabb"), "Key:aabb");
  EXPECT_EQ(scanner.redact("other:abcd"), "other:abcd");
}

TEST_F(own_rules, a_regex_that_may_cross_lines_needs_its_keyword_anywhere) {
  write("r.toml", R"([[rules]]
id = "far"
regex = '''x=(\d{4})(?:\s|$)'''
keywords = ["header"]
[[rules]]
id = "near"
regex = '''y=(\d{4})'''
keywords = ["header"]
[[rules]]
id = "always"
regex = '''^z=\d{4}''')");
  const auto scanner = load();
  EXPECT_EQ(scanner.redact("header\nx=1234\ny=1234\nheader y=1234"),
            "header\nx=[redacted:far]\ny=1234\nheader y=[redacted:near]");
  EXPECT_EQ(scanner.redact("z=1234\nz=1234\nx=1234"), "[redacted:always]\nz=1234\nx=1234");
}

TEST_F(own_rules, allowlists_by_secret_match_line_stopword_and_path) {
  write("r.toml", R"([[rules]]
id = "r"
regex = '''k=(\w+)'''
keywords = ["k="]
[[rules.allowlists]]
regexes = ['''^aa''']
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''comment''']
[[rules.allowlists]]
condition = "AND"
stopwords = ["Zed"]
paths = ['''^test/''']
[allowlist]
paths = ['''\.lock$'''])");
  const auto scanner = load();
  const auto hits = [&](const char* text, const char* path) {
    return scanner.scan(text, path).size();
  };
  EXPECT_EQ(hits("k=bb", "a"), 1U);
  EXPECT_EQ(hits("k=aa", "a"), 0U);
  EXPECT_EQ(hits("comment k=bb", "a"), 0U);
  EXPECT_EQ(hits("comment\nk=bb", "a"), 1U);
  EXPECT_EQ(hits("k=bzedb", "a"), 1U);
  EXPECT_EQ(hits("k=bzedb", "test/a"), 0U);
  EXPECT_EQ(hits("k=bb", "x.lock"), 0U);
}

TEST_F(own_rules, rules_for_paths) {
  write("r.toml", R"([[rules]]
id = "file"
path = '''\.p12$'''
[[rules]]
id = "inside"
regex = '''k=(\w+)'''
path = '''\.conf$''')");
  const auto scanner = load();
  EXPECT_EQ(rules_of(scanner.scan("", "a/b.p12")), std::vector<std::string>{"file"});
  EXPECT_EQ(rules_of(scanner.scan("k=1", "a.conf")), std::vector<std::string>{"inside"});
  EXPECT_TRUE(scanner.scan("k=1", "a.c").empty());
  EXPECT_EQ(scanner.redact("k=1"), "k=[redacted:inside]");
}

TEST_F(own_rules, files_may_extend_each_other_but_not_in_a_circle) {
  fs::create_directory(root_ / "base");
  write("base/b.toml",
        "[[rules]]\nid='a'\nregex='aaa'\n[[rules]]\nid='b'\nregex='bbb'\n"
        "[[rules]]\nid='c'\nregex='ccc'\n");
  write("r.toml",
        "[extend]\npath='base/b.toml'\ndisabledRules=['c']\n"
        "[[rules]]\nid='a'\nregex='AAA'\n");
  EXPECT_EQ(load().redact("aaa bbb ccc AAA"), "aaa [redacted:b] ccc [redacted:a]");
  write("base/b.toml", "[extend]\npath='../r.toml'\n");
  const auto loaded = secret_scanner::load(root_);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, errc::invalid);
  EXPECT_THAT(loaded.error().message, HasSubstr("circle"));
}

TEST_F(own_rules, an_extending_file_changes_a_rule_without_repeating_it) {
  write("base.txt",
        "[[rules]]\nid='a'\ndescription='d'\nregex='k=(\\w+)'\nkeywords=['k=']\n"
        "[[rules.allowlists]]\nregexes=['^aa']\n");
  write("r.toml",
        "[extend]\npath='base.txt'\n[[rules]]\nid='a'\n[[rules.allowlists]]\nstopwords=['zed']\n");
  const auto scanner = load();
  EXPECT_EQ(scanner.redact("k=bb k=aab k=bzed"), "k=[redacted:a] k=aab k=bzed");
  EXPECT_EQ(scanner.scan("k=bb", "x")[0].description, "d");
}

TEST_F(own_rules, use_default_means_the_shipped_rules) {
  const auto shipped = fs::path{SKEIN_TEST_SOURCE_DIR} / "../config/secrets";
  write("own.toml",
        "[extend]\nuseDefault = true\ndisabledRules = ['npm-token']\n"
        "[[rules]]\nid='own'\nregex='own-[0-9]{4}'\n"
        "[[rules]]\nid='github-token'\n[[rules.allowlists]]\nstopwords=['aaaa']\n");
  const auto scanner = secret_scanner::load_file(root_ / "own.toml", shipped);
  ASSERT_TRUE(scanner) << scanner.error().message;
  std::string chance = "Zk8Qw3Er5Ty7Ui9Op1As2Df4Gh6Jk8Lz0Xc2";
  EXPECT_EQ(rules_of(scanner->scan("ghp_" + chance, "a")),
            std::vector<std::string>{"github-token"});
  EXPECT_TRUE(scanner->scan("npm_" + chance, "a").empty());
  EXPECT_EQ(rules_of(scanner->scan("own-1234", "a")), std::vector<std::string>{"own"});
  chance.replace(10, 4, "AAAA");
  EXPECT_TRUE(scanner->scan("ghp_" + chance, "a").empty());
}

TEST_F(own_rules, global_lists_may_be_for_some_rules_and_commits_allow_nothing) {
  write("r.toml", R"([[rules]]
id = "a"
regex = '''a=(\w+)'''
[[rules]]
id = "b"
regex = '''b=(\w+)'''
[[rules.allowlists]]
commits = ["0123456789012345678901234567890123456789"]
[[rules.allowlists]]
condition = "AND"
commits = ["0123456789012345678901234567890123456789"]
regexes = ['''x''']
[[rules]]
id = "part"
regex = '''c=(\w+)'''
skipReport = true
[[allowlists]]
targetRules = ["a"]
regexes = ['''x'''])");
  EXPECT_EQ(load().redact("a=1x b=1x c=1 a=2"), "a=1x b=[redacted:b] c=1 a=[redacted:a]");
}

TEST_F(own_rules, keys_may_have_any_case_as_in_gitleaks) {
  write("r.toml", "[[rules]]\nID='r'\nRegex='(k)=(\\w+)'\nSecretgroup=2\nKeywords=['K=']\n");
  EXPECT_EQ(load().redact("k=abc"), "k=[redacted:r]");
}

TEST_F(own_rules, what_is_wrong_is_named_with_its_place) {
  expect_invalid("[[rules]]\nid='one'\nregex='a(?=b)'\n", "r.toml:3:7: rule one: regex: ");
  expect_invalid("[[rules]]\nid='one'\nregex='x'\n[[rules.allowlists]]\npaths=['ok',\n  '[']\n",
                 "r.toml:6:3: rule one: regex: ");
  expect_invalid("[[rules]]\nid='one'\nentropy='x'\nregex='x'\n", "r.toml:3:9: rule one: entropy");
  expect_invalid("\n[[rules]]\nregex='x'\n", "r.toml:2:");
  expect_invalid("[[rules]]\nid='one'\nregex='" + std::string(1U << 20U, 'a') + "'\n", "64 KiB");
  expect_invalid("[[rules]]\nid='one'\nregex='((a{99}){99}){99}'\n", "r.toml:3:7: rule one");
  expect_invalid("x = " + std::string(100'000, '[') + "\n", "r.toml");
}

TEST_F(own_rules, wrong_files_are_refused_with_file_and_rule) {
  expect_invalid("[[rules]\n", "r.toml:1:");
  expect_invalid("[[rules]]\nregex='x'\n", "without id");
  expect_invalid("[[rules]]\nid='one'\n", "rule one: regex");
  expect_invalid("[[rules]]\nid='one'\nregex='('\n", "rule one: regex: missing )");
  expect_invalid("[[rules]]\nid='one'\nregex='x(?!y)'\n", "rule one: regex");
  expect_invalid("[[rules]]\nid='one'\nregex=5\n", "regex: expected a string");
  expect_invalid("[[rules]]\nid='one'\nregex='x'\nkeywords='x'\n", "keywords: expected");
  expect_invalid("[[rules]]\nid='one'\nregex='x'\nkeywords=['']\n", "keywords: expected");
  expect_invalid("[[rules]]\nid='one'\nregex='x'\nentropy='high'\n", "entropy: expected a number");
  expect_invalid("[[rules]]\nid='one'\nregex='(x)'\nsecretGroup=2\n", "the regex has 1 groups");
  expect_invalid("[[rules]]\nid='one'\nregex='x'\n[[rules]]\nid='one'\nregex='y'\n", "is taken");
  expect_invalid("[[rules]]\nid='one'\nregex='x'\n[[rules.allowlists]]\nregexes=['[']\n",
                 "rule one");
  expect_invalid("[extend]\nuseDefault=true\n", "useDefault");
  expect_invalid("[extend]\npath='r.toml'\n", "circle");
  expect_invalid("rules='x'\n", "rules: expected");
}

TEST_F(own_rules, files_without_a_rule_are_no_protection_and_refused) {
  for (const char* text : {"", "title = 'mine'\n", "[[allowlists]]\nregexes = ['x']\n"}) {
    write("r.toml", text);
    const auto loaded = secret_scanner::load(root_);
    ASSERT_FALSE(loaded) << text;
    EXPECT_THAT(loaded.error().message, HasSubstr("has no rules"));
  }
}

TEST_F(own_rules, a_folder_without_rules_is_no_protection_and_refused) {
  EXPECT_FALSE(secret_scanner::load(root_));
  EXPECT_FALSE(secret_scanner::load(root_ / "none"));
}

}  // namespace
}  // namespace skein::scan
