// From a verified change to a pull request: once, whatever is lost on the way.
#include "tests/actors/publisher_fixture.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {
namespace {

using skein::test::fake_github;
using skein::test::peer_reply;
using skein::test::peer_request;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using how = fake_github::spoiled::how;

TEST_F(publisher_fixture, T10_opens_labels_asks_owners_of_the_base_and_records) {
  const auto run = add_run("0001aaaa", "f1");
  const auto out = publish_to_the_end(run);
  ASSERT_TRUE(out->value && out->value->published) << out->failed.message;
  ASSERT_EQ(hub_.pulls().size(), 1U);
  const auto pull = hub_.pulls()[0];
  EXPECT_EQ(out->value->published->url, "https://forge.example/acme/pay/pull/7");
  EXPECT_EQ(pull.base, "main");
  EXPECT_THAT(pull.body, HasSubstr("Quality:"));
  EXPECT_THAT(pull.labels, ElementsAre("skein"));
  EXPECT_THAT(pull.reviewers, ElementsAre("alice"));
  EXPECT_THAT(pull.teams, ElementsAre("core"));
  EXPECT_EQ(said("git -C " + remote() + " rev-parse " + pull.head), record("0001aaaa").commit);
  const auto row = record("0001aaaa");
  EXPECT_EQ(row.state, store::pull_request_state::open);
  EXPECT_EQ(row.number, 7);
  EXPECT_THAT(row.paths, ElementsAre("src/a.c"));
  EXPECT_EQ(reader_->intent("0001aaaa").value()->state, store::outbox_state::done);
  EXPECT_TRUE(reader_->verify_chain());
}

TEST_F(publisher_fixture, a_repository_of_no_forge_gets_a_branch_and_nothing_else) {
  world_->forges.all.clear();
  const auto out = publish_to_the_end(add_run("0001aaaa", "f1"));
  ASSERT_TRUE(out->value && out->value->published) << out->failed.message;
  EXPECT_EQ(hub_.seen(), 0U);
  EXPECT_THAT(out->value->published->url, HasSubstr("#skein/replace-api-0001aaaa"));
}

TEST_F(publisher_fixture, never_two_after_any_lost_or_broken_reply) {
  for (const auto what : {how::lose_reply, how::server_error_after}) {
    for (std::size_t n = 0; n < 8; ++n) {
      const auto id = "00" + std::to_string(static_cast<int>(what)) + std::to_string(n) + "aaaa";
      const auto before = hub_.pulls().size();
      const auto first = hub_.seen();
      hub_.spoil = [n, first, what](std::size_t at, const peer_request&) {
        return at == first + n ? fake_github::spoiled{what, {}} : fake_github::spoiled{};
      };
      rules_ = {1000, 1000, 1000};
      crash();
      boot();
      const auto out = publish_to_the_end(add_run(id, "f" + id, changed("f" + id, "x")));
      ASSERT_TRUE(out->value && out->value->published)
          << n << out->failed.message << (out->value ? out->value->reason : "");
      EXPECT_EQ(hub_.pulls().size(), before + 1) << "request " << n;
      EXPECT_EQ(record(id).state, store::pull_request_state::open);
    }
  }
}

TEST_F(publisher_fixture, never_two_across_a_crash_at_every_request) {
  rules_ = {1000, 1000, 1000};
  crash();
  boot();
  for (std::size_t n = 0; n < 6; ++n) {
    const auto id = "000" + std::to_string(n) + "bbbb";
    const auto before = hub_.pulls().size();
    const auto run = add_run(id, "f" + id, changed("f" + id, "x"));
    const auto first = hub_.seen();
    // The request is carried out, its reply is lost, and the process with it.
    hub_.spoil = [n, first](std::size_t at, const peer_request&) {
      return at == first + n ? fake_github::spoiled{how::lose_reply, {}} : fake_github::spoiled{};
    };
    const auto cut = publish(run);
    for (int i = 0; i < 20 && !cut->ended && hub_.seen() <= first + n; ++i) {
      pass(std::chrono::seconds{1});
    }
    crash();
    boot();
    const auto out = publish_to_the_end(reader_->run(id).value());
    ASSERT_TRUE(out->value && out->value->published)
        << n << out->failed.message << (out->value ? out->value->reason : "");
    EXPECT_EQ(hub_.pulls().size(), before + 1) << "request " << n;
    EXPECT_EQ(out->value->published->url, record(id).url);
  }
}

TEST_F(publisher_fixture, never_two_across_a_crash_after_every_commit) {
  rules_ = {1000, 1000, 1000};
  crash();
  boot();
  for (int steps = 1; steps < 60; steps += 3) {
    const auto id = (steps < 10 ? "000" : "00") + std::to_string(steps) + "cccc";
    const auto before = hub_.pulls().size();
    const auto run = add_run(id, "f" + id, changed("f" + id, "x"));
    auto out = std::make_shared<outcome>();
    askers_.push_back(
        system_->spawn([whom = publisher_, what = order(run)](caf::event_based_actor* self) {
          self->request(caf::actor_cast<publisher_actor>(whom), caf::infinite, what)
              .then([](const publish_outcome&) {}, [](const caf::error&) {});
        }));
    // So many messages are delivered, then everything is gone.
    for (int i = 0; i < steps; ++i) {
      if (!scheduler_->has_job()) pool_->work();
      if (scheduler_->has_job()) scheduler_->run_once();
    }
    crash();
    boot();
    out = publish_to_the_end(reader_->run(id).value());
    ASSERT_TRUE(out->value && out->value->published)
        << steps << out->failed.message << (out->value ? out->value->reason : "");
    EXPECT_EQ(hub_.pulls().size(), before + 1) << "after " << steps << " messages";
  }
  EXPECT_TRUE(reader_->verify_chain());
}

TEST_F(publisher_fixture, killed_at_every_request_nothing_is_written_afterwards) {
  rules_ = {1000, 1000, 1000};
  crash();
  boot();
  for (std::size_t n = 0; n < 6; ++n) {
    const auto id = "000" + std::to_string(n) + "dddd";
    const auto run = add_run(id, "f" + id, changed("f" + id, "x"));
    stop_ = std::stop_source{};
    const auto first = hub_.seen();
    hub_.spoil = [this, n, first](std::size_t at, const peer_request&) {
      if (at == first + n) stop_.request_stop();
      return fake_github::spoiled{};
    };
    const auto out = publish(run);
    for (int i = 0; i < 30 && !out->ended; ++i) pass(std::chrono::seconds{5});
    ASSERT_TRUE(out->ended) << n;
    // The acknowledgement is out: whatever comes later changes nothing there.
    const auto writes = hub_.writes();
    pass(std::chrono::minutes{10});
    EXPECT_EQ(hub_.writes(), writes) << "request " << n;
    // What was said is what is so.
    const bool there = !hub_.pulls().empty() && hub_.pulls().back().head.ends_with(id);
    EXPECT_EQ(out->value && out->value->published, there) << "request " << n;
  }
}

TEST_F(publisher_fixture, stopped_before_it_begins_nothing_leaves) {
  const auto run = add_run("0001aaaa", "f1");
  stop_.request_stop();
  const auto out = publish(run);
  ASSERT_TRUE(out->ended);
  EXPECT_EQ(out->failed.code, errc::cancelled);
  EXPECT_EQ(hub_.seen(), 0U);
  EXPECT_EQ(said("git -C " + remote() + " branch --list 'skein/*' | wc -l"), "0");
}

TEST_F(publisher_fixture, a_rate_limit_is_waited_for_without_a_thread) {
  const auto first = hub_.seen();
  hub_.spoil = [first](std::size_t at, const peer_request&) {
    fake_github::spoiled out;
    if (at != first + 1) return out;
    out.what = how::refuse_before;
    out.reply.status = 429;
    out.reply.headers = {{"Retry-After", "600"}, {"Content-Type", "application/json"}};
    out.reply.body = "{\"message\":\"slow down\"}";
    return out;
  };
  const auto out = publish(add_run("0001aaaa", "f1"));
  EXPECT_FALSE(out->ended);
  pass(std::chrono::seconds{590});
  EXPECT_EQ(hub_.pulls().size(), 0U);
  for (int i = 0; i < 10 && !out->ended; ++i) pass(std::chrono::seconds{5});
  EXPECT_TRUE(out->value && out->value->published);
  EXPECT_EQ(hub_.pulls().size(), 1U);
}

TEST_F(publisher_fixture, a_stop_wakes_what_waits_for_a_rate_limit) {
  hub_.spoil = [](std::size_t, const peer_request&) {
    fake_github::spoiled out;
    out.what = how::refuse_before;
    out.reply.status = 429;
    out.reply.headers = {{"Retry-After", "3600"}, {"Content-Type", "application/json"}};
    out.reply.body = "{}";
    return out;
  };
  const auto out = publish(add_run("0001aaaa", "f1"));
  EXPECT_FALSE(out->ended);
  stop_.request_stop();
  settle();
  EXPECT_TRUE(out->ended);
  EXPECT_EQ(out->failed.code, errc::cancelled);
}

TEST_F(publisher_fixture, T10_2_the_same_work_is_not_opened_twice_nor_after_a_person_said_no) {
  ASSERT_TRUE(publish_to_the_end(add_run("0001aaaa", "same"))->value->published);
  const auto again = publish_to_the_end(add_run("0002aaaa", "same"));
  ASSERT_TRUE(again->value);
  EXPECT_TRUE(again->value->duplicate);
  store::set_pull_request closed;
  closed.run_id = "0001aaaa";
  closed.state = store::pull_request_state::closed_by_person;
  must(closed);
  const auto third = publish_to_the_end(add_run("0003aaaa", "same"));
  ASSERT_TRUE(third->value);
  EXPECT_TRUE(third->value->duplicate);
  EXPECT_THAT(third->value->reason, HasSubstr("closed by a person"));
  EXPECT_EQ(hub_.pulls().size(), 1U);
  EXPECT_EQ(said("git -C " + remote() + " branch --list 'skein/*' | wc -l"), "1");
}

TEST_F(publisher_fixture, T10_9_of_two_that_change_one_file_the_second_waits_for_a_person) {
  const auto one = add_run("0001aaaa", "f1");
  const auto two = add_run("0002aaaa", "f2", changed("src/a.c", "3\n"));
  // At once: neither knows of the other when it asks.
  const auto first = publish(one);
  const auto second = publish(two);
  for (int i = 0; i < 20 && !(first->ended && second->ended); ++i) pass(std::chrono::seconds{5});
  ASSERT_TRUE(first->value && second->value);
  EXPECT_TRUE(first->value->published);
  EXPECT_FALSE(second->value->published);
  EXPECT_THAT(second->value->reason, HasSubstr("0001aaaa"));
}

TEST_F(publisher_fixture, T10_3_the_rate_of_a_repository_holds_and_the_next_hour_goes_on) {
  rules_.most_per_hour = 1;
  crash();
  boot();
  ASSERT_TRUE(publish_to_the_end(add_run("0001aaaa", "f1"))->value->published);
  const auto out = publish(add_run("0002aaaa", "f2", changed("b", "x")));
  pass(std::chrono::minutes{50});
  EXPECT_FALSE(out->ended);
  EXPECT_EQ(hub_.pulls().size(), 1U);
  pass(std::chrono::minutes{11});
  for (int i = 0; i < 10 && !out->ended; ++i) pass(std::chrono::seconds{5});
  EXPECT_TRUE(out->value && out->value->published);
}

TEST_F(publisher_fixture, T10_5_high_risk_is_a_draft_also_after_a_crash) {
  auto run = add_run("0001aaaa", "f1");
  run.risk = schema::risk_level::high;
  ASSERT_TRUE(publish_to_the_end(run)->value->published->draft);
  EXPECT_TRUE(hub_.pulls()[0].draft);
  crash();
  boot();
  EXPECT_TRUE(publish_to_the_end(run)->value->published->draft);
}

TEST_F(publisher_fixture, a_base_that_moved_is_verified_again_but_not_for_ever) {
  const auto run = add_run("0001aaaa", "f1");
  sh("cd w && echo 9 > other && git add . && git commit -qm more && git push -q "
     "../served/acme/pay.git main");
  const auto out = publish_to_the_end(run);
  ASSERT_TRUE(out->value);
  EXPECT_TRUE(out->value->base_moved);
  EXPECT_EQ(hub_.seen(), 0U);
  EXPECT_FALSE(reader_->intent("0001aaaa").value());
}

TEST_F(publisher_fixture, a_forge_that_says_no_ends_the_run_and_says_why) {
  hub_.spoil = [](std::size_t, const peer_request& asked) {
    fake_github::spoiled out;
    if (asked.method != "POST") return out;
    out.what = how::refuse_before;
    out.reply.status = 403;
    out.reply.headers = {{"Content-Type", "application/json"}};
    out.reply.body = "{\"message\":\"Repository was archived so is read-only.\"}";
    return out;
  };
  const auto out = publish_to_the_end(add_run("0001aaaa", "f1"));
  ASSERT_TRUE(out->value);
  EXPECT_FALSE(out->value->published);
  EXPECT_FALSE(out->value->unknown);
  EXPECT_THAT(out->value->reason, HasSubstr("archived"));
  EXPECT_EQ(record("0001aaaa").state, store::pull_request_state::not_opened);
}

}  // namespace
}  // namespace skein::actors::test
