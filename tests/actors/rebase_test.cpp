// The base of an open pull request moves: the change is made anew there by a run of its own and
// replaces what is on the branch; never a second pull request, never over somebody's commits.
#include "tests/actors/open_pull_fixture.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using pr = store::pull_request_state;

class rebase_test : public open_pull_fixture {
 protected:
  void open(const std::string& pinned = {}) {
    auto task = task_for(schema::agent_kind::script);
    task.spec.repo.commit = pinned;
    open_pull_fixture::open(task);
  }
  /// Somebody else's commit on main.
  void move_base(const std::string& path, const std::string& text) {
    sh("cd w && git fetch -q ../served/acme/pay.git main && git checkout -q FETCH_HEAD && echo '" +
       text + "' >> " + path +
       " && git add . && git commit -qm theirs && git push -q "
       "../served/acme/pay.git HEAD:main");
  }
  [[nodiscard]] result<schema::run> rebase(std::uint32_t round) const {
    return reader_->run(rebase_id("0001aaaa", round));
  }
  [[nodiscard]] schema::task_spec spec_of(std::uint32_t round) const {
    return open_pull_fixture::spec_of(rebase(round).value());
  }
  std::shared_ptr<outcome> publish_rebase(std::uint32_t round, const std::string& text) {
    return publish_anew(rebase(round).value(), text);
  }
  void end(std::uint32_t round, schema::run_state how, const std::string& base_commit) {
    store::advance_run admit;
    admit.run_id = rebase_id("0001aaaa", round);
    admit.new_attempt = 1;
    must(admit);
    store::advance_run over;
    over.run_id = admit.run_id;
    over.attempt = 1;
    over.from = schema::run_state::prepare;
    over.to = how;
    over.base_commit = base_commit;
    schema::failure why;
    why.reason = "the tests fail on the new base";
    over.failed = why;
    must(over);
  }
  std::string main_tip() { return said("git -C served/acme/pay.git rev-parse main"); }
};

TEST_F(rebase_test, T10_a_base_that_moved_elsewhere_disturbs_nobody) {
  open();
  move_base("src/other.c", "x");
  look();
  EXPECT_FALSE(rebase(1));
  EXPECT_EQ(now().rebases, 0U);
}

TEST_F(rebase_test, T10_a_change_whose_file_moved_is_made_anew_and_the_branch_replaced) {
  open();
  const auto first = now();
  EXPECT_FALSE(first.base_commit.empty());
  move_base("src/a.c", "theirs");
  look();
  const auto queued = rebase(1);
  ASSERT_TRUE(queued) << queued.error().message;
  EXPECT_EQ(queued->state, schema::run_state::schedule);
  EXPECT_EQ(queued->tenant, "payments");
  const auto spec = spec_of(1);
  EXPECT_EQ(spec.repo.branch, "main");
  EXPECT_EQ(spec.repo.commit, "") << "the base as it is when it starts";
  ASSERT_TRUE(spec.follow_up);
  EXPECT_TRUE(spec.follow_up->rebase());
  EXPECT_EQ(spec.follow_up->from, first.base_commit);
  EXPECT_EQ(spec.follow_up->head, first.commit);
  EXPECT_THAT(kinds(), ::testing::Contains("pull_request_rebase"));
  look(6);
  EXPECT_FALSE(rebase(2)) << "one at a time";

  const auto out = publish_rebase(1, "2\ntheirs\n");
  ASSERT_TRUE(out->value->published) << out->value->reason << out->failed.message;
  EXPECT_EQ(out->value->published->url, first.url);
  EXPECT_NE(now().commit, first.commit);
  EXPECT_EQ(tip(), now().commit);
  EXPECT_EQ(now().base_commit, main_tip());
  EXPECT_EQ(said("git -C served/acme/pay.git rev-parse " + first.branch + "^"), main_tip());
  EXPECT_THAT(kinds(), ::testing::Contains("pull_request_rebased"));
  shown_at(now().commit);
  look(6);
  EXPECT_FALSE(rebase(2)) << "it fits now";
  EXPECT_THAT(hub_.pulls(), SizeIs(1));
  EXPECT_THAT(hub_.pulls()[0].comments, IsEmpty());
}

TEST_F(rebase_test, T10_commits_of_somebody_are_left_alone_and_that_is_said_once) {
  open();
  sh("git clone -q served/acme/pay.git theirs && cd theirs && git checkout -q " + now().branch +
     " && echo 9 > src/b.c && git add . && git commit -qm theirs && git push -q");
  const auto theirs = tip();
  shown_at(theirs);
  move_base("src/a.c", "theirs");
  look(8);
  EXPECT_FALSE(rebase(1));
  EXPECT_EQ(tip(), theirs);
  ASSERT_THAT(hub_.pulls()[0].comments, SizeIs(1));
  EXPECT_THAT(hub_.pulls()[0].comments[0], HasSubstr("not ours"));
  EXPECT_EQ(now().rebase_end, "taken_over");
  EXPECT_THAT(kinds(), ::testing::Contains("pull_request_rebase_left").Times(1));
}

TEST_F(rebase_test, T10_a_push_between_queue_and_publication_is_never_overwritten) {
  open();
  move_base("src/a.c", "theirs");
  look();
  ASSERT_TRUE(rebase(1));
  sh("git clone -q served/acme/pay.git theirs && cd theirs && git checkout -q " + now().branch +
     " && echo 9 > src/b.c && git add . && git commit -qm theirs && git push -q");
  const auto theirs = tip();
  const auto out = publish_rebase(1, "2\ntheirs\n");
  EXPECT_FALSE(out->value->published);
  EXPECT_EQ(tip(), theirs);
  EXPECT_EQ(now().state, pr::open);
}

