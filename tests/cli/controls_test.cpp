// The table of controls against the contract and the tree: nothing is left out, and nothing is
// named that does not exist.
#include "cli/app.hpp"
#include "schema/document.hpp"
#include "schema/stage.hpp"

#include <fnmatch.h>
#include <stdlib.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

namespace skein::cli {
namespace {

namespace fs = std::filesystem;

const fs::path tree = fs::path{SKEIN_TEST_SOURCE_DIR} / "..";

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

schema::control_table shipped_table() {
  const auto read = schema::load_file((tree / "config/controls.yaml").string());
  if (!read.problems.empty()) {
    throw std::runtime_error(schema::to_string(read.problems.front()));
  }
  return std::get<schema::control_table>(read.documents.front());
}

std::set<std::string> contract_ids() {
  std::ifstream in(fs::path{SKEIN_TEST_SOURCE_DIR} / "data/contract_ids.txt");
  return {std::istream_iterator<std::string>(in), {}};
}

/// SUITE.NAME of every test that the sources register.
std::set<std::string> registered_tests() {
  static const std::regex macro(
      R"((?:^|\n)\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST)\(\s*(\w+)\s*,\s*(\w+)\s*\))");
  std::set<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(tree / "tests")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = text_of(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), macro), end; at != end; ++at) {
      out.insert((*at)[1].str() + "." + (*at)[2].str());
    }
  }
  return out;
}

/// Kinds of events that the program can write.
bool is_written(const std::string& kind, const std::string& sources) {
  for (const auto state : schema::all_run_states) {
    if (kind == "run_" + std::string(schema::to_string(state))) return true;
  }
  return sources.find('"' + kind + '"') != std::string::npos;
}

std::vector<std::string> listed(const std::string& text) {
  static const std::regex comma(R"(\s*,\s*)");
  return {std::sregex_token_iterator(text.begin(), text.end(), comma, -1), {}};
}

TEST(controls, every_id_of_the_contract_has_one_entry) {
  std::set<std::string> told;
  const auto all = shipped_table();
  for (const auto& each : all.controls) told.insert(each.id);
  for (const auto& each : all.assets) told.insert(each.id);
  EXPECT_EQ(told, contract_ids());
  EXPECT_GE(told.size(), 150U);
}

TEST(controls, every_file_it_names_is_in_the_tree) {
  for (const auto& each : shipped_table().controls) {
    for (const auto& file : each.code) {
      EXPECT_TRUE(fs::is_regular_file(tree / file)) << each.id << ": " << file;
      EXPECT_FALSE(file.starts_with("tests/")) << each.id << ": " << file;
    }
  }
}

TEST(controls, every_test_it_names_is_registered) {
  const auto tests = registered_tests();
  ASSERT_GT(tests.size(), 500U);
  for (const auto& each : shipped_table().controls) {
    for (const auto& pattern : each.tests) {
      EXPECT_TRUE(std::any_of(
          tests.begin(), tests.end(),
          [&](const auto& name) { return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0; }))
          << each.id << ": " << pattern;
    }
  }
}

TEST(controls, every_record_it_names_is_written_somewhere) {
  std::string sources;
  for (const char* folder : {"actors", "runtime"}) {
    for (const auto& entry : fs::recursive_directory_iterator(tree / folder)) {
      if (entry.path().extension() == ".cpp") sources += text_of(entry.path());
    }
  }
  for (const auto& each : shipped_table().controls) {
    if (each.record.empty() || each.record == "none") continue;
    for (const auto& kind : listed(each.record)) {
      EXPECT_TRUE(is_written(kind, sources)) << each.id << ": " << kind;
    }
  }
}

TEST(controls, assets_name_controls_that_exist) {
  const auto all = shipped_table();
  std::set<std::string> ids;
  for (const auto& each : all.controls) ids.insert(each.id);
  for (const auto& each : all.assets) {
    EXPECT_FALSE(each.controls.empty()) << each.id;
    for (const auto& id : each.controls) EXPECT_TRUE(ids.contains(id)) << each.id << ": " << id;
  }
}

