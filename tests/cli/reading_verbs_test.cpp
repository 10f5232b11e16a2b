// The reading verbs on a state directory that a real writer made.
#include "cli/app.hpp"
#include "runtime/artifact/artifact_store.hpp"
#include "runtime/store/writer.hpp"
#include "schema/identity.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace skein::cli {
namespace {

using nlohmann::json;
using schema::run_state;

struct seen {
  int code = 0;
  std::string out;
  std::string err;
};

class reading_verbs : public testing::Test {
 protected:
  reading_verbs() {
    std::string name = testing::TempDir() + "skein-cli-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~reading_verbs() override { std::filesystem::remove_all(directory_); }

  seen skein(std::vector<std::string> words) {
    words.insert(words.begin(), {"skein", "--state-dir", directory_.string()});
    std::vector<const char*> arguments;
    for (const auto& word : words) arguments.push_back(word.c_str());
    invocation call;
    const auto app = make_app(call);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto ended = parse(*app, call, static_cast<int>(arguments.size()), arguments.data());
    seen out;
    out.code = ended ? *ended : call.action();
    out.out = testing::internal::GetCapturedStdout();
    out.err = testing::internal::GetCapturedStderr();
    return out;
  }

  json skein_json(std::vector<std::string> words) {
    words.insert(words.end(), {"-o", "json"});
    const auto got = skein(std::move(words));
    EXPECT_EQ(got.code, 0) << got.err;
    return json::parse(got.out);
  }

  void apply(const std::vector<store::operation>& operations) {
    const store::state_layout layout{directory_};
    auto lock = store::state_lock::acquire(layout, "test");
    ASSERT_TRUE(lock) << lock.error().message;
    auto writer = store::writer::open(layout, [this] { return clock_ms_ += 10; });
    ASSERT_TRUE(writer) << writer.error().message;
    for (const auto& answer : (*writer)->commit(operations)) {
      ASSERT_TRUE(answer) << answer.error().message;
    }
  }

  static store::add_run queued(const std::string& id, const std::string& repo) {
    store::add_run out;
    out.value.id = id;
    out.value.task_name = "t";
    out.value.fingerprint = id;
    out.value.repo.url = repo;
    out.value.state = run_state::schedule;
    out.value.submitter = "somebody";
    return out;
  }

  static store::advance_run moved(const std::string& id, run_state from, run_state to) {
    store::advance_run out;
    out.run_id = id;
    out.attempt = from == run_state::schedule ? 0 : 1;
    if (from == run_state::schedule) out.new_attempt = 1;
    out.from = from;
    out.to = to;
    return out;
  }

  std::filesystem::path directory_;
  std::int64_t clock_ms_ = 1'714'571'109'000;
};

TEST_F(reading_verbs, nothing_is_an_empty_list) {
  for (const char* what : {"runs", "campaigns", "tenants", "repos", "workers", "approvals",
                           "schedules", "incidents"}) {
    EXPECT_EQ(skein_json({"get", what}), json::array()) << what;
    EXPECT_EQ(skein({"get", what}).out, "");
  }
}

TEST_F(reading_verbs, a_run_that_does_not_exist_is_exit_1_with_a_remedy) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"describe", "run", "x"},
                                                                 {"why", "x"},
                                                                 {"trace", "x"},
                                                                 {"logs", "x"},
                                                                 {"diff", "x"},
                                                                 {"patch", "x"},
                                                                 {"campaign", "status", "x"}}) {
    const auto got = skein(words);
    EXPECT_EQ(got.code, exit_failure);
    EXPECT_TRUE(got.err.starts_with("error: nothing here yet")) << got.err;
    EXPECT_NE(got.err.find("skein run -f TASK"), std::string::npos) << got.err;
    EXPECT_EQ(got.out, "");
  }
}

