// The console on real state, without a terminal: what it shows, and what it orders.
#include "cli/console/console.hpp"
#include "cli/render/printable.hpp"
#include "schema/identity.hpp"
#include "tests/cli_control/fake_fleet.hpp"
#include "tests/runtime/store/store_fixture.hpp"

namespace skein::cli::screen {
namespace {

using schema::run_state;
using store::testing::admit;
using store::testing::move_run;
using store::testing::queued_run_of;
using ::testing::HasSubstr;
using ::testing::Not;

/// Carries out at once, in a fake fleet.
class prompt_desk final : public order_desk {
 public:
  void start(order what) override { came_ = carry_out(fleet, what, "grace", 1000); }
  bool busy() const override { return false; }
  std::optional<result<std::string>> outcome() override {
    return std::exchange(came_, std::nullopt);
  }
  test::fake_fleet fleet;

 private:
  std::optional<result<std::string>> came_;
};

class Console : public store::testing::StoreTest {
 protected:
  Console() { shown_.resize(80, 24); }

  feed from() {
    return {view(),
            [](const std::string&, const std::string&) -> result<std::string> {
              return std::string("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n");
            },
            [](const schema::run&) -> result<std::vector<reason>> {
              return std::vector<reason>{{"queue", "because of the queue", "wait"}};
            },
            now_ms_,
            [this]() -> result<tenant_limits> {
              if (limits_fail_) return *limits_fail_;
              return limits_;
            }};
  }
  bool press(int key) { return shown_.key(key, from()); }
  void type(const std::string& text) {
    for (const char each : text) (void)press(each);
  }
  /// Presses, then looks.
  std::string after(const std::string& keys) {
    type(keys);
    return screen();
  }
  std::string screen() {
    shown_.tick(from());
    return picture();
  }
  std::string picture() {
    std::string out;
    for (const auto& each : shown_.draw().lines) {
      out += (each.chosen ? ">" : "") + plain(each) + "\n";
    }
    return out;
  }
  void park(const std::string& id) {
    auto value = queued_run_of(id);
    must(store::add_run{value});
    must(admit(id));
    must(move_run(id, 1, run_state::prepare, run_state::gate));
    auto waits = move_run(id, 1, run_state::gate, run_state::waiting_approval);
    waits.patch_ref = "p";
    waits.diff = schema::diff_summary{1, 1, 1, "d1"};
    must(waits);
  }

