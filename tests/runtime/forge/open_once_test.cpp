// Never two pull requests for one run: whatever is lost between us and the forge.
#include "runtime/forge/open_once.hpp"
#include "github_fixture.hpp"

namespace skein::forge {
namespace {

using json = nlohmann::json;

/// A forge that keeps what was made, as GitHub does, and loses what the test says.
class keeping_forge {
 public:
  enum class loss { none, before_it_works, after_it_worked, with_500, with_page, with_half };

  test::peer_reply answer_to(const test::peer_request& asked) {
    test::peer_reply out;
    out.headers = {{"Content-Type", "application/json"}};
    if (asked.method == "GET") {
      json list = json::array();
      for (const auto& pull : pulls) list.push_back(pull);
      out.body = list.dump();
      return out;
    }
    const loss now = next;
    if (now == loss::before_it_works) return cut();
    next = loss::none;
    const auto wanted = json::parse(asked.body);
    for (const auto& pull : pulls) {
      if (pull["head"]["ref"] == wanted["head"] && pull["state"] == "open") {
        out.status = 422;
        out.body = json{{"message", "Validation Failed"},
                        {"errors",
                         {{{"resource", "PullRequest"},
                           {"code", "custom"},
                           {"message", "A pull request already exists for acme:x."}}}}}
                       .dump();
        return out;
      }
    }
    pulls.push_back(
        pull_json(static_cast<std::int64_t>(pulls.size()) + 1, wanted["head"], wanted["body"]));
    out.status = 201;
    out.body = pulls.back().dump();
    if (now == loss::after_it_worked) return cut();
    if (now == loss::with_500) out.status = 500;
    if (now == loss::with_page) out.body = "<html>";
    if (now == loss::with_half) out.body.resize(out.body.size() / 2);
    return out;
  }

  std::vector<json> pulls;
  loss next = loss::none;

 private:
  static test::peer_reply cut() {
    test::peer_reply out;
    out.raw = "HTTP/1.1 201 Cre";
    out.end = test::peer_end::cut;
    return out;
  }
};

class open_once_test : public github_test {
 protected:
  open_once_test() {
    peer.on([this](const test::peer_request& asked) { return kept.answer_to(asked); });
  }
  answer<opened> open() { return open_once(*hub, pay, wanted, run_marker, quick); }
  keeping_forge kept;
};

TEST_F(open_once_test, makes_one_and_then_finds_it) {
  const auto first = open();
  ASSERT_TRUE(first.done()) << first.reason;
  EXPECT_EQ(first.value->how, opened_as::created);
  const auto second = open();
  ASSERT_TRUE(second.done());
  EXPECT_EQ(second.value->how, opened_as::found_open);
  EXPECT_EQ(second.value->pull.number, 1);
  EXPECT_EQ(sent("POST"), 1U);
}

TEST_F(open_once_test, F7_an_answer_that_is_lost_after_the_work_is_found_again) {
  using loss = keeping_forge::loss;
  for (const loss how : {loss::after_it_worked, loss::with_500, loss::with_page, loss::with_half}) {
    kept.pulls.clear();
    kept.next = how;
    const auto got = open();
    ASSERT_TRUE(got.done()) << got.reason;
    EXPECT_EQ(got.value->how, opened_as::found_open);
    EXPECT_EQ(kept.pulls.size(), 1U);
  }
}

TEST_F(open_once_test, F7_a_request_that_is_lost_before_the_work_stays_unknown) {
  kept.next = keeping_forge::loss::before_it_works;
  const auto got = open();
  EXPECT_EQ(got.end, outcome::unknown);
  const auto looked = reconcile(*hub, pay, wanted.head_branch, run_marker, quick);
  EXPECT_EQ(looked.end, outcome::refused);
  EXPECT_EQ(looked.status, 404);
  // After the settle time the caller tries again.
  kept.next = keeping_forge::loss::none;
  ASSERT_TRUE(open().done());
  EXPECT_EQ(kept.pulls.size(), 1U);
}

TEST_F(open_once_test, F7_a_crash_between_sending_and_recording_makes_no_second_one) {
  ASSERT_TRUE(open().done());
  // The process is gone with everything it knew: another forge object, another client.
  http::client other_client;
  rate_buckets other_rates;
  github_forge restarted(settings, other_client, other_rates);
  const auto found = reconcile(restarted, pay, wanted.head_branch, run_marker, quick);
  ASSERT_TRUE(found.done());
  EXPECT_EQ(found.value->pull.number, 1);
  const auto again = open_once(restarted, pay, wanted, run_marker, quick);
  ASSERT_TRUE(again.done());
  EXPECT_EQ(again.value->how, opened_as::found_open);
  EXPECT_EQ(kept.pulls.size(), 1U);
}

TEST_F(open_once_test, T10_2_what_a_person_closed_or_merged_stays_so) {
  kept.pulls.push_back(pull_json(3, wanted.head_branch, marked_body, "closed"));
  EXPECT_EQ(open().value->how, opened_as::found_closed);
  kept.pulls[0]["merged_at"] = "2026-01-02T03:04:05Z";
  EXPECT_EQ(open().value->how, opened_as::found_merged);
  EXPECT_EQ(sent("POST"), 0U);
}

TEST_F(open_once_test, a_pull_request_of_somebody_else_on_the_branch_is_not_taken_over) {
  kept.pulls.push_back(pull_json(3, wanted.head_branch, "mine"));
  const auto got = open();
  EXPECT_EQ(got.end, outcome::refused);
  EXPECT_EQ(got.status, 422);
  EXPECT_EQ(kept.pulls.size(), 1U);
}

TEST_F(open_once_test, a_forks_branch_with_a_forged_marker_is_not_ours) {
  auto forged = pull_json(3, wanted.head_branch, marked_body, "closed");
  forged["head"]["repo"]["full_name"] = "acme/fork";
  kept.pulls.push_back(forged);
  forged["head"]["repo"] = nullptr;
  kept.pulls.push_back(forged);
  EXPECT_EQ(open().value->how, opened_as::created);
}

TEST_F(open_once_test, does_nothing_when_it_cannot_look_first) {
  peer.on([](const test::peer_request&) {
    test::peer_reply out;
    out.status = 503;
    return out;
  });
  EXPECT_EQ(open().end, outcome::rate_limited);
  EXPECT_EQ(sent("POST"), 0U);
}

TEST_F(open_once_test, every_loss_in_every_order_leaves_at_most_one) {
  using loss = keeping_forge::loss;
  std::uint32_t seed = 3;
  for (int round = 0; round < 30; ++round) {
    kept.pulls.clear();
    bool done = false;
    for (int attempt = 0; attempt < 6; ++attempt) {
      seed = seed * 1664525U + 1013904223U;
      kept.next = static_cast<loss>((seed >> 20U) % 6);
      done = open().done() || done;
      now_ms += 600'000;
      ASSERT_LE(kept.pulls.size(), 1U);
    }
    kept.next = loss::none;
    EXPECT_TRUE(open().done());
    EXPECT_EQ(kept.pulls.size(), 1U);
    now_ms += 3'600'000;
  }
}

}  // namespace
}  // namespace skein::forge