TEST_F(reading_verbs, lists_filter_and_go_on_at_the_cursor) {
  apply({queued("aaaa", "/a"), queued("bbbb", "/b"), queued("cccc", "/c"),
         moved("bbbb", run_state::schedule, run_state::prepare)});
  EXPECT_EQ(skein_json({"get", "runs"}).size(), 3U);
  EXPECT_EQ(skein_json({"get", "runs", "--state", "prepare"}).at(0).at("runId"), "bbbb");
  const auto first = skein({"get", "runs", "--limit", "2", "-o", "json"});
  EXPECT_EQ(json::parse(first.out).size(), 2U);
  const auto at = first.err.find("--cursor ");
  ASSERT_NE(at, std::string::npos) << first.err;
  const auto rest = skein_json(
      {"get", "runs", "--cursor", first.err.substr(at + 9, first.err.find('\n') - at - 9)});
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest.at(0).at("runId"), "cccc");
  EXPECT_EQ(skein({"get", "runs", "--limit", "3"}).err, "");
}

TEST_F(reading_verbs, brief_rows_leave_out_the_heavy_fields) {
  apply({queued("aaaa", "/a")});
  const auto row = skein_json({"get", "runs"}).at(0);
  EXPECT_FALSE(row.contains("findings"));
  EXPECT_FALSE(row.contains("timings"));
  EXPECT_TRUE(skein_json({"describe", "run", "aaaa"}).contains("timings"));
}

TEST_F(reading_verbs, a_queued_run_under_a_switch_is_held) {
  apply({queued("aaaa", "/a"), queued("bbbb", "/b"),
         store::set_switch{
             {store::switch_kind::hold, store::switch_scope::repo, "/a", "op", "ice", 1}}});
  const auto rows = skein_json({"get", "runs"});
  EXPECT_EQ(rows.at(0).at("state"), "held");
  EXPECT_EQ(rows.at(1).at("state"), "schedule");
  EXPECT_EQ(skein_json({"get", "runs", "--state", "held"}).size(), 1U);
  EXPECT_EQ(skein_json({"get", "runs", "--state", "schedule"}).size(), 1U);
  const auto why = skein_json({"why", "aaaa"});
  EXPECT_EQ(why.at("state"), "held");
  const auto& reasons = why.at("reasons");
  const auto found = std::find_if(reasons.begin(), reasons.end(),
                                  [](const json& each) { return each.at("code") == "switch"; });
  ASSERT_NE(found, reasons.end());
  EXPECT_EQ(found->at("remedy"), "skein lift --repo /a");
  EXPECT_NE(found->at("message").get<std::string>().find("ice"), std::string::npos);
}

TEST_F(reading_verbs, why_names_what_a_run_waits_for) {
  apply({queued("aaaa", "/a"), queued("bbbb", "/b")});
  const auto reasons = skein_json({"why", "bbbb"}).at("reasons");
  EXPECT_EQ(reasons.front().at("code"), "no_fleet");
  EXPECT_EQ(reasons.back().at("code"), "queue");
  EXPECT_EQ(reasons.back().at("message"), "1 run is before it in the queue");
}

TEST_F(reading_verbs, an_unknown_state_is_wrong_usage) {
  EXPECT_EQ(skein({"get", "runs", "--state", "flying"}).code, exit_usage);
  EXPECT_EQ(skein({"get", "campaigns", "--state", "published"}).code, exit_usage);
}

TEST_F(reading_verbs, ids_may_be_shortened_and_must_be_unique) {
  apply({queued("abcd1", "/a"), queued("abcd2", "/b"), queued("xyz", "/c")});
  EXPECT_EQ(skein_json({"describe", "run", "x"}).at("runId"), "xyz");
  const auto got = skein({"describe", "run", "abcd"});
  EXPECT_EQ(got.code, exit_failure);
  EXPECT_NE(got.err.find("abcd1"), std::string::npos);
  EXPECT_NE(got.err.find("abcd2"), std::string::npos);
}

TEST_F(reading_verbs, C14_the_trace_has_every_event_with_its_hash) {
  store::note_event call{
      "tool_call_finished", "aaaa", {}, {}, "system", {{"command", "make \x1b[2J"}, {"code", 0}}};
  apply({queued("aaaa", "/a"), moved("aaaa", run_state::schedule, run_state::prepare), call});
  const auto events = skein_json({"trace", "aaaa"});
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events.at(0).at("kind"), "run_queued");
  EXPECT_EQ(events.at(0).at("by"), "somebody");
  EXPECT_EQ(events.at(2).at("payload").at("command"), "make \x1b[2J");
  EXPECT_EQ(events.at(1).at("hash").get<std::string>().size(), 64U);
  const auto text = skein({"trace", "aaaa"}).out;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("tool_call_finished"), std::string::npos);
}

