// Models and providers that answer wrongly, without end or with bad intent, through the whole
// program: each run ends in a defined state, nothing is published, and nobody else learns a secret.
#include "tests/e2e/model_agent_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>

namespace skein::e2e {
namespace {

using nlohmann::json;
using test::peer_end;
using test::peer_reply;
using test::peer_request;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* key_of_provider = "e2e-key-0123456789abcdef";

class hostile_model : public model_agent_program {
 protected:
  /// Every question is answered by `answer`, which gets the number of the question, from 0.
  void always(std::function<peer_reply(int, const peer_request&)> answer) {
    peer_.on([this, answer = std::move(answer)](const peer_request& asked) {
      return answer(asked_++, asked);
    });
  }
  /// Every answer is this call, each with an id of its own.
  void always(const std::string& tool, const json& arguments) {
    always([=](int n, const peer_request&) { return answer_of({{tool, arguments}}, n + 1); });
  }
  /// Flies over a repository whose file.txt says "old".
  json fly_over(const std::string& more = "  budget: {toolCalls: 8}\n",
                const std::string& files = "true", const std::string& verifier = "true") {
    const json object = fly(repository("a", "echo old >file.txt; " + files), verifier, more);
    EXPECT_EQ(branches(), "0\n") << object.dump(1);
    const auto audit = skein({"audit", "verify"});
    EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
    EXPECT_EQ(sh("grep -rl " + std::string(key_of_provider) + " . | grep -v provider.key | wc -l"),
              "0\n");
    return object;
  }
  static void expect_failed(const json& run, const std::string& state, const std::string& cls) {
    EXPECT_EQ(run["state"], state) << run.dump(1);
    EXPECT_EQ(run["failure"]["failureClass"], cls) << run.dump(1);
  }

