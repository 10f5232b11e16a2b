// What of the state an operator of one tenant sees and changes, through the remote reader itself.
#include "cli/remote/remote_fleet.hpp"
#include "cli/remote/remote_reader.hpp"
#include "cli/remote/state_desk.hpp"
#include "runtime/artifact/artifact_store.hpp"
#include "runtime/store/writer.hpp"
#include "schema/identity.hpp"
#include "tests/cli_control/fake_fleet.hpp"
#include "tests/cli_control/temp_dir.hpp"

#include <gmock/gmock.h>

namespace skein::cli::remote {
namespace {

using console::identity;
using console::role;
using schema::run_state;

/// The desk without a network in between.
class direct_link final : public console::link {
 public:
  direct_link(console::desk& at, identity who) : desk_(at) { welcome_.who = std::move(who); }
  [[nodiscard]] const console::greeting& welcome() const override { return welcome_; }
  result<console::page> order(const std::string& verb, const std::string& args,
                              std::chrono::milliseconds) override {
    return desk_.carry_out(welcome_.who, verb, args);
  }
  result<console::page> question(const std::string& method, const std::string& args,
                                 const std::string& cursor, std::chrono::milliseconds) override {
    return desk_.ask(welcome_.who, method, args, cursor);
  }
  result<console::page> fetch(const std::string& run, const std::string& ref, std::uint64_t offset,
                              std::uint32_t length, std::chrono::milliseconds) override {
    return desk_.fetch(welcome_.who, run, ref, offset, length);
  }

 private:
  console::desk& desk_;
  console::greeting welcome_;
};

class remote_desk_test : public ::testing::Test {
 protected:
  remote_desk_test() {
    const artifact::artifact_store artifacts(layout_.artifacts());
    patch_a_ = *artifacts.put("change of a");
    patch_b_ = *artifacts.put(std::string(3'000'000, 'b'));
    apply({queued("aaaa1", "a", "/repo/a"), queued("aaaa2", "a", "/repo/a2"),
           queued("bbbb1", "b", "/repo/b"), with_patch("aaaa1", patch_a_),
           with_patch("bbbb1", patch_b_)});
    tenant_limits limits;
    limits["a"].usd = 7.5;
    limits["a"].pull_requests_per_day = 3;
    limits["b"].tokens = 1000;
    desk_ = std::make_unique<state_desk>(fleet_, layout_, limits);
  }

  static store::add_run queued(const std::string& id, const std::string& tenant,
                               const std::string& repo) {
    store::add_run out;
    out.value.id = id;
    out.value.tenant = tenant;
    out.value.task_name = "t";
    out.value.fingerprint = id;
    out.value.repo.url = repo;
    out.value.state = run_state::schedule;
    out.value.submitter = "somebody";
    return out;
  }
  static store::advance_run with_patch(const std::string& id, const std::string& ref) {
    store::advance_run out;
    out.run_id = id;
    out.new_attempt = 1;
    out.patch_ref = ref;
    return out;
  }
  void apply(const std::vector<store::operation>& operations) {
    auto lock = store::state_lock::acquire(layout_, "test");
    ASSERT_TRUE(lock);
    auto writer = store::writer::open(layout_, [] { return std::int64_t{1'714'571'109'000}; });
    ASSERT_TRUE(writer);
    for (const auto& answer : (*writer)->commit(operations)) {
      ASSERT_TRUE(answer) << answer.error().message;
    }
  }
  std::shared_ptr<console::link> as(const std::string& tenant, role what = role::operating) {
    return std::make_shared<direct_link>(*desk_, identity{"ann", what, tenant});
  }

  test::temp_dir directory_;
  store::state_layout layout_{directory_.path()};
  test::fake_fleet fleet_;
  std::string patch_a_, patch_b_;
  std::unique_ptr<state_desk> desk_;
};

TEST_F(remote_desk_test, S5LimitsAreThoseOfTheTenantsThatOneSees) {
  const auto all = ask_limits(*as({}, role::viewer));
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->size(), 2U);
  EXPECT_EQ(all->at("a").usd, 7.5);
  EXPECT_EQ(all->at("a").pull_requests_per_day, 3U);
  const auto own = ask_limits(*as("b", role::viewer));
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(own->size(), 1U);
  EXPECT_EQ(own->at("b").tokens, 1000U);
  EXPECT_TRUE(open_remote_reader(as({}))->opened_since("a", 0)->empty());
  EXPECT_TRUE(open_remote_reader(as("b"))->opened_since("a", 0)->empty());
}

TEST_F(remote_desk_test, S5ARollbackIsOrderedInTheNameOfWhoAsks) {
  const auto done = open_remote_fleet(as({}))->roll_back({"old-api", "somebody else", true});
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_EQ(done->steps.size(), 1U);
  EXPECT_EQ(done->steps[0].act, actors::rollback_act::closed);
  ASSERT_TRUE(fleet_.rolled_back);
  EXPECT_EQ(fleet_.rolled_back->by, "ann");
  EXPECT_TRUE(fleet_.rolled_back->dry_run);
  fleet_.rolled_back.reset();
  const auto foreign = open_remote_fleet(as("b"))->roll_back({"old-api", "ann", false});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, errc::not_found) << "a campaign of no tenant of theirs";
  EXPECT_FALSE(fleet_.rolled_back);
}

