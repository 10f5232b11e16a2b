// The lines of the control socket: what they look like, and what becomes of hostile ones.
#include "cli/control/protocol.hpp"
#include "tests/schema/random_documents.hpp"
#include "tests/support/golden.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

namespace skein::cli::control {
namespace {

schema::task plain_task() {
  schema::task out;
  out.name = "replace-old-api";
  out.tenant = "payments";
  out.spec.intent = "Replace \"old_api()\"\nby new_api().";
  out.spec.repo = {"/srv/git/a.git", "main", ""};
  out.spec.scope.include = {"src/**"};
  out.spec.agent.steps = {{"sed -i s/old/new/ src/*", std::nullopt}};
  out.spec.agent_given = true;
  return out;
}

schema::campaign plain_campaign() {
  schema::campaign out;
  out.name = "old-api";
  out.task = plain_task().spec;
  out.task.repo = {};
  out.repos.emplace_back().url = "/srv/git/a.git";
  return out;
}

std::vector<request> every_request() {
  return {ask_owner{},
          actors::get_active{},
          actors::get_why{"0123456789abcdef"},
          actors::submit_run{plain_task(), "ada", true},
          actors::submit_campaign{plain_campaign(), "/home/ada", "ada", false},
          actors::attach_run{"0123456789abcdef"},
          actors::retry_campaign{"old-api", "ada"},
          actors::control_campaign{"old-api", actors::campaign_act::pause, "ada", "lunch"},
          actors::control_campaign{"old-api", actors::campaign_act::resume, "ada", ""},
          actors::control_campaign{"old-api", actors::campaign_act::abort, "ada", "wrong"},
          actors::rollback_order{"old-api", "ada", true},
          store::switch_row{store::switch_kind::kill, store::switch_scope::all, "", "ada",
                            "\x1b[31mred\xff", 1700000000000},
          store::switch_row{store::switch_kind::hold, store::switch_scope::tenant, "payments",
                            "ada", "", 1},
          store::switch_row{store::switch_kind::drain, store::switch_scope::repo, "/srv/a.git",
                            "ada", "", 1},
          store::lift_switch{store::switch_scope::run, "0123456789abcdef", std::nullopt, "ada"},
          store::lift_switch{store::switch_scope::campaign, "old-api", store::switch_kind::hold,
                             "ada"}};
}

std::string encoded(const request& value) {
  auto line = encode(value);
  EXPECT_TRUE(line) << line.error().message;
  return line ? *line : std::string{};
}

TEST(ControlProtocol, EveryMessageLooksAsDocumented) {
  std::string text;
  for (const auto& each : every_request()) text += encoded(each) + "\n";
  text +=
      encode_error({errc::in_use, "state directory /s is in use by pid 7", "wait for it"}) + "\n";
  text += encode_answer(owner_answer{7, "campaign run"}) + "\n";
  text += encode_answer(actors::submitted{"0123456789abcdef", schema::run_state::schedule}) + "\n";
  text += encode_answer(actors::campaign_submitted{"old-api", true, 12}) + "\n";
  text += encode_answer(actors::retried{3}) + "\n";
  text += encode_answer(actors::campaign_answer{schema::campaign_state::paused}) + "\n";
  text += encode_answer(actors::switch_report{2, 40, 315}) + "\n";
  text += encode_answer(actors::active_answer{5, true, "disk full"}) + "\n";
  text += encode_answer(actors::why_answer{true, "queue", "", 4, 60'000}) + "\n";
  test::expect_golden("control-protocol.jsonl", text);
}

TEST(ControlProtocol, EveryRequestSurvives) {
  for (const auto& each : every_request()) {
    const auto line = encoded(each);
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    const auto back = decode_request(line);
    ASSERT_TRUE(back) << line << ": " << back.error().message;
    EXPECT_EQ(back->index(), each.index());
    EXPECT_EQ(encoded(*back), line);
  }
}

TEST(ControlProtocol, RandomTasksAndCampaignsSurvive) {
  test::random_documents make(11);
  for (int round = 0; round < 100; ++round) {
    const auto task = make.task();
    const auto run = decode_request(encoded(actors::submit_run{task, "ada", false}));
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_EQ(std::get<actors::submit_run>(*run).task, task);
    const auto campaign = make.campaign();
    const auto all = decode_request(encoded(actors::submit_campaign{campaign, "/d", "ada", true}));
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(std::get<actors::submit_campaign>(*all).campaign, campaign);
    EXPECT_TRUE(std::get<actors::submit_campaign>(*all).dry_run);
  }
}

TEST(ControlProtocol, EveryAnswerSurvives) {
  EXPECT_EQ(*decode_answer<owner_answer>(encode_answer(owner_answer{9, "serve"})),
            (owner_answer{9, "serve"}));
  for (const auto state : schema::all_run_states) {
    const auto back =
        decode_answer<actors::submitted>(encode_answer(actors::submitted{"x", state}));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->state, state);
  }
  const auto report =
      decode_answer<actors::switch_report>(encode_answer(actors::switch_report{1, 2, -5}));
  ASSERT_TRUE(report) << "a clock that was set back must not make the answer unreadable";
  EXPECT_EQ(report->took_ms, 0);
  EXPECT_EQ(report->stopped_queued, 2U);
}

TEST(ControlProtocol, EveryErrorSurvives) {
  for (int code = 0; code <= static_cast<int>(errc::internal); ++code) {
    const error sent{static_cast<errc>(code), "what happened", "what to do"};
    const auto back = decode_answer<actors::retried>(encode_error(sent));
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error(), sent);
  }
  const error broken{errc::io, std::string(1U << 20, '\xff'), "\n\x01"};
  const auto back = decode_answer<actors::retried>(encode_error(broken));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, errc::io);
}

struct hostile_line {
  const char* name;
  std::string line;
  errc code = errc::invalid;
};

std::vector<hostile_line> hostile_lines() {
  const std::string lift = R"({"v":1,"verb":"lift_switch","args":)";
  const std::string set = R"({"v":1,"verb":"set_switch","args":)";
  return {
      {"empty", ""},
      {"garbage", "\x01\xff\x00garbage"},
      {"http", "GET / HTTP/1.1"},
      {"array", "[]"},
      {"number", "17"},
      {"half", R"({"v":1,"verb":"get_act)"},
      {"no version", R"({"verb":"get_active","args":{}})", errc::unsupported},
      {"newer", R"({"v":2,"verb":"get_active","args":{}})", errc::unsupported},
      {"version as text", R"({"v":"1","verb":"get_active","args":{}})", errc::unsupported},
      {"unknown verb", R"({"v":1,"verb":"rm","args":{}})", errc::unsupported},
      {"no verb", R"({"v":1,"args":{}})"},
      {"verb is a number", R"({"v":1,"verb":4,"args":{}})"},
      {"no args", R"({"v":1,"verb":"get_active"})"},
      {"args is text", R"({"v":1,"verb":"get_active","args":"x"})"},
      {"unknown arg", R"({"v":1,"verb":"get_active","args":{"x":1}})"},
      {"unknown member", R"({"v":1,"verb":"get_active","args":{},"x":1})"},
      {"deep", R"({"v":1,"verb":"get_active","args":)" + std::string(1'000'000, '[')},
      {"scope", lift + R"({"scope":"world","target":"","by":"x"}})"},
      {"kind", lift + R"({"scope":"all","target":"","by":"x","kind":"nuke"}})"},
      {"all with target", lift + R"({"scope":"all","target":"t","by":"x"}})"},
      {"tenant without target", lift + R"({"scope":"tenant","target":"","by":"x"}})"},
      {"nul in target", lift + "{\"scope\":\"tenant\",\"target\":\"a\\u0000b\",\"by\":\"x\"}}"},
      {"long target",
       lift + R"({"scope":"tenant","by":"x","target":")" + std::string(5000, 'a') + "\"}}"},
      {"negative time", set + R"({"kind":"hold","scope":"all","target":"","by":"","reason":"",)"
                              R"("sinceMs":-1}})"},
      {"time is no number", set + R"({"kind":"hold","scope":"all","target":"","by":"",)"
                                  R"("reason":"","sinceMs":1e99}})"},
      {"campaign name", R"({"v":1,"verb":"retry_campaign","args":{"campaign":"../x","by":"x"}})"},
      {"empty run", R"({"v":1,"verb":"attach_run","args":{"run":""}})"},
      {"task is text", R"({"v":1,"verb":"submit_run","args":{"task":"x","by":"","dryRun":true}})"},
      {"task of another kind", R"({"v":1,"verb":"submit_run","args":{"by":"","dryRun":true,)"
                               R"("task":{"apiVersion":"skein/v1","kind":"Config"}}})"},
      {"task with an unknown key",
       R"({"v":1,"verb":"submit_run","args":{"by":"","dryRun":true,"task":{"apiVersion":"skein/v1",)"
       R"("kind":"Task","metadata":{"name":"x"},"spec":{"intent":"i","sudo":true}}}})"},
  };
}