TEST_F(rebase_test, T10_what_came_to_nothing_is_tried_again_only_when_the_base_moves) {
  open();
  move_base("src/a.c", "theirs");
  look();
  ASSERT_TRUE(rebase(1));
  end(1, schema::run_state::verification_failed, main_tip());
  look(8);
  EXPECT_FALSE(rebase(2));
  ASSERT_THAT(hub_.pulls()[0].comments, SizeIs(1));
  EXPECT_THAT(hub_.pulls()[0].comments[0], HasSubstr(rebase_id("0001aaaa", 1)));
  move_base("src/a.c", "more");
  look(3);
  EXPECT_TRUE(rebase(2));
}

TEST_F(rebase_test, T10_a_pull_request_is_made_anew_three_times_at_most) {
  open();
  for (std::uint32_t round = 1; round <= 3; ++round) {
    move_base("src/a.c", "theirs " + std::to_string(round));
    look();
    ASSERT_TRUE(rebase(round)) << round;
    ASSERT_TRUE(publish_rebase(round, std::to_string(round + 5) + "\n")->value->published);
    shown_at(now().commit);
  }
  move_base("src/a.c", "again");
  look(8);
  EXPECT_FALSE(rebase(4));
  EXPECT_EQ(now().rebases, 3U);
  ASSERT_THAT(hub_.pulls()[0].comments, SizeIs(1));
  EXPECT_THAT(hub_.pulls()[0].comments[0], HasSubstr("3 times"));
}

TEST_F(rebase_test, T10_the_forge_has_the_word_where_it_has_one) {
  open();
  hub_.change(7, [](auto& pull) { pull.mergeable = true; });
  move_base("src/a.c", "theirs");
  look();
  EXPECT_FALSE(rebase(1)) << "it can be merged as it is";
  hub_.change(7, [](auto& pull) { pull.mergeable_state = "behind"; });
  look(4);
  EXPECT_TRUE(rebase(1)) << "it must have what its base has";
}

TEST_F(rebase_test, T10_a_conflict_that_the_forge_sees_needs_no_second_opinion) {
  open();
  hub_.change(7, [](auto& pull) { pull.mergeable = false; });
  look();
  EXPECT_FALSE(rebase(1)) << "the base is where it was";
  move_base("src/other.c", "x");
  look(4);
  EXPECT_TRUE(rebase(1));
}

TEST_F(rebase_test, a_task_that_names_its_commit_stays_there) {
  open(base_.commit);
  move_base("src/a.c", "theirs");
  look();
  EXPECT_FALSE(rebase(1));
}

TEST_F(rebase_test, a_kill_switch_queues_nothing) {
  open();
  store::set_switch kill;
  kill.value.kind = store::switch_kind::kill;
  kill.value.scope = store::switch_scope::tenant;
  kill.value.target = "payments";
  kill.value.by = "root";
  must(kill);
  move_base("src/a.c", "theirs");
  look();
  EXPECT_FALSE(rebase(1));
}

TEST_F(rebase_test, a_crash_does_not_queue_or_push_twice) {
  open();
  move_base("src/a.c", "theirs");
  look();
  ASSERT_TRUE(rebase(1));
  crash();
  boot();
  look();
  EXPECT_EQ(now().rebases, 1U);
  EXPECT_FALSE(rebase(2));
  const auto first = publish_rebase(1, "2\ntheirs\n");
  ASSERT_TRUE(first->value->published);
  const auto commit = now().commit;
  crash();
  boot();
  const auto again = publish_to_the_end(rebase(1).value());
  ASSERT_TRUE(again->value->published);
  EXPECT_EQ(again->value->published->commit, commit);
  EXPECT_EQ(tip(), commit);
  EXPECT_TRUE(reader_->verify_chain());
}

TEST_F(rebase_test, checks_that_fail_wait_for_the_run_that_replaces_their_commit) {
  open();
  move_base("src/a.c", "theirs");
  look();
  ASSERT_TRUE(rebase(1));
  hub_.checks({{{"name", "unit"},
                {"status", "completed"},
                {"conclusion", "failure"},
                {"html_url", "u"},
                {"output", {{"title", "3 failed"}, {"summary", ""}}}}});
  look(6);
  EXPECT_EQ(now().feedback_rounds, 0U);
  EXPECT_THAT(hub_.pulls()[0].comments, IsEmpty());
}

TEST(Rebase, TheTaskIsTheSameOnItsBaseBranch) {
  schema::task task;
  task.spec.repo.commit = "c";
  task.spec.budget.tokens = 1000;
  store::pull_request_row row;
  row.run_id = "r";
  row.branch = "skein/x";
  row.base_branch = "main";
  row.base_commit = "b";
  row.commit = "h";
  const auto next = rebase_task(task, row, 2);
  EXPECT_EQ(next.spec.repo.branch, "main");
  EXPECT_EQ(next.spec.repo.commit, "");
  EXPECT_EQ(next.spec.budget.tokens, 1000U);
  EXPECT_EQ(next.spec.follow_up->branch, "skein/x");
  EXPECT_EQ(schema::task_from_json(nlohmann::json::parse(schema::freeze(next).json)), next);
  EXPECT_NE(rebase_id("r", 1), rebase_id("r", 2));
  EXPECT_NE(rebase_id("r", 1), follow_up_id("r", 1));
}

}  // namespace
}  // namespace skein::actors::test
