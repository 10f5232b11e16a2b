// audit, schema, config, doctor and completion, by the built program.
#include "tests/cli_control/program.hpp"
#include "tests/cli_control/temp_dir.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace skein::cli {
namespace {

namespace fs = std::filesystem;
using test::skein;
using namespace std::chrono_literals;
using test::clean_environment;
using test::program;
using test::write;

TEST(Audit, TellsWhatDoesNotFitAndExportsLines) {
  const test::temp_dir state;
  ASSERT_EQ(skein({"hold", "--all", "--state-dir", state.path()}).exit_code, 0);
  const auto dumped = skein({"audit", "export", "--state-dir", state.path()});
  ASSERT_EQ(dumped.exit_code, 0) << dumped.err;
  std::istringstream lines(dumped.out);
  std::vector<nlohmann::json> events;
  for (std::string line; std::getline(lines, line);) events.push_back(nlohmann::json::parse(line));
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back()["kind"], "switch_set");
  EXPECT_EQ(events.back()["payload"]["scope"], "all");
  EXPECT_EQ(events.back()["hash"].get<std::string>().size(), 64U);

  const auto sql = process::run_child(
      {.argv = {"python3", "-c",
                "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); "
                "[c.execute('DROP TRIGGER '+n) for (n,) in c.execute(\"SELECT name FROM "
                "sqlite_master WHERE type='trigger'\").fetchall()]; "
                "c.execute(\"UPDATE events SET payload='{}'\"); c.commit()",
                (state.path() / "skein.db").string()},
       .environment = clean_environment(),
       .directory = {},
       .input = {},
       .timeout = 30s});
  if (!sql || sql->exit_code != 0) GTEST_SKIP() << "no python3 to forge an event with";
  const auto forged = skein({"audit", "verify", "--state-dir", state.path()});
  EXPECT_EQ(forged.exit_code, 1);
  EXPECT_NE(forged.err.find("error: "), std::string::npos);
  EXPECT_TRUE(forged.out.empty());
}

TEST(Audit, AFullDiskBehindStandardOutputIsAFailure) {
  const test::temp_dir state;
  ASSERT_EQ(skein({"hold", "--all", "--state-dir", state.path()}).exit_code, 0);
  const auto ended = process::run_child(
      {.argv = {"/bin/sh", "-c", program + " audit export --state-dir \"$0\" > /dev/full",
                state.path().string()},
       .environment = clean_environment(),
       .directory = {},
       .input = {},
       .timeout = 30s});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_code, 1);
}