TEST(ControlProtocol, HostileLinesAreRefused) {
  for (const auto& each : hostile_lines()) {
    const auto out = decode_request(each.line);
    ASSERT_FALSE(out) << each.name;
    EXPECT_EQ(out.error().code, each.code) << each.name << ": " << out.error().message;
    EXPECT_FALSE(out.error().message.empty()) << each.name;
    EXPECT_FALSE(decode_answer<actors::active_answer>(each.line)) << each.name;
  }
}

TEST(ControlProtocol, NoPrefixAndNoDamageIsTakenForSomethingElse) {
  std::mt19937 random(5);
  for (const auto& each : every_request()) {
    const auto line = encoded(each);
    for (std::size_t length = 0; length < line.size(); length += 1 + line.size() / 50) {
      EXPECT_FALSE(decode_request(std::string_view{line}.substr(0, length)));
    }
    for (int round = 0; round < 100; ++round) {
      auto damaged = line;
      damaged[random() % damaged.size()] = static_cast<char>(random());
      // Refused, or a valid request of its own: then it can be said again.
      if (const auto out = decode_request(damaged)) {
        const auto again = decode_request(encoded(*out));
        ASSERT_TRUE(again) << damaged;
      }
    }
  }
}

TEST(ControlProtocol, TooLargeARequestIsNotSent) {
  actors::submit_run order{plain_task(), "ada", false};
  order.task.spec.intent.assign(max_line, 'x');
  const auto line = encode(order);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, errc::invalid);
}

}  // namespace
}  // namespace skein::cli::control
