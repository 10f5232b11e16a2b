// The text of a pull request whose change was made anew says what is true of the new change, and
// keeps what people wrote; whatever becomes of the requests, there is one pull request.
#include "tests/actors/open_pull_fixture.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using spoil = skein::test::fake_github::spoiled;

class rebase_text_test : public open_pull_fixture {
 protected:
  /// Open, and its base has moved: a run has the change on the new base and comes to publishing.
  schema::run outgrown() {
    open(task_for(schema::agent_kind::script));
    sh("cd w && echo theirs >> src/a.c && git add . && git commit -qm theirs && git push -q "
       "../served/acme/pay.git HEAD:main");
    look();
    insertions_ = 41;
    return make_anew(reader_->run(rebase_id("0001aaaa", 1)).value(), "2\ntheirs\n");
  }
  [[nodiscard]] std::string body() const { return hub_.pulls()[0].body; }
  void write_body(const std::string& text) {
    hub_.change(7, [&](auto& pull) { pull.body = text; });
  }
  [[nodiscard]] bool is_new() const {
    return body().find("41 insertions") != std::string::npos &&
           body().find(base_.commit.substr(0, 12)) != std::string::npos;
  }
  [[nodiscard]] std::size_t patches() const {
    const auto all = hub_.writes();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [](const auto& each) { return each.starts_with("PATCH"); }));
  }
  [[nodiscard]] store::outbox_state sent(const std::string& run) const {
    return reader_->intent(run).value()->state;
  }
  /// What the forge does to requests that begin like this, so many times.
  void spoil_requests(const std::string& method, spoil::how what, int times, int status = 0) {
    auto left = std::make_shared<int>(times);
    hub_.spoil = [=](std::size_t, const skein::test::peer_request& asked) {
      spoil out;
      if (asked.method != method || asked.target.find("/pulls/7") == std::string::npos ||
          *left == 0) {
        return out;
      }
      --*left;
      out.what = what;
      out.reply.status = status;
      out.reply.headers = {{"Content-Type", "application/json"}};
      out.reply.body = "{\"message\": \"no\"}";
      return out;
    };
  }
};

TEST_F(rebase_text_test, T10_it_says_what_is_true_of_the_new_change) {
  const auto run = outgrown();
  const auto before = body();
  ASSERT_THAT(before, HasSubstr("1 insertions"));
  const auto out = publish_to_the_end(run);
  ASSERT_TRUE(out->value && out->value->published) << out->failed.message;
  EXPECT_TRUE(is_new()) << body();
  EXPECT_EQ(forge::read_marker(body()).run, "0001aaaa") << "it is found by its first run";
  EXPECT_EQ(forge::read_marker(body()).fingerprint, "f1");
  EXPECT_EQ(out->value->published->body, body());
  EXPECT_EQ(hub_.pulls()[0].title, "replace-api");
  EXPECT_EQ(sent(run.id), store::outbox_state::done);
  EXPECT_THAT(kinds(), Contains("pull_request_described").Times(1));
  EXPECT_THAT(hub_.pulls(), SizeIs(1));
}

TEST_F(rebase_text_test, T10_what_people_wrote_around_it_stays) {
  const auto run = outgrown();
  hub_.change(7, [](auto& pull) { pull.title = "Theirs"; });
  // As an editor in a browser leaves it.
  std::string theirs;
  for (const char c : "Look here first.\n\n" + body() + "\nReviewed by two of us.") {
    theirs += c == '\n' ? "\r\n" : std::string(1, c);
  }
  write_body(theirs);
  ASSERT_TRUE(publish_to_the_end(run)->value->published);
  EXPECT_TRUE(is_new());
  EXPECT_THAT(body(), StartsWith("Look here first."));
  EXPECT_THAT(body(), HasSubstr("Reviewed by two of us."));
  EXPECT_THAT(body(), Not(HasSubstr(" 1 insertions")));
  EXPECT_EQ(hub_.pulls()[0].title, "Theirs");
}