TEST_F(remote_desk_test, S5TheRemoteReaderSaysWhatTheLocalOneSays) {
  const auto local = store::reader::open(layout_);
  ASSERT_TRUE(local);
  const auto remote = open_remote_reader(as({}));
  EXPECT_EQ(*remote->runs({}), *(*local)->runs({}));
  store::run_filter two;
  two.limit = 2;
  EXPECT_EQ(*remote->runs(two), *(*local)->runs(two));
  two.after_seq = remote->runs(two)->back().seq;
  EXPECT_EQ(*remote->runs(two), *(*local)->runs(two));
  EXPECT_EQ(*remote->count_runs({}), 3U);
  EXPECT_EQ(*remote->interrupted(), *(*local)->interrupted());
  EXPECT_EQ(*remote->run("bbbb1"), *(*local)->run("bbbb1"));
  EXPECT_EQ(*remote->resolve_run("bb"), "bbbb1");
  EXPECT_EQ(remote->resolve_run("aaaa").error(), (*local)->resolve_run("aaaa").error());
  EXPECT_EQ(remote->run("zzz").error(), (*local)->run("zzz").error());
  EXPECT_EQ(remote->campaign("zzz").error(), (*local)->campaign("zzz").error());
  EXPECT_EQ(remote->pull_request_figures("zzz").error().code, errc::not_found);
  EXPECT_EQ(*remote->verify_chain(), *(*local)->verify_chain());
  EXPECT_EQ(*remote->queue_position("aaaa2"), *(*local)->queue_position("aaaa2"));
  EXPECT_EQ(remote->tenants()->size(), (*local)->tenants()->size());
  const auto ours = remote->events({}, 0, 0);
  const auto theirs = (*local)->events({}, 0, 0);
  ASSERT_TRUE(ours && theirs);
  ASSERT_EQ(ours->size(), theirs->size());
  for (std::size_t i = 0; i < ours->size(); ++i) {
    EXPECT_EQ((*ours)[i].hash, (*theirs)[i].hash);
    EXPECT_EQ((*ours)[i].payload, (*theirs)[i].payload);
  }
  EXPECT_TRUE(remote->switches()->empty());
  EXPECT_TRUE(remote->approvals({})->empty());
  EXPECT_TRUE(remote->incidents({}, {}, 0)->empty());
  EXPECT_TRUE(remote->campaigns()->empty());
  EXPECT_TRUE(remote->open_intents()->empty());
  EXPECT_FALSE(*remote->intent("aaaa1"));
}

