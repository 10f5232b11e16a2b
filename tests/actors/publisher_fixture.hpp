// The real publisher and the real store on the deterministic coordinator, a bare repository on this
// machine as the remote, and a GitHub that the test drives.
#pragma once

#include "actors/errors.hpp"
#include "actors/publisher.hpp"
#include "actors/system/store.hpp"
#include "runtime/forge/github.hpp"
#include "tests/support/fake_github.hpp"
#include "tests/support/fake_world.hpp"
#include "tests/support/stepped_pool.hpp"

#include <gtest/gtest.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>

namespace skein::actors::test {

class publisher_fixture : public ::testing::Test {
 protected:
  publisher_fixture() {
    auto name = (std::filesystem::temp_directory_path() / "skein-publisher-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    caf_config_.set("scheduler.policy", caf::atom("testing"));
    system_ = std::make_unique<caf::actor_system>(caf_config_);
    scheduler_ = dynamic_cast<caf::scheduler::test_coordinator*>(&system_->scheduler());
    pool_ = std::make_unique<skein::test::stepped_pool>();
    make_remote();
    boot();
  }
  ~publisher_fixture() override {
    crash();
    pool_.reset();
    system_.reset();
    std::filesystem::remove_all(directory_);
  }

  /// Runs a shell line in the test's directory; fails the test when it fails.
  void sh(const std::string& line) {
    const auto full = "cd '" + directory_.string() +
                      "' && export GIT_CONFIG_GLOBAL=/dev/null "
                      "GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t "
                      "GIT_COMMITTER_EMAIL=t@t && (" +
                      line + ") >log 2>&1";
    ASSERT_EQ(std::system(full.c_str()), 0) << line;
  }
  [[nodiscard]] std::string said(const std::string& line) {
    sh(line + " > answer");
    std::ifstream file(directory_ / "answer");
    std::string out;
    std::getline(file, out);
    return out;
  }
  [[nodiscard]] std::string remote() const { return (directory_ / "served/acme/pay.git").string(); }

  void make_remote() {
    sh("git init -q --bare -b main served/acme/pay.git && git init -q -b main w && cd w && "
       "mkdir -p src .github && echo 1 > src/a.c && echo '* @alice @acme/core @other/x' > "
       ".github/CODEOWNERS && git add . && git commit -qm base && git push -q "
       "../served/acme/pay.git "
       "main");
    const auto where = git::parse_location(remote());
    const auto base = git::fetch(store::state_layout{directory_ / "state"}.mirrors(), *where, "",
                                 "", std::chrono::seconds{30}, {});
    ASSERT_TRUE(base) << base.error().message;
    base_ = *base;
    tree_ = changed("src/a.c", "2\n");
  }
  /// The tree with one file changed.
  std::string changed(const std::string& path, const std::string& text) {
    auto change = workspace::change_set{};
    change.files.push_back({path, workspace::entry_kind::regular, text});
    const auto tree = git::write_tree(base_, change);
    EXPECT_TRUE(tree);
    return tree ? *tree : std::string{};
  }

  void boot() {
    const store::state_layout layout{directory_ / "state"};
    std::filesystem::create_directories(layout.mirrors());
    auto clock = [this] { return now_ms_; };
    auto writer = store::writer::open(layout, clock);
    ASSERT_TRUE(writer) << writer.error().message;
    auto shared = std::make_shared<std::unique_ptr<store::writer>>(std::move(*writer));
    auto rates = std::make_shared<forge::rate_buckets>(limits_);
    forge::github::options wanted;
    wanted.base_url = peer_.url();
    wanted.with.token = [] { return result<std::string>("tok-secret"); };
    wanted.now_ms = clock;
    wanted.now_s = [this] { return now_ms_ / 1000; };
    auto place = std::make_shared<forge_place>();
    place->name = "github";
    place->repositories = (directory_ / "served").string() + "/";
    place->client = client_;
    place->rates = rates;
    place->at = std::make_shared<forge::github_forge>(forge::github::checked(wanted).value(),
                                                      *client_, *rates);
    place->line = std::make_shared<process::blocking_pool::sequence>(pool_->pool());
    place->rules = rules_;
    forge_sources forges;
    forges.all.push_back(place);
    world_ =
        std::make_shared<surroundings>(surroundings{layout,
                                                    {layout.bases(), {}, 0},
                                                    config_,
                                                    test_rules(),
                                                    artifact::artifact_store{layout.artifacts()},
                                                    loop_,
                                                    pool_->pool(),
                                                    clock,
                                                    {},
                                                    std::move(forges)});
    store_ = system_->spawn(store_behavior, shared, std::function<void()>{});
    publisher_ = system_->spawn(publisher, world_, store_);
    auto reader = store::reader::open(layout);
    ASSERT_TRUE(reader) << reader.error().message;
    reader_ = std::move(*reader);
  }
  /// As kill -9.
  void crash() {
    reader_.reset();
    for (const auto& each :
         {caf::actor_cast<caf::actor>(publisher_), caf::actor_cast<caf::actor>(store_)}) {
      if (each) caf::anon_send_exit(each, caf::exit_reason::kill);
    }
    // Whoever asked would wait for an answer that nobody gives.
    for (const auto& each : askers_) caf::anon_send_exit(each, caf::exit_reason::kill);
    askers_.clear();
    publisher_ = nullptr;
    store_ = nullptr;
    settle();
    world_.reset();
  }
  void settle() {
    do {
      while (scheduler_->has_job()) scheduler_->run();
      if (!pool_) return;
      pool_->work();
    } while (scheduler_->has_job());
  }
  void pass(std::chrono::milliseconds time) {
    now_ms_ += time.count();
    scheduler_->advance_time(time);
    settle();
  }
  void must(store::operation what) {
    caf::scoped_actor self{*system_};
    auto handle = self->request(store_, caf::infinite, commit{std::move(what)});
    settle();
    handle.receive([](const store::applied&) {},
                   [](const caf::error& failed) { FAIL() << from_caf(failed, "commit").message; });
  }

  /// A run that has come as far as publishing.
  schema::run add_run(const std::string& id, const std::string& fingerprint,
                      const std::string& tree = {}) {
    schema::run row;
    row.id = id;
    row.task_name = "replace-api";
    row.fingerprint = fingerprint;
    row.tenant = "payments";
    row.repo.url = remote();
    row.repo.commit = pinned_;
    row.state = schema::run_state::schedule;
    row.submitter = "alice";
    row.campaign = campaign_;
    row.task_sha256 = task_sha256_;
    store::add_run add{row};
    add.dedup = false;
    must(add);
    return bring_to_publish(id, tree);
  }
  /// A queued run, as far as publishing.
  schema::run bring_to_publish(const std::string& id, const std::string& tree = {}) {
    store::advance_run admit;
    admit.run_id = id;
    admit.new_attempt = 1;
    must(admit);
    store::advance_run on;
    on.run_id = id;
    on.attempt = 1;
    on.from = schema::run_state::prepare;
    on.to = schema::run_state::publish;
    on.tree = tree.empty() ? tree_ : tree;
    on.base_commit = base_.commit;
    on.base_branch = base_.branch;
    schema::diff_summary counted;
    counted.files = 1;
    counted.insertions = insertions_;
    on.diff = counted;
    must(on);
    return reader_->run(id).value();
  }
  /// What the run's own actor does when its publication is over.
  void conclude(const std::string& id) {
    store::advance_run over;
    over.run_id = id;
    over.attempt = 1;
    over.from = schema::run_state::publish;
    over.to = schema::run_state::published;
    must(over);
  }
  [[nodiscard]] publish_run order(const schema::run& row) {
    publish_run out;
    out.run = row;
    out.base = base_;
    out.intent = "Replace old_api by new_api";
    out.how.labels = {"skein"};
    out.how.reviewers = {"codeowners"};
    out.follows = follows_;
    out.stop = stop_.get_token();
    return out;
  }

  struct outcome {
    bool ended = false;
    std::optional<publish_outcome> value;
    error failed;
  };
  /// Asks the publisher and delivers what can be delivered without time going by.
  std::shared_ptr<outcome> publish(const schema::run& row) {
    auto out = std::make_shared<outcome>();
    askers_.push_back(
        system_->spawn([out, whom = publisher_, what = order(row)](caf::event_based_actor* self) {
          self->request(caf::actor_cast<publisher_actor>(whom), caf::infinite, what)
              .then(
                  [out](const publish_outcome& value) {
                    out->ended = true;
                    out->value = value;
                  },
                  [out](const caf::error& failed) {
                    out->ended = true;
                    out->failed = from_caf(failed, "publish");
                  });
        }));
    settle();
    return out;
  }
  /// As publish, and lets time go by until it ends.
  std::shared_ptr<outcome> publish_to_the_end(const schema::run& row) {
    auto out = publish(row);
    for (int i = 0; i < 200 && !out->ended; ++i) pass(std::chrono::seconds{5});
    EXPECT_TRUE(out->ended);
    return out;
  }
  [[nodiscard]] store::pull_request_row record(const std::string& run) const {
    store::pull_request_filter mine;
    mine.run_id = run;
    const auto rows = reader_->pull_requests(mine);
    EXPECT_TRUE(rows);
    return rows && !rows->empty() ? rows->front() : store::pull_request_row{};
  }

  std::int64_t now_ms_ = 1'700'000'000'000;
  std::filesystem::path directory_;
  schema::config config_;
  forge::rate_limits limits_;
  forge::life_rules rules_;
  skein::test::http_peer peer_;
  skein::test::fake_github hub_{peer_};
  std::shared_ptr<http::client> client_ = std::make_shared<http::client>();
  caf::actor_system_config caf_config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  process::io_loop loop_;
  std::unique_ptr<skein::test::stepped_pool> pool_;
  std::shared_ptr<surroundings> world_;
  store_actor store_;
  publisher_actor publisher_;
  std::vector<caf::actor> askers_;
  std::unique_ptr<store::reader> reader_;
  std::string campaign_;     ///< of the runs that are added
  std::string task_sha256_;  ///< likewise
  std::string pinned_;       ///< likewise: the commit that the task names
  std::uint32_t insertions_ = 1;  ///< of the change that comes to publishing next
  std::optional<schema::follow_up_spec> follows_;  ///< of the next order
  git::base base_;
  std::string tree_;
  std::stop_source stop_;
};

}  // namespace skein::actors::test