TEST_F(rebase_text_test, one_that_lost_its_marker_is_people_s_and_left_alone) {
  const auto run = outgrown();
  write_body("All mine.");
  ASSERT_TRUE(publish_to_the_end(run)->value->published);
  EXPECT_EQ(body(), "All mine.");
  EXPECT_EQ(patches(), 0U);
  EXPECT_THAT(kinds(), Contains("pull_request_text_left"));
}

TEST_F(rebase_text_test, T10_a_reply_that_is_lost_is_settled_by_reading) {
  const auto run = outgrown();
  spoil_requests("PATCH", spoil::how::lose_reply, 1);
  ASSERT_TRUE(publish_to_the_end(run)->value->published);
  EXPECT_TRUE(is_new());
  EXPECT_EQ(patches(), 1U) << "it was there";
  EXPECT_EQ(sent(run.id), store::outbox_state::done);
  EXPECT_THAT(hub_.pulls(), SizeIs(1));
}

TEST_F(rebase_text_test, an_error_of_the_forge_is_tried_again) {
  const auto run = outgrown();
  spoil_requests("PATCH", spoil::how::refuse_before, 2, 502);
  ASSERT_TRUE(publish_to_the_end(run)->value->published);
  EXPECT_TRUE(is_new());
  EXPECT_EQ(patches(), 1U);
}

TEST_F(rebase_text_test, T10_a_crash_between_the_push_and_the_text_loses_neither) {
  const auto run = outgrown();
  spoil_requests("PATCH", spoil::how::refuse_before, 100, 502);
  const auto lost = publish(run);
  ASSERT_FALSE(lost->ended);
  EXPECT_EQ(sent(run.id), store::outbox_state::unknown);
  const auto pushed = tip();
  EXPECT_EQ(pushed, now().commit);
  crash();
  hub_.spoil = nullptr;
  boot();
  // Meanwhile somebody goes on with the branch: what was pushed is pushed all the same.
  sh("git clone -q served/acme/pay.git theirs && cd theirs && git checkout -q " + now().branch +
     " && echo 9 > src/b.c && git add . && git commit -qm theirs && git push -q");
  const auto out = publish_to_the_end(reader_->run(run.id).value());
  ASSERT_TRUE(out->value && out->value->published) << out->failed.message;
  EXPECT_EQ(out->value->published->commit, pushed);
  EXPECT_TRUE(is_new());
  EXPECT_EQ(sent(run.id), store::outbox_state::done);
  EXPECT_THAT(hub_.pulls(), SizeIs(1));
  EXPECT_TRUE(reader_->verify_chain());
}

TEST_F(rebase_text_test, a_forge_that_refuses_does_not_undo_the_publication) {
  const auto run = outgrown();
  spoil_requests("PATCH", spoil::how::refuse_before, 100, 403);
  ASSERT_TRUE(publish_to_the_end(run)->value->published);
  EXPECT_FALSE(is_new());
  EXPECT_EQ(sent(run.id), store::outbox_state::done);
  EXPECT_THAT(kinds(), Contains("pull_request_text_left"));
}

TEST_F(rebase_text_test, nothing_is_written_after_a_stop) {
  const auto run = outgrown();
  spoil_requests("PATCH", spoil::how::refuse_before, 1, 502);
  const auto out = publish(run);
  ASSERT_FALSE(out->ended);
  stop_.request_stop();
  settle();
  ASSERT_TRUE(out->ended) << "a stop wakes what waits";
  EXPECT_FALSE(is_new());
  EXPECT_EQ(patches(), 0U);
  ASSERT_TRUE(out->value && out->value->published) << "its commit is on the branch";
}

TEST_F(rebase_text_test, one_that_was_closed_meanwhile_keeps_its_text) {
  const auto run = outgrown();
  hub_.change(7, [](auto& pull) { pull.state = "closed"; });
  ASSERT_TRUE(publish_to_the_end(run)->value->published);
  EXPECT_EQ(patches(), 0U);
}

}  // namespace
}  // namespace skein::actors::test