TEST_F(reading_verbs, diff_patch_and_logs_come_from_artifacts) {
  const artifact::artifact_store artifacts(store::state_layout{directory_}.artifacts());
  const std::string patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+\x1b[2Jb\n";
  const auto patch_ref = artifacts.put(patch);
  const auto step_log = artifacts.put("step output\n");
  const auto unit_log = artifacts.put("unit output");
  ASSERT_TRUE(patch_ref && step_log && unit_log);
  auto verify = moved("aaaa", run_state::agent, run_state::verify);
  verify.patch_ref = *patch_ref;
  verify.diff = schema::diff_summary{1, 1, 1, "sum"};
  auto done = moved("aaaa", run_state::verify, run_state::analysis_only);
  schema::verdict unit;
  unit.name = "unit";
  unit.log_ref = *unit_log;
  done.verdicts = std::vector{unit};
  apply({queued("aaaa", "/a"), moved("aaaa", run_state::schedule, run_state::prepare),
         moved("aaaa", run_state::prepare, run_state::agent),
         store::note_event{"tool_call_finished",
                           "aaaa",
                           {},
                           {},
                           "system",
                           {{"command", "make"},
                            {"end", "exited"},
                            {"code", 0},
                            {"attempt", 1},
                            {"ordinal", 1},
                            {"log", *step_log}}},
         verify, done});
  EXPECT_EQ(skein({"patch", "aaaa"}).out, patch) << "bytes as they are";
  EXPECT_EQ(skein({"diff", "aaaa"}).out, patch);
  EXPECT_EQ(skein_json({"diff", "aaaa"}).at("patch"), patch);
  const auto file = directory_ / "out.patch";
  EXPECT_EQ(skein({"patch", "aaaa", "-O", file.string()}).code, exit_ok);
  std::ifstream in(file, std::ios::binary);
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>(in), {}}), patch);

  const auto logs = skein({"logs", "-f", "aaaa"});
  EXPECT_EQ(logs.code, exit_ok);
  EXPECT_EQ(logs.out, "step output\nunit output");
  EXPECT_NE(logs.err.find("==> agent, attempt 1, step 1: make (status 0"), std::string::npos)
      << logs.err;
  EXPECT_EQ(skein({"logs", "aaaa", "--verifier", "unit"}).out, "unit output");
  EXPECT_EQ(skein({"logs", "aaaa", "--verifier", "other"}).out, "");
  EXPECT_EQ(skein_json({"logs", "aaaa"}).at("sections").size(), 2U);
}

TEST_F(reading_verbs, a_lost_log_does_not_hide_the_others) {
  const artifact::artifact_store artifacts(store::state_layout{directory_}.artifacts());
  const auto kept = artifacts.put("kept\n");
  ASSERT_TRUE(kept);
  auto done = moved("aaaa", run_state::prepare, run_state::no_change);
  schema::verdict lost;
  lost.name = "lost";
  lost.log_ref = std::string(64, 'a');
  schema::verdict fine;
  fine.name = "fine";
  fine.log_ref = *kept;
  done.verdicts = std::vector{lost, fine};
  apply({queued("aaaa", "/a"), moved("aaaa", run_state::schedule, run_state::prepare), done});
  const auto got = skein({"logs", "aaaa"});
  EXPECT_EQ(got.code, exit_failure);
  EXPECT_EQ(got.out, "kept\n");
  EXPECT_NE(got.err.find("no such artifact"), std::string::npos) << got.err;
}

TEST_F(reading_verbs, a_change_that_is_not_there_is_told_apart_from_none) {
  apply({queued("aaaa", "/a"), queued("bbbb", "/b"),
         moved("aaaa", run_state::schedule, run_state::prepare),
         moved("aaaa", run_state::prepare, run_state::no_change)});
  EXPECT_EQ(skein({"diff", "aaaa"}).code, exit_ok);
  EXPECT_EQ(skein({"diff", "bbbb"}).code, exit_failure);
}