TEST_F(remote_desk_test, S5PagesJoinToTheWholeList) {
  std::vector<store::operation> many;
  for (int i = 0; i < 1300; ++i) {
    many.push_back(queued("c" + std::to_string(10'000 + i), "c", "/repo/c" + std::to_string(i)));
  }
  apply(many);
  store::run_filter all;
  all.limit = 0;
  const auto local = store::reader::open(layout_);
  EXPECT_EQ(*open_remote_reader(as({}))->runs(all), *(*local)->runs(all));
  EXPECT_EQ(open_remote_reader(as("c"))->events({}, 0, 0)->size(), 1300U);
  all.limit = 777;
  EXPECT_EQ(open_remote_reader(as("c"))->runs(all)->size(), 777U);
}

TEST_F(remote_desk_test, S5AnotherTenantsIdsDoNotExist) {
  const auto theirs = open_remote_reader(as("b"));
  EXPECT_EQ(theirs->runs({})->size(), 1U);
  store::run_filter forced;
  forced.tenant = "a";
  EXPECT_TRUE(theirs->runs(forced)->empty());
  EXPECT_EQ(*theirs->count_runs(forced), 0U);
  const auto absent = theirs->run("zzz").error();
  auto hidden = theirs->run("aaaa1").error();
  EXPECT_EQ(hidden.code, absent.code);
  EXPECT_EQ(hidden.message, "no run aaaa1");
  EXPECT_EQ(theirs->resolve_run("aaaa1").error().code, errc::not_found);
  EXPECT_EQ(theirs->resolve_run("aaaa").error().message.find("aaaa2"), std::string::npos);
  EXPECT_EQ(theirs->events("aaaa1", 0, 0).error().code, errc::not_found);
  for (const auto& event : *theirs->events({}, 0, 0)) EXPECT_EQ(event.tenant, "b");
  EXPECT_EQ(theirs->interrupted()->size(), 1U);
  EXPECT_EQ(theirs->tenants()->size(), 1U);
  EXPECT_EQ(theirs->queue_position("aaaa2").error().code, errc::not_found);
  EXPECT_EQ(theirs->verify_chain().error().code, errc::unauthorised);
  EXPECT_EQ(*fetch_artifact(*as("b"), "bbbb1", patch_b_), std::string(3'000'000, 'b'));
  EXPECT_EQ(fetch_artifact(*as("b"), "aaaa1", patch_a_).error().code, errc::not_found);
  EXPECT_EQ(fetch_artifact(*as("b"), "bbbb1", patch_a_).error().code, errc::not_found);
  EXPECT_EQ(*fetch_artifact(*as({}), "aaaa1", patch_a_), "change of a");
}

TEST_F(remote_desk_test, S5OrdersCarryTheOperatorsNameAndStayInTheTenant) {
  auto whole = open_remote_fleet(as({}));
  ASSERT_TRUE(whole->operate(
      {store::switch_kind::kill, store::switch_scope::all, {}, "forged", "stop", 1}));
  EXPECT_EQ(fleet_.operated->by, "ann");
  actors::decide_run yes;
  yes.value.run_id = "aaaa1";
  yes.value.by = "forged";
  ASSERT_TRUE(whole->decide(yes));
  EXPECT_EQ(fleet_.decided->value.by, "ann");

  fleet_.operated.reset();
  fleet_.decided.reset();
  auto theirs = open_remote_fleet(as("b"));
  const auto refused = [&](store::switch_scope scope, const std::string& target) {
    const auto out = theirs->operate({store::switch_kind::hold, scope, target, {}, "because", 1});
    return out ? errc::internal : out.error().code;
  };
  EXPECT_EQ(refused(store::switch_scope::all, {}), errc::unauthorised);
  EXPECT_EQ(refused(store::switch_scope::repo, "/repo/a"), errc::unauthorised);
  EXPECT_EQ(refused(store::switch_scope::tenant, "a"), errc::unauthorised);
  EXPECT_EQ(refused(store::switch_scope::run, "aaaa1"), errc::not_found);
  EXPECT_EQ(refused(store::switch_scope::campaign, "none"), errc::not_found);
  EXPECT_EQ(theirs->decide(yes).error().code, errc::not_found);
  EXPECT_EQ(theirs->attach("aaaa1").error().code, errc::not_found);
  EXPECT_EQ(theirs->retry({"none", "x"}).error().code, errc::not_found);
  EXPECT_FALSE(fleet_.operated || fleet_.decided);
  EXPECT_TRUE(theirs->operate(
      {store::switch_kind::hold, store::switch_scope::tenant, "b", {}, "because", 1}));
  EXPECT_EQ(fleet_.operated->target, "b");
}

TEST_F(remote_desk_test, S5HostileOrdersAndQuestions) {
  const identity who{"ann", role::viewer, {}};
  // Arguments bring no other verb along.
  for (const char* args :
       {R"({},"verb":"set_switch")", "[]", "", "{", "null", "{}{}", R"({"x":1})"}) {
    EXPECT_FALSE(desk_->carry_out(who, "get_active", args)) << args;
    EXPECT_FALSE(desk_->ask(who, "run", args, {})) << args;
  }
  EXPECT_FALSE(desk_->ask(who, "no_such", "{}", {}));
  EXPECT_FALSE(desk_->ask(who, "campaigns", "{}", "-1"));
  EXPECT_FALSE(desk_->ask(who, "campaigns", "{}", "1x"));
  EXPECT_TRUE(desk_->ask(who, "campaigns", "{}", "999999999"));
  EXPECT_FALSE(desk_->fetch(who, "aaaa1", "../../skein.db", 0, 10));
  EXPECT_EQ(desk_->fetch(who, "aaaa1", patch_a_, 1ULL << 62, 10)->body, "");
  EXPECT_FALSE(fleet_.operated);
}

}  // namespace
}  // namespace skein::cli::remote