class controls_verb : public testing::Test {
 protected:
  struct outcome {
    int code = -1;
    std::string out;
    std::string err;
  };
  void SetUp() override { use(tree / "config"); }
  void TearDown() override {
    ::unsetenv("SKEIN_SHARE");
    if (!root_.empty()) fs::remove_all(root_);
  }
  static void use(const fs::path& share) { ::setenv("SKEIN_SHARE", share.c_str(), 1); }

  /// A configuration with this table.
  void table(const std::string& text) {
    std::string pattern = (fs::temp_directory_path() / "skein-controls-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    fs::create_directory(root_ / "verifiers");  // what a shipped configuration is known by
    std::ofstream(root_ / "controls.yaml")
        << "apiVersion: skein/v1\nkind: Controls\nassets: []\ncontrols:\n" + text;
    use(root_);
  }

  static outcome run(std::vector<std::string> words) {
    std::vector<const char*> arguments{"skein", "controls"};
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
    return seen;
  }

  fs::path root_;
};

TEST_F(controls_verb, the_shipped_table_is_whole_and_nothing_of_it_is_only_planned) {
  const auto seen = run({"--strict"});
  EXPECT_EQ(seen.code, exit_ok) << seen.err;
  EXPECT_EQ(seen.out.find("\nNot, or not wholly, in this version yet:\n"), std::string::npos);
  const auto all = nlohmann::json::parse(run({"-o", "json"}).out);
  EXPECT_GE(all.size(), 140U);
  const auto f7 =
      std::find_if(all.begin(), all.end(), [](const auto& each) { return each["id"] == "F7"; });
  ASSERT_NE(f7, all.end());
  EXPECT_EQ((*f7)["status"], "enforced");
  EXPECT_EQ((*f7)["record"], "run_blocked");
}

TEST_F(controls_verb, assets_come_with_their_worst_failure) {
  const auto assets = nlohmann::json::parse(run({"--assets", "-o", "json"}).out);
  ASSERT_EQ(assets.size(), 10U);
  EXPECT_EQ(assets[1]["id"], "A2");
  for (const char* key : {"touchedBy", "boundary", "worstFailure", "controls", "provingLog"}) {
    EXPECT_FALSE(assets[1][key].empty()) << key;
  }
  EXPECT_NE(run({"--assets"}).out.find("worst failure"), std::string::npos);
}

TEST_F(controls_verb, an_entry_without_code_test_or_record_is_exit_code_1) {
  table(
      "- {id: F1, guarantee: g, code: [a.cpp], tests: ['A.b'], record: run_rejected}\n"
      "- {id: F2, guarantee: g, code: [a.cpp], tests: ['A.b']}\n"
      "- {id: F3, guarantee: g, record: none, why: w}\n"
      "- {id: F9, guarantee: g, planned: true, missing: m}\n");
  const auto seen = run({});
  EXPECT_EQ(seen.code, exit_failure);
  EXPECT_EQ(seen.err, "missing: F2: no record\nmissing: F3: no code, no test\n");
  EXPECT_NE(run({"--strict"}).err.find("F9: not in this version: m"), std::string::npos);
}

TEST_F(controls_verb, planned_entries_count_only_when_strict) {
  table("- {id: F9, guarantee: g, planned: true, missing: m}\n");
  const auto seen = run({});
  EXPECT_EQ(seen.code, exit_ok);
  EXPECT_NE(seen.out.find("\nNot, or not wholly, in this version yet:\n"), std::string::npos);
  EXPECT_EQ(run({"--strict"}).code, exit_failure);
}

TEST_F(controls_verb, a_wrong_table_is_exit_code_2) {
  table("- {id: F9, guarantee: g, planned: true}\n");
  const auto seen = run({});
  EXPECT_EQ(seen.code, exit_usage);
  EXPECT_NE(seen.err.find("controls.yaml:5:3"), std::string::npos) << seen.err;
}

}  // namespace
}  // namespace skein::cli