TEST(Schema, PrintsSchemasAndNamesThem) {
  for (const char* name : {"task", "campaign", "config", "verifier"}) {
    const auto printed = skein({"schema", name});
    EXPECT_EQ(printed.exit_code, 0);
    EXPECT_TRUE(nlohmann::json::parse(printed.out).contains("$schema")) << name;
  }
  const auto wrong = skein({"schema", "tsk"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_NE(wrong.err.find("campaign"), std::string::npos);
  EXPECT_TRUE(wrong.out.empty());
}

TEST(Config, ValidateNamesTheDocumentsOrThePlace) {
  const test::temp_dir folder;
  const auto good = folder.path() / "good.yaml";
  const auto wrong = folder.path() / "wrong.yaml";
  const std::string task =
      "apiVersion: skein/v1\nkind: Task\nmetadata: {name: clean-up}\nspec: {intent: x}\n";
  write(good, task);
  write(wrong, "apiVersion: skein/v1\nkind: Task\nmetadata: {name: x}\nspec: {sudo: yes}\n");
  const auto ok = skein({"config", "validate", good});
  EXPECT_EQ(ok.exit_code, 0) << ok.err;
  EXPECT_EQ(ok.out, good.string() + ": ok (Task clean-up)\n");
  const auto both = skein({"config", "validate", good, wrong});
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_EQ(both.out, good.string() + ": ok (Task clean-up)\n");
  EXPECT_EQ(both.err.find(wrong.string() + ":4:"), 0U) << both.err;
  EXPECT_EQ(skein({"config", "validate", "-"}, task).out, "standard input: ok (Task clean-up)\n");
  EXPECT_EQ(skein({"config", "validate", (folder.path() / "none.yaml").string()}).exit_code, 2);
  const auto json = skein({"config", "validate", "-o", "json", good, wrong});
  EXPECT_EQ(json.exit_code, 2);
  const auto all = nlohmann::json::parse(json.out);
  EXPECT_EQ(all[0]["ok"], true);
  EXPECT_EQ(all[1]["problems"][0]["line"], 4);
}

TEST(Config, ValidateWithoutAFileChecksTheEffectiveOne) {
  const test::temp_dir folder;
  const auto file = folder.path() / "skein.yaml";
  write(file, "apiVersion: skein/v1\nkind: Config\ncells: 3\n");
  const auto ok = skein({"config", "validate", "--config", file});
  EXPECT_EQ(ok.exit_code, 0) << ok.err;
  EXPECT_EQ(ok.out, file.string() + ": ok (Config)\n");
  write(file, "apiVersion: skein/v1\nkind: Config\ncells: many\n");
  const auto wrong = skein({"config", "validate", "--config", file});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_NE(wrong.err.find(":3:"), std::string::npos) << wrong.err;
}

TEST(Doctor, SaysWhatWorksAndEndsAccordingly) {
  const test::temp_dir state;
  const auto looked = skein({"doctor", "-o", "json", "--state-dir", state.path()});
  const auto found = nlohmann::json::parse(looked.out, nullptr, false);
  ASSERT_TRUE(found.is_object()) << looked.out;
  bool healthy = true;
  std::vector<std::string> layers;
  for (const auto& each : found["layers"]) {
    layers.push_back(each["layer"]);
    if (each["required"].get<bool>() && !each["works"].get<bool>()) healthy = false;
  }
  EXPECT_EQ(found["healthy"], healthy);
  EXPECT_EQ(looked.exit_code, healthy ? 0 : 1);
  for (const char* layer :
       {"git", "bubblewrap", "state directory", "sqlite", "shipped configuration", "skein-cell"}) {
    EXPECT_TRUE(std::find(layers.begin(), layers.end(), layer) != layers.end()) << layer;
  }
  EXPECT_TRUE(fs::is_empty(state.path())) << "doctor leaves nothing behind";
}

TEST(Doctor, AStateDirectoryThatCannotBeWrittenIsUnhealthy) {
  const auto looked = skein({"doctor", "-o", "json", "--state-dir", "/proc/skein"});
  EXPECT_EQ(looked.exit_code, 1);
}

process::child_result shell(const std::string& program_name, const std::string& script) {
  auto ended = process::run_child({.argv = {program_name, "-c", script},
                                   .environment = clean_environment(),
                                   .directory = {},
                                   .input = {},
                                   .timeout = 30s});
  return ended ? *ended : process::child_result{};
}

TEST(Completion, BashAcceptsTheScriptAndCompletes) {
  const auto script = skein({"completion", "bash"});
  ASSERT_EQ(script.exit_code, 0);
  const auto complete = [&script](const std::string& words) {
    const auto ended = shell("bash", script.out + "\nCOMP_WORDS=(" + words +
                                         ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_skein\n"
                                         "echo \"${COMPREPLY[@]}\"\n");
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    return ended.out;
  };
  EXPECT_EQ(complete("skein camp"), "campaign\n");
  EXPECT_EQ(complete("skein campaign ab"), "abort\n");
  EXPECT_EQ(complete("skein -o json doc"), "doctor\n");
  EXPECT_EQ(complete("skein --state-dir kill co"), "console config controls completion\n");
  EXPECT_EQ(complete("skein get -o ''"), "text wide json yaml\n");
  EXPECT_EQ(complete("skein kill --ten"), "--tenant\n");
  EXPECT_EQ(complete("skein completion f"), "\n") << "falls back to files";
}

TEST(Completion, EveryVerbIsInEveryScript) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = skein({"completion", shell});
    ASSERT_EQ(script.exit_code, 0) << shell;
    for (const char* verb :
         {"run",    "campaign", "get",     "describe", "why",        "trace",    "logs",
          "diff",   "hold",     "release", "drain",    "kill",       "lift",     "serve",
          "doctor", "schema",   "config",  "audit",    "completion", "validate", "export"}) {
      EXPECT_NE(script.out.find(verb), std::string::npos) << shell << " " << verb;
    }
  }
  EXPECT_EQ(skein({"completion", "tcsh"}).exit_code, 2);
}

TEST(Completion, OtherShellsAcceptTheirScripts) {
  int tried = 0;
  for (const char* name : {"zsh", "fish"}) {
    const auto found = process::find_program(name);
    if (!found) continue;
    const test::temp_dir folder;
    write(folder.path() / "script", skein({"completion", name}).out);
    const auto checked =
        process::run_child({.argv = {found->string(), "-n", (folder.path() / "script").string()},
                            .environment = clean_environment(),
                            .directory = {},
                            .input = {},
                            .timeout = 30s});
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->exit_code, 0) << name << ": " << checked->err;
    ++tried;
  }
  if (tried == 0) GTEST_SKIP() << "neither zsh nor fish is installed";
}

}  // namespace
}  // namespace skein::cli