  tenant_limits limits_;
  std::optional<error> limits_fail_;
  prompt_desk desk_;
  console shown_{desk_, "/state"};
};

TEST_F(Console, ShowsTheFleet) {
  must(store::add_run{queued_run_of("aaaa1111")});
  park("bbbb2222");
  must(store::set_switch{
      {store::switch_kind::hold, store::switch_scope::tenant, "payments", "ada", "incident 7", 1}});
  const auto text = screen();
  EXPECT_THAT(text, HasSubstr("queued  1"));
  EXPECT_THAT(text, HasSubstr("1 wait"));
  EXPECT_THAT(text, HasSubstr("incident 7"));
  EXPECT_EQ(shown_.draw().lines.size(), 24U);
}

TEST_F(Console, OpensARunFromTheList) {
  must(store::add_run{queued_run_of("aaaa1111")});
  must(store::add_run{queued_run_of("bbbb2222")});
  EXPECT_THAT(after("2"), HasSubstr(">aaaa1111"));
  EXPECT_THAT(after("j"), HasSubstr(">bbbb2222"));
  (void)press(key_enter);
  const auto run = screen();
  EXPECT_THAT(run, HasSubstr("file:///srv/git/bbbb2222.git"));
  EXPECT_THAT(run, HasSubstr("because of the queue"));
  EXPECT_TRUE(press('q')) << "back to the list";
  EXPECT_THAT(screen(), HasSubstr(">bbbb2222"));
  EXPECT_FALSE(press('q')) << "the end";
}

TEST_F(Console, ShowsEverySideOfARun) {
  park("bbbb2222");
  (void)after("2");
  (void)press(key_enter);
  EXPECT_THAT(screen(), HasSubstr("[summary]"));
  EXPECT_THAT(after("l"), HasSubstr("[calls and logs]"));
  EXPECT_THAT(after("l"), HasSubstr("+new"));
  EXPECT_THAT(after("l"), HasSubstr("no findings"));
  EXPECT_THAT(after("l"), HasSubstr("run_waiting_approval"));
  EXPECT_THAT(after("l"), HasSubstr("[summary]"));
}

TEST_F(Console, ShowsWhatTenantsUseAndMayUse) {
  limits_["payments"].max_concurrency = 4;
  limits_["payments"].usd = 10;
  limits_["payments"].tokens = 1'000'000;
  limits_["payments"].pull_requests_per_hour = 2;
  schema::task task;
  task.spec.budget.usd = 8;
  task.spec.budget.tokens = 900'000;
  const auto frozen = schema::freeze(task);
  must(store::put_task{frozen.sha256, frozen.json});
  for (const auto* id : {"aaaa1111", "bbbb2222"}) {
    auto value = queued_run_of(id);
    value.tenant = "payments";
    value.task_sha256 = frozen.sha256;
    must(store::add_run{value});
  }
  must(admit("aaaa1111"));
  auto used = move_run("aaaa1111", 1, run_state::prepare, run_state::agent);
  used.used = schema::usage{};
  used.used->usd = 1.5;
  used.used->tokens_in = 100'000;
  must(used);
  const auto text = after("5");
  EXPECT_THAT(text, HasSubstr("used+reserved/limit"));
  EXPECT_THAT(text, HasSubstr("1/4"));
  EXPECT_THAT(text, HasSubstr("1.50+6.50/10.00"));
  EXPECT_THAT(text, HasSubstr("100k+800k/1.0M"));
  EXPECT_THAT(text, HasSubstr("0/2"));
  for (const auto& each : shown_.draw().lines) EXPECT_LE(columns(plain(each)), 80U);
  must(store::set_switch{
      {store::switch_kind::hold, store::switch_scope::tenant, "payments", "ada", "", 1}});
  EXPECT_THAT(screen(), HasSubstr("hold payments"));
  limits_fail_ = error{errc::invalid, "skein.yaml is wrong", {}};
  const auto without = screen();
  EXPECT_THAT(without, HasSubstr("1.50+6.50 ")) << "what is used is shown all the same";
  EXPECT_THAT(without, HasSubstr("skein.yaml is wrong"));
}

TEST_F(Console, ShowsHowACampaignBurnsDown) {
  must(store::testing::campaign_of("night", {"aaaa1111", "bbbb2222", "cccc3333"}, 3));
  (void)after("4");
  (void)press(key_enter);
  EXPECT_THAT(screen(), Not(HasSubstr("burndown"))) << "nothing has ended";
  now_ms_ += 3'600'000;
  must(admit("aaaa1111"));
  auto over = move_run("aaaa1111", 1, run_state::prepare, run_state::no_change);
  must(over);
  now_ms_ += 60'000;
  const auto text = screen();
  EXPECT_THAT(text, HasSubstr("burndown: runs left  2 of 3 runs left"));
  EXPECT_THAT(text, HasSubstr("3 |####"));
  EXPECT_THAT(text, HasSubstr("0 +----"));
  EXPECT_EQ(shown_.draw().lines.size(), 24U);
  shown_.resize(30, 10);
  for (const auto& each : shown_.draw().lines) EXPECT_LE(columns(plain(each)), 30U);
}

TEST_F(Console, FiltersRuns) {
  must(store::add_run{queued_run_of("aaaa1111")});
  park("bbbb2222");
  (void)after("2/state:waiting_approval");
  (void)press(key_enter);
  EXPECT_THAT(screen(), HasSubstr("bbbb2222"));
  EXPECT_THAT(screen(), Not(HasSubstr("aaaa1111")));
  EXPECT_THAT(after("c"), HasSubstr("aaaa1111"));
  (void)after("/AAAA");
  (void)press(key_enter);
  EXPECT_THAT(screen(), Not(HasSubstr("bbbb2222")));
  (void)after("/state:nonsense");
  (void)press(key_enter);
  EXPECT_THAT(picture(), HasSubstr("no state nonsense"));
}

TEST_F(Console, ShowsHeldRunsAsHeld) {
  must(store::add_run{queued_run_of("aaaa1111")});
  must(store::set_switch{{store::switch_kind::hold, store::switch_scope::all, "", "ada", "", 1}});
  (void)after("2/state:held");
  (void)press(key_enter);
  EXPECT_THAT(screen(), HasSubstr("aaaa1111  held"));
}

TEST_F(Console, ApprovesTheChangeThatWasSeen) {
  park("bbbb2222");
  EXPECT_THAT(after("3"), HasSubstr(">bbbb2222"));
  (void)press('a');
  EXPECT_THAT(screen(), HasSubstr("+new")) << "the change is shown before it is answered";
  type("looks right");
  (void)press(key_enter);
  ASSERT_TRUE(desk_.fleet.decided);
  EXPECT_EQ(desk_.fleet.decided->value.run_id, "bbbb2222");
  EXPECT_EQ(desk_.fleet.decided->value.diff_sha256, "d1");
  EXPECT_TRUE(desk_.fleet.decided->value.approve);
  EXPECT_EQ(desk_.fleet.decided->value.reason, "looks right");
  EXPECT_EQ(desk_.fleet.decided->value.by, "grace");
  EXPECT_THAT(screen(), HasSubstr("approved: run bbbb2222 is publish"));
}

TEST_F(Console, DeniesOnlyWithAReason) {
  park("bbbb2222");
  (void)after("3d");
  (void)press(key_enter);
  EXPECT_FALSE(desk_.fleet.decided);
  EXPECT_THAT(picture(), HasSubstr("needs a reason"));
  (void)after("dtoo wide");
  (void)press(key_enter);
  ASSERT_TRUE(desk_.fleet.decided);
  EXPECT_FALSE(desk_.fleet.decided->value.approve);
}

TEST_F(Console, TellsWhatTheFleetRefused) {
  park("bbbb2222");
  desk_.fleet.fails = error{errc::unauthorised, "grace submitted it", "ask somebody else"};
  (void)after("3a");
  (void)press(key_enter);
  EXPECT_THAT(screen(), HasSubstr("grace submitted it; ask somebody else"));
}

TEST_F(Console, KillsOnlyAfterItsOwnWords) {
  must(store::add_run{queued_run_of("aaaa1111")});
  (void)after("2K");
  (void)press(key_enter);  // no reason
  EXPECT_THAT(picture(), HasSubstr("type `kill aaaa1111`"));
  type("kill");
  (void)press(key_enter);
  EXPECT_FALSE(desk_.fleet.operated);
  EXPECT_THAT(picture(), HasSubstr("nothing was done"));
  (void)after("Krunaway");
  (void)press(key_enter);
  type("kill aaaa1111");
  (void)press(key_enter);
  ASSERT_TRUE(desk_.fleet.operated);
  EXPECT_EQ(desk_.fleet.operated->kind, store::switch_kind::kill);
  EXPECT_EQ(desk_.fleet.operated->scope, store::switch_scope::run);
  EXPECT_EQ(desk_.fleet.operated->target, "aaaa1111");
  EXPECT_EQ(desk_.fleet.operated->reason, "runaway");
  EXPECT_THAT(screen(), HasSubstr("kill set on"));
}

TEST_F(Console, GivesUpAQuestionWithEscape) {
  (void)after("K");
  (void)press(key_escape);
  EXPECT_THAT(picture(), HasSubstr("nothing was done"));
  EXPECT_FALSE(desk_.fleet.operated);
}

TEST_F(Console, HoldsAndLiftsTheWholeFleet) {
  (void)after("1H");
  (void)press(key_enter);
  type("hold all");
  (void)press(key_enter);
  ASSERT_TRUE(desk_.fleet.operated);
  EXPECT_EQ(desk_.fleet.operated->scope, store::switch_scope::all);
  (void)after("L");
  type("lift all");
  (void)press(key_enter);
  ASSERT_TRUE(desk_.fleet.lifted);
  EXPECT_EQ(desk_.fleet.lifted->scope, store::switch_scope::all);
}

TEST_F(Console, ShowsCampaignsWithTheirWaves) {
  must(store::testing::campaign_of("old-api", {"aaaa1111", "bbbb2222", "cccc3333"}, 2));
  EXPECT_THAT(after("4"), HasSubstr("old-api"));
  EXPECT_THAT(screen(), HasSubstr("0/3"));
  (void)press(key_enter);
  EXPECT_THAT(screen(), HasSubstr("0/2"));
  (void)press(key_enter);
  EXPECT_THAT(screen(), HasSubstr("runs that fit campaign:old-api"));
  EXPECT_THAT(screen(), HasSubstr("cccc3333"));
}

TEST_F(Console, ShowsWhatBecameOfACampaignsPullRequests) {
  must(store::testing::campaign_of("old-api", {"aaaa1111", "bbbb2222"}, 2));
  for (const char* id : {"aaaa1111", "bbbb2222"}) {
    store::claim_pull_request claim;
    claim.value.run_id = id;
    claim.value.forge = "github";
    claim.value.repository = std::string("acme/") + id;
    claim.value.branch = "skein/x";
    must(claim);
    store::set_pull_request open;
    open.run_id = id;
    open.state = store::pull_request_state::open;
    open.checks = store::checks_state::failed;
    must(open);
  }
  store::set_pull_request merged;
  merged.run_id = "bbbb2222";
  merged.state = store::pull_request_state::merged;
  must(merged);
  (void)press('4');
  (void)press(key_enter);
  EXPECT_THAT(screen(), HasSubstr("1 open, 1 merged, 0 closed by people, checks of 1 fail"));
}

TEST_F(Console, ShowsTenantsIncidentsAndSwitches) {
  must(store::add_run{queued_run_of("aaaa1111")});
  store::put_incident leak;
  leak.kind = "canary_seen";
  leak.run_id = "aaaa1111";
  leak.summary = "the canary was on its way out";
  must(leak);
  EXPECT_THAT(after("5"), HasSubstr("default"));
  EXPECT_THAT(after("6"), HasSubstr("canary_seen"));
  EXPECT_THAT(after("7"), HasSubstr("no switch is set"));
  EXPECT_THAT(after("?"), HasSubstr("Ctrl-D"));
}

TEST_F(Console, ReadsLongListsAsFarAsItIsScrolled) {
  std::vector<store::operation> many;
  for (int i = 0; i < 10'000; ++i)
    many.push_back(store::add_run{queued_run_of("run" + std::to_string(10'000 + i))});
  for (const auto& each : writer_->commit(many)) ASSERT_TRUE(each);
  EXPECT_THAT(after("2"), HasSubstr("1/500+")) << "only the first page is known";
  for (int i = 0; i < 40; ++i) (void)press(key_page_down);
  EXPECT_THAT(picture(), HasSubstr(">run10760"));
  (void)press('G');
  EXPECT_THAT(picture(), HasSubstr("10000/10000"));
  EXPECT_THAT(picture(), HasSubstr(">run19999"));
  must(admit("run19999"));
  EXPECT_THAT(screen(), HasSubstr("prepare")) << "what is seen is read again";
  (void)press('g');
  EXPECT_THAT(picture(), HasSubstr(">run10000"));
}

TEST_F(Console, NeverShowsForeignControlCharacters) {
  auto hostile = queued_run_of("aaaa1111");
  hostile.repo.url = "file:///x\x1b]0;gone\x07\x1b[2J";
  hostile.task_name = "\x1b[31mred\nline";
  must(store::add_run{hostile});
  for (const char* keys : {"1", "2", "5"}) {
    const auto text = after(keys);
    EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << keys;
    EXPECT_EQ(shown_.draw().lines.size(), 24U);
  }
  (void)after("2");
  (void)press(key_enter);
  EXPECT_THAT(screen(), Not(HasSubstr("\x1b")));
}

TEST_F(Console, FitsEveryTerminal) {
  park("bbbb2222");
  for (const auto& [width, height] : std::vector<std::pair<std::size_t, std::size_t>>{
           {80, 24}, {1, 1}, {20, 3}, {40, 5}, {300, 100}, {80, 2}}) {
    shown_.resize(width, height);
    for (const char* keys : {"1", "2", "3", "4", "5", "6", "7", "K"}) {
      (void)after(keys);
      const auto frame = shown_.draw();
      EXPECT_LE(frame.lines.size(), height);
      for (const auto& each : frame.lines) EXPECT_LE(columns(plain(each)), width) << keys;
      EXPECT_LT(frame.cursor.value_or(0), width);
    }
    (void)press(key_escape);
  }
}

TEST_F(Console, KeepsWhatItKnewWhenReadingFails) {
  park("bbbb2222");
  (void)after("3");
  auto broken = from();
  broken.artifact = [](const std::string&, const std::string&) -> result<std::string> {
    return error{errc::corrupt, "artifact p is not what it was", ""};
  };
  (void)shown_.key(key_enter, broken);
  shown_.tick(broken);
  EXPECT_THAT(picture(), HasSubstr("artifact p is not what it was"));
  EXPECT_TRUE(press('q'));
  EXPECT_THAT(screen(), HasSubstr(">bbbb2222"));
}

}  // namespace
}  // namespace skein::cli::screen