TEST_F(reading_verbs, repositories_and_tenants_are_summed_up) {
  apply({queued("aaaa", "/a"), queued("bbbb", "/a"), queued("cccc", "/c"),
         moved("bbbb", run_state::schedule, run_state::prepare)});
  const auto repos = skein_json({"get", "repos"});
  ASSERT_EQ(repos.size(), 2U);
  EXPECT_EQ(repos.at(0).at("url"), "/a");
  EXPECT_EQ(repos.at(0).at("runs"), 2);
  EXPECT_EQ(repos.at(0).at("lastState"), "prepare");
  const auto tenants = skein_json({"get", "tenants"});
  ASSERT_EQ(tenants.size(), 1U);
  EXPECT_EQ(tenants.at(0).at("queued"), 2);
  EXPECT_EQ(tenants.at(0).at("active"), 1);
}

TEST_F(reading_verbs, a_server_needs_credentials) {
  const auto got = skein({"get", "runs", "--server", "host:1"});
  EXPECT_EQ(got.code, exit_not_authorised);
}

TEST_F(reading_verbs, credentials_that_are_not_there_are_no_empty_list) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"get", "runs"}, {"hold"}}) {
    auto asked = words;
    if (asked.front() == "hold") asked.push_back("--all");
    asked.insert(asked.end(), {"--server", "127.0.0.1:1", "--credentials",
                               (directory_ / "nonexistent").string()});
    const auto got = skein(asked);
    EXPECT_NE(got.code, exit_ok) << asked.front();
    EXPECT_NE(got.err.find("nonexistent"), std::string::npos) << got.err;
  }
}

TEST_F(reading_verbs, the_configuration_names_the_fleet_unless_the_command_does) {
  const auto config = directory_ / "skein.yaml";
  std::ofstream(config) << "apiVersion: skein/v1\nkind: Config\nserver: 127.0.0.1:1\n"
                        << "credentials: " << (directory_ / "from-config").string() << "\n";
  const auto parsed = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"skein", "--config", config.string()});
    std::vector<const char*> arguments;
    for (const auto& word : words) arguments.push_back(word.c_str());
    invocation call;
    const auto app = make_app(call);
    EXPECT_EQ(parse(*app, call, static_cast<int>(arguments.size()), arguments.data()), std::nullopt);
    return call.global;
  };
  EXPECT_EQ(parsed({"get", "runs"}).server, "127.0.0.1:1");
  EXPECT_EQ(parsed({"get", "runs"}).credentials, directory_ / "from-config");
  EXPECT_EQ(parsed({"get", "runs", "--credentials", "/mine"}).credentials, "/mine");
  EXPECT_EQ(parsed({"console"}).server, "127.0.0.1:1");
  EXPECT_EQ(parsed({"get", "runs", "--server", "b:2"}).server, "b:2");
  EXPECT_EQ(parsed({"get", "runs", "--state-dir", directory_.string()}).server, "");
  EXPECT_EQ(parsed({"serve"}).server, "") << "the fleet itself";
  EXPECT_EQ(parsed({"operator", "list"}).server, "");
}

TEST_F(reading_verbs, a_console_says_first_that_it_needs_a_terminal) {
  const auto got = skein({"console", "--server", "127.0.0.1:1"});
  EXPECT_EQ(got.code, exit_failure);
  EXPECT_NE(got.err.find("no terminal"), std::string::npos) << got.err;
}

TEST_F(reading_verbs, files_of_the_wrong_kind_are_told_apart) {
  const auto file = directory_ / "campaign.yaml";
  std::ofstream(file) << "apiVersion: skein/v1\nkind: Campaign\nmetadata: {name: c}\n"
                         "spec: {task: {intent: x}, repos: [{url: /a}]}\n";
  const auto got = skein({"run", "-f", file.string()});
  EXPECT_EQ(got.code, exit_usage);
  EXPECT_NE(got.err.find("skein campaign run -f"), std::string::npos) << got.err;
  std::ofstream(file) << "kind: [";
  const auto broken = skein({"campaign", "run", file.string()});
  EXPECT_EQ(broken.code, exit_usage);
  EXPECT_NE(broken.err.find("campaign.yaml:"), std::string::npos) << broken.err;
}

}  // namespace
}  // namespace skein::cli
