// The built program, as users start it: a daemon's life, and the verbs around it.
#include "cli/control/client.hpp"
#include "runtime/process/run_child.hpp"
#include "runtime/process/spawn.hpp"
#include "runtime/store/writer.hpp"
#include "tests/cli_control/temp_dir.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace skein::cli {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const std::string program = SKEIN_TEST_BIN_DIR "/skein";

std::vector<std::string> clean_environment() {
  return {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C.UTF-8"};
}

process::child_result skein(std::vector<std::string> arguments, std::string input = {}) {
  arguments.insert(arguments.begin(), program);
  auto ended = process::run_child({.argv = std::move(arguments),
                                   .environment = clean_environment(),
                                   .directory = {},
                                   .input = std::move(input),
                                   .timeout = 60s});
  EXPECT_TRUE(ended) << ended.error().message;
  return ended ? *ended : process::child_result{};
}

/// `skein serve` in the background.
class daemon {
 public:
  daemon(const fs::path& state, std::vector<std::string> more = {}) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    out_.reset(ends[0]);
    const process::descriptor into(ends[1]);
    log_.reset(::open((state / "serve.log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const process::descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    process::spawn_spec spec;
    spec.program = program;
    spec.argv = {program, "serve", "--state-dir", state.string(), "--cells", "2"};
    spec.argv.insert(spec.argv.end(), more.begin(), more.end());
    spec.environment = clean_environment();
    spec.descriptors = {null.get(), into.get(), log_.get()};
    auto started = process::spawn(spec);
    EXPECT_TRUE(started) << started.error().message;
    if (started) child_ = std::move(*started);
  }
  ~daemon() {
    if (child_.pid < 0) return;
    signal(SIGKILL);
    process::reap(child_.pid);
  }

  /// The first line of its standard output; empty when it ended without one.
  std::string ready() {
    std::string line;
    char byte = 0;
    while (::read(out_.get(), &byte, 1) == 1 && byte != '\n') line += byte;
    return line;
  }
  void signal(int number) { process::signal_process(child_.watch, number); }
  /// Its exit code; -1 when it did not end within a minute or a signal ended it.
  int end() {
    pollfd dead{child_.watch.get(), POLLIN, 0};
    if (::poll(&dead, 1, 60'000) != 1) return -1;
    const int status = process::reap(std::exchange(child_.pid, -1));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] pid_t pid() const { return child_.pid; }

 private:
  process::spawned child_;
  process::descriptor out_;
  process::descriptor log_;
};

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

TEST(Serve, SaysWhenItIsReadyAndEndsInOrder) {
  const test::temp_dir state;
  daemon served(state.path());
  EXPECT_EQ(served.ready(), "skein: serving " + state.path().string() + " (2 cells)");
  served.signal(SIGTERM);
  EXPECT_EQ(served.end(), 0);
  EXPECT_FALSE(fs::exists(state.path() / "control.sock"));
  EXPECT_NE(content(state.path() / "serve.log").find("stopped"), std::string::npos);
}

TEST(Serve, ASecondOneIsToldWhoTheFirstIs) {
  const test::temp_dir state;
  daemon first(state.path());
  ASSERT_FALSE(first.ready().empty());
  const auto second = skein({"serve", "--state-dir", state.path()});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_NE(second.err.find("pid " + std::to_string(first.pid()) + " (serve)"), std::string::npos)
      << second.err;
}

TEST(Serve, RefusesToListenBeforeTheRemoteProtocolIsThere) {
  const test::temp_dir state;
  const auto ended = skein({"serve", "--state-dir", state.path(), "--listen", "127.0.0.1:4711"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_NE(ended.err.find("not in this version"), std::string::npos);
  EXPECT_TRUE(ended.out.empty());
}

TEST(Serve, LogsJsonLines) {
  const test::temp_dir state;
  daemon served(state.path(), {"--log-format", "json"});
  ASSERT_FALSE(served.ready().empty());
  served.signal(SIGTERM);
  ASSERT_EQ(served.end(), 0);
  std::istringstream lines(content(state.path() / "serve.log"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto entry = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(entry.is_object()) << line;
    EXPECT_TRUE(entry.contains("time") && entry.contains("level") && entry.contains("message"));
  }
  EXPECT_GE(count, 2);
}

TEST(Serve, AClientIsTakenOverByTheNextDaemonAfterACrash) {
  const test::temp_dir state;
  {
    daemon first(state.path());
    ASSERT_FALSE(first.ready().empty());
    first.signal(SIGKILL);
    first.end();
  }
  EXPECT_TRUE(fs::exists(state.path() / "control.sock")) << "what a crash leaves";
  daemon second(state.path());
  ASSERT_FALSE(second.ready().empty());
  EXPECT_TRUE(control::client::connect(state.path() / "control.sock"));
}

TEST(Switches, T9_11ReachTheDaemonAndLastUntilLifted) {
  const test::temp_dir state;
  daemon served(state.path());
  ASSERT_FALSE(served.ready().empty());
  const auto killed = skein({"kill", "--tenant", "payments", "--reason", "leak", "-o", "json",
                             "--state-dir", state.path()});
  ASSERT_EQ(killed.exit_code, 0) << killed.err;
  const auto report = nlohmann::json::parse(killed.out);
  EXPECT_EQ(report["verb"], "kill");
  EXPECT_EQ(report["scope"], "tenant");
  EXPECT_EQ(report["target"], "payments");
  EXPECT_EQ(report["stoppedRuns"], 0);
  EXPECT_EQ(report["stoppedQueued"], 0);
  EXPECT_TRUE(report["tookMs"].is_number_unsigned());

  auto from = store::reader::open(store::state_layout{state.path()});
  ASSERT_TRUE(from);
  ASSERT_EQ((*from)->switches()->size(), 1U);
  EXPECT_EQ((*from)->switches()->front().reason, "leak");

  const auto released = skein({"release", "--tenant", "payments", "--state-dir", state.path()});
  EXPECT_EQ(released.exit_code, 0);
  EXPECT_EQ((*from)->switches()->size(), 1U) << "release does not take back a kill";
  const auto lifted =
      skein({"lift", "--tenant", "payments", "-o", "json", "--state-dir", state.path()});
  ASSERT_EQ(lifted.exit_code, 0) << lifted.err;
  EXPECT_EQ(nlohmann::json::parse(lifted.out)["lifted"], nlohmann::json::array({"kill"}));
  EXPECT_TRUE((*from)->switches()->empty());
}

TEST(Switches, WorkWithoutADaemonAndSurviveUntilOneComes) {
  const test::temp_dir state;
  const auto held = skein({"hold", "--all", "--reason", "night", "--state-dir", state.path()});
  ASSERT_EQ(held.exit_code, 0) << held.err;
  const auto drained = skein({"drain", "--repo", "/srv/a.git", "--state-dir", state.path()});
  EXPECT_EQ(drained.exit_code, 0) << drained.err;
  auto from = store::reader::open(store::state_layout{state.path()});
  ASSERT_TRUE(from);
  EXPECT_EQ((*from)->switches()->size(), 2U);
  EXPECT_EQ(skein({"release", "--all", "--state-dir", state.path()}).exit_code, 0);
  EXPECT_EQ((*from)->switches()->size(), 1U);
  const auto verified = skein({"audit", "verify", "--state-dir", state.path()});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_NE(verified.out.find("chain intact"), std::string::npos);
}

TEST(Switches, DrainWaitsForTheDaemonsRuns) {
  const test::temp_dir state;
  daemon served(state.path());
  ASSERT_FALSE(served.ready().empty());
  const auto drained = skein({"drain", "--all", "--state-dir", state.path()});
  EXPECT_EQ(drained.exit_code, 0) << drained.err;
}

TEST(Switches, NeedExactlyOneScopeAndAKnownOne) {
  const test::temp_dir state;
  EXPECT_EQ(skein({"kill", "--state-dir", state.path()}).exit_code, 2);
  EXPECT_EQ(skein({"kill", "--all", "--tenant", "t", "--state-dir", state.path()}).exit_code, 2);
  EXPECT_EQ(skein({"kill", "--all", "--state-dir", state.path()}).exit_code, 0);
  const auto unknown = skein({"kill", "--run", "zzzz", "--state-dir", state.path()});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_EQ(skein({"hold", "--campaign", "none", "--state-dir", state.path()}).exit_code, 1);
}

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
  EXPECT_EQ(complete("skein --state-dir kill co"), "config completion\n");
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