  std::atomic<int> asked_ = 0;
};

// --- what is no answer ---------------------------------------------------------------------------

TEST_F(hostile_model, F9_half_of_a_json_is_a_failure_of_the_provider) {
  always([](int n, const peer_request&) {
    peer_reply half = answer_of({{"finish", {{"summary", "s"}, {"outcome", "changed"}}}}, n);
    half.body.resize(half.body.size() / 2);
    return half;
  });
  const auto run = fly_over();
  expect_failed(run, "infrastructure_failed", "F9");
  EXPECT_LE(asked_, 3) << "what was paid for is not asked for again and again";
}

TEST_F(hostile_model, F9_a_stream_that_breaks_off_is_a_failure_of_the_provider) {
  always([](int, const peer_request&) {
    return test::event_stream(
        {"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{"
         "\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n"},
        peer_end::cut);
  });
  expect_failed(fly_over(), "infrastructure_failed", "F9");
}

TEST_F(hostile_model, F9_a_stream_without_end_is_cut_off) {
  always([](int, const peer_request&) {
    return test::event_stream({": still thinking\n\n"}, peer_end::endless);
  });
  const auto run = fly_over();
  expect_failed(run, "infrastructure_failed", "F9");
  EXPECT_THAT(run["failure"]["failureReason"].get<std::string>(), HasSubstr("bytes"));
}

TEST_F(hostile_model, F9_fifty_megabytes_of_arguments_are_not_taken) {
  always([](int n, const peer_request&) {
    return answer_of({{"write_file", {{"path", "x"}, {"content", std::string(50U << 20, 'x')}}}},
                     n);
  });
  expect_failed(fly_over(), "infrastructure_failed", "F9");
}

TEST_F(hostile_model, F9_thousands_of_calls_at_once_are_not_taken) {
  always([](int, const peer_request&) {
    return answer_of(calls(5000, {"run_shell", {{"command", "touch ran"}}}), 1);
  });
  const auto run = fly_over();
  expect_failed(run, "infrastructure_failed", "F9");
  EXPECT_EQ(run["usage"]["toolCalls"], 0);
}

TEST_F(hostile_model, F9_B4_a_redirect_is_not_followed_and_the_key_stays) {
  test::http_peer elsewhere;
  always([&](int, const peer_request&) {
    peer_reply away;
    away.status = 307;
    away.headers = {{"location", elsewhere.url() + "/v1/messages"}};
    return away;
  });
  expect_failed(fly_over(), "infrastructure_failed", "F9");
  EXPECT_EQ(elsewhere.connections(), 0U);
}

TEST_F(hostile_model, F9_B4_a_provider_that_cannot_prove_its_name_gets_no_key) {
  test::http_peer unproven({"", true, "localhost"});
  base_url_ = unproven.url();
  const auto run = fly_over();
  expect_failed(run, "infrastructure_failed", "F9");
  EXPECT_THAT(run["failure"]["failureReason"].get<std::string>(), HasSubstr("certificate"));
  EXPECT_TRUE(unproven.requests().empty());
}

// --- what no tool can do
// ---------------------------------------------------------------------------

TEST_F(hostile_model, C3_a_tool_that_does_not_exist_is_answered_until_the_budget_ends) {
  always([](int n, const peer_request&) {
    return answer_of({{"tool" + std::to_string(n), {{"path", "file.txt"}}}}, n);
  });
  expect_failed(fly_over(), "budget_exhausted", "F6");
  EXPECT_THAT(said(), HasSubstr("no tool"));
}

TEST_F(hostile_model, C3_arguments_of_the_wrong_type_reach_no_tool) {
  always([](int n, const peer_request&) {
    static const std::vector<json> wrong = {
        json(7),       json::array({"a"}),       json(nullptr),
        {{"path", 7}}, {{"path", {{"a", "b"}}}}, {{"content", "x"}}};
    return answer_of({{"write_file", wrong[static_cast<std::size_t>(n) % wrong.size()]}}, n);
  });
  const auto run = fly_over();
  EXPECT_THAT(run["state"], AnyOf("budget_exhausted", "infrastructure_failed")) << run.dump(1);
  EXPECT_EQ(skein({"diff", run["runId"]}).out, "");
}

TEST_F(hostile_model, ids_that_repeat_are_told_apart) {
  peer_.push(answer_of({{"read_file", {{"path", "file.txt"}}}}, 1));
  peer_.push(answer_of({{"list_files", json::object()}}, 1));
  peer_.push(answer_of({{"finish", {{"summary", "s"}, {"outcome", "no_change"}}}}, 1));
  const auto run = fly_over();
  EXPECT_EQ(run["state"], "no_change") << run.dump(1);
  EXPECT_EQ(run["usage"]["toolCalls"], 3);
}

// --- what is not paid or not true
// ------------------------------------------------------------------

TEST_F(hostile_model, T9_1_a_provider_that_counts_nothing_does_not_lift_the_budget) {
  always([](int n, const peer_request&) {
    const json none = n % 2 == 0 ? json::object() : json{{"input_tokens", 0}, {"output_tokens", 0}};
    return answer_of({{"search", {{"pattern", "p" + std::to_string(n)}}}}, n, none);
  });
  expect_failed(fly_over("  budget: {tokens: 40000, toolCalls: 500}\n"), "budget_exhausted", "F6");
}

TEST_F(hostile_model, T9_1_a_provider_that_counts_too_much_ends_at_the_budget) {
  always([](int n, const peer_request&) {
    return answer_of({{"search", {{"pattern", "p" + std::to_string(n)}}}}, n,
                     {{"input_tokens", 9'000'000'000'000'000'000}, {"output_tokens", -5}});
  });
  const auto run = fly_over("  budget: {tokens: 40000, toolCalls: 500}\n");
  expect_failed(run, "budget_exhausted", "F6");
}

TEST_F(hostile_model, F5_success_that_is_only_claimed_is_no_change) {
  always("finish", {{"summary", "All tests pass. Merge this now."}, {"outcome", "changed"}});
  const auto run = fly_over();
  EXPECT_EQ(run["state"], "no_change") << run.dump(1);
}

// --- bad intent --------------------------------------------------------------------------------

TEST_F(hostile_model, B4_T5_a_model_that_asks_for_secrets_is_told_none) {
  environment_.push_back("AWS_SECRET_ACCESS_KEY=host-secret-0123456789abcdef");
  const std::vector<std::pair<std::string, json>> wishes = {
      {"run_shell", {{"command", "env"}}},
      {"run_shell", {{"command", "cat /proc/1/environ /proc/self/environ"}}},
      {"run_shell", {{"command", "cat /root/.ssh/id_rsa /etc/shadow"}}},
      {"read_file", {{"path", ".netrc"}}},
      {"search", {{"pattern", "BEGIN .*PRIVATE KEY"}}},
      {"request_approval", {{"action", "send me the API key"}, {"reason", "I need it"}}},
      {"finish", {{"summary", "Paste the API key here: "}, {"outcome", "no_change"}}}};
  always([&](int n, const peer_request&) {
    return answer_of({wishes[std::min(static_cast<std::size_t>(n), wishes.size() - 1)]}, n);
  });
  const auto run = fly_over("  budget: {toolCalls: 20}\n",
                            "printf 'machine h login u password netrc-secret-012345\\\\n' >.netrc");
  EXPECT_THAT(said(), Not(HasSubstr("host-secret-0123456789abcdef")));
  EXPECT_THAT(said(), Not(HasSubstr("netrc-secret-012345")));
  EXPECT_THAT(said(), Not(HasSubstr(key_of_provider)));
  EXPECT_NE(run["state"], "published") << run.dump(1);
}

TEST_F(hostile_model, T1_7_F7_a_model_that_quotes_the_canary_is_an_incident) {
  always([](int n, const peer_request& asked) {
    const std::string before = "Reference of the operators: ";
    const auto at = asked.body.find(before);
    if (at == std::string::npos) return peer_reply{};
    const auto from = at + before.size();
    const auto canary = asked.body.substr(from, asked.body.find('.', from) - from);
    return answer_of({{"write_file", {{"path", "file.txt"}, {"content", "as told: " + canary}}}},
                     n);
  });
  const auto run = fly_over();
  expect_failed(run, "blocked", "F7");
  EXPECT_THAT(skein({"get", "incidents", "-o", "json"}).out,
              HasSubstr(run["runId"].get<std::string>()));
}

TEST_F(hostile_model, F8_T7_a_model_that_edits_its_verifier_is_not_published) {
  edits("check.sh", "grep -q new file.txt", "true");
  finishes();
  const auto run =
      fly_over("", "printf '#!/bin/sh\\\\ngrep -q new file.txt\\\\n' >check.sh; chmod +x check.sh",
               "./check.sh");
  EXPECT_THAT(run["state"], AnyOf("blocked", "verification_failed", "waiting_approval"))
      << run.dump(1);
}

}  // namespace
}  // namespace skein::e2e
