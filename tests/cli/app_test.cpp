// Wrong usage is exit code 2 with a hint; help says which exit codes a verb has.
#include "cli/app.hpp"

#include <gtest/gtest.h>

namespace skein::cli {
namespace {

struct outcome {
  std::optional<int> code;
  std::string out;
  std::string err;
  global_options global;
};

outcome parse_words(std::vector<const char*> words) {
  words.insert(words.begin(), "skein");
  invocation call;
  const auto app = make_app(call);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  outcome seen;
  seen.code = parse(*app, call, static_cast<int>(words.size()), words.data());
  std::cout.flush();
  seen.out = testing::internal::GetCapturedStdout();
  seen.err = testing::internal::GetCapturedStderr();
  seen.global = call.global;
  return seen;
}

void expect_usage_error(const std::vector<const char*>& words, const std::string& told) {
  const auto seen = parse_words(words);
  EXPECT_EQ(seen.code, exit_usage) << told;
  EXPECT_TRUE(seen.err.starts_with("error: ")) << seen.err;
  EXPECT_NE(seen.err.find(told), std::string::npos) << seen.err;
  EXPECT_NE(seen.err.find("--help"), std::string::npos) << seen.err;
  EXPECT_EQ(seen.out, "");
}

TEST(arguments, what_is_wrong_is_told_with_exit_code_2) {
  expect_usage_error({"run"}, "--file is required");
  expect_usage_error({"run", "-f"}, "--file");
  expect_usage_error({"run", "-f", "t.yaml", "--cells", "many"}, "--cells");
  expect_usage_error({"run", "-f", "t.yaml", "--cells", "0"}, "--cells");
  expect_usage_error({"get"}, "WHAT is required");
  expect_usage_error({"get", "nonsense"}, "nonsense");
  expect_usage_error({"get", "runs", "-o", "xml"}, "xml");
  expect_usage_error({"get", "runs", "--cursor", "-3"}, "--cursor");
  expect_usage_error({"get", "runs", "extra"}, "extra");
  expect_usage_error({"why"}, "ID is required");
  expect_usage_error({"campaign"}, "campaign needs one of");
  expect_usage_error({"campaign", "pause"}, "NAME is required");
  expect_usage_error({"--color", "perhaps", "get", "runs"}, "--color");
}

TEST(arguments, a_typing_error_gets_a_proposal) {
  expect_usage_error({"descibe", "run", "x"}, "did you mean describe?");
  expect_usage_error({"campaign", "reusme", "x"}, "did you mean resume?");
  expect_usage_error({"run", "-f", "t.yaml", "--dryrun"}, "did you mean --dry-run?");
  expect_usage_error({"get", "runs", "--ouput", "json"}, "did you mean --output?");
  expect_usage_error({"run", "-f", "t.yaml", "--nothing-like-it"}, "has no option");
}

TEST(arguments, B10_a_wrong_word_cannot_speak_to_the_terminal) {
  const auto seen = parse_words({"\x1b[2J"});
  EXPECT_EQ(seen.code, exit_usage);
  EXPECT_EQ(seen.err.find('\x1b'), std::string::npos);
}

TEST(arguments, without_a_verb_the_help_is_shown_and_it_is_wrong_usage) {
  const auto seen = parse_words({});
  EXPECT_EQ(seen.code, exit_usage);
  EXPECT_NE(seen.err.find("campaign"), std::string::npos);
}

TEST(arguments, options_of_every_verb_stand_before_or_after_it) {
  for (const auto& words :
       {std::vector<const char*>{"-o", "yaml", "--state-dir", "/x", "get", "runs"},
        std::vector<const char*>{"get", "runs", "-o", "yaml", "--state-dir", "/x"},
        std::vector<const char*>{"get", "-o", "yaml", "runs", "--state-dir=/x"}}) {
    const auto seen = parse_words(words);
    EXPECT_FALSE(seen.code) << seen.err;
    EXPECT_EQ(seen.global.output, output_format::yaml);
    EXPECT_EQ(seen.global.state_dir, "/x");
  }
}

TEST(arguments, a_verb_may_be_named_like_another) {
  EXPECT_FALSE(parse_words({"describe", "run", "abc"}).code);
  EXPECT_FALSE(parse_words({"campaign", "run", "-f", "c.yaml"}).code);
  EXPECT_FALSE(parse_words({"campaign", "run", "c.yaml"}).code);
  EXPECT_FALSE(parse_words({"logs", "run"}).code);
}

TEST(arguments, repositories_may_be_given_many_times) {
  EXPECT_FALSE(parse_words({"run", "--repo", "a", "-f", "t.yaml", "--repo", "b"}).code);
}

TEST(help, goes_to_stdout_and_lists_the_exit_codes) {
  for (const auto& words : {std::vector<const char*>{"run", "--help"},
                            std::vector<const char*>{"campaign", "run", "-h"},
                            std::vector<const char*>{"get", "--help"},
                            std::vector<const char*>{"describe", "run", "-h"}}) {
    const auto seen = parse_words(words);
    EXPECT_EQ(seen.code, exit_ok);
    EXPECT_NE(seen.out.find("Exit codes:"), std::string::npos) << seen.out;
    EXPECT_NE(seen.out.find("usage or invalid file"), std::string::npos) << seen.out;
    EXPECT_EQ(seen.err, "");
  }
  EXPECT_NE(parse_words({"run", "--help"}).out.find("130  interrupted"), std::string::npos);
}

TEST(help, version_is_one_line) {
  const auto seen = parse_words({"--version"});
  EXPECT_EQ(seen.code, exit_ok);
  EXPECT_TRUE(seen.out.starts_with("skein ")) << seen.out;
}

TEST(closest, proposes_only_what_is_close) {
  EXPECT_EQ(closest("campain", {"campaign", "config"}), "campaign");
  EXPECT_EQ(closest("xyz", {"campaign", "config"}), "");
}

}  // namespace
}  // namespace skein::cli
