// S3, S4: what was acknowledged is there after the process died at any instant; what could not be
// written is reported, and the writer goes on when there is room again.
#include "tests/runtime/store/store_fixture.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>
#include <random>
#include <sstream>

namespace skein::store::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::array path_of_a_run{run_state::schedule, run_state::prepare, run_state::agent,
                                   run_state::verify,   run_state::gate,    run_state::publish,
                                   run_state::published};

/// Commits batches for ever; after each commit it writes one line per acknowledged operation:
/// "ID STEP", the step being an index of path_of_a_run.
[[noreturn]] void commit_for_ever(const state_layout& layout, int acknowledgements) {
  auto opened = writer::open(layout, [] { return std::int64_t{1}; });
  if (!opened) ::_exit(3);
  for (std::uint64_t group = 0;; ++group) {
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) {
      ids.push_back("p" + std::to_string(::getpid()) + "g" + std::to_string(group) + "r" +
                    std::to_string(i));
    }
    for (std::size_t step = 0; step < path_of_a_run.size(); ++step) {
      std::vector<operation> batch;
      for (const std::string& id : ids) {
        if (step == 0) {
          batch.emplace_back(add_run{queued_run_of(id)});
          continue;
        }
        advance_run op = move_run(id, 1, path_of_a_run[step - 1], path_of_a_run[step]);
        if (step == 1) op = admit(id);
        if (step == 3) op.findings = {{"rule", "info", std::string(3000, 'x'), 1, "report", "m"}};
        batch.emplace_back(std::move(op));
      }
      std::string lines;
      const auto answers = (*opened)->commit(batch);
      for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i]) ::_exit(4);
        lines += ids[i] + " " + std::to_string(step) + "\n";
      }
      if (::write(acknowledgements, lines.data(), lines.size()) !=
          static_cast<ssize_t>(lines.size())) {
        ::_exit(5);
      }
    }
  }
}

class CrashTest : public ::testing::Test {
 protected:
  /// Runs commit_for_ever in a child until it has acknowledged at least `bytes`, kills it there,
  /// and returns everything that it acknowledged.
  std::string acknowledged_before_kill(std::size_t bytes) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const pid_t child = ::fork();
    EXPECT_GE(child, 0);
    if (child == 0) commit_for_ever(layout_, pipe[1]);
    ::close(pipe[1]);
    std::string out;
    bool killed = false;
    std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t length = ::read(pipe[0], buffer.data(), buffer.size());
      if (length <= 0) break;
      out.append(buffer.data(), static_cast<std::size_t>(length));
      if (!killed && out.size() >= bytes) {
        ::kill(child, SIGKILL);
        killed = true;
      }
    }
    ::close(pipe[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
    return out;
  }

  scratch_dir dir_;
  state_layout layout_{dir_.path()};
};

TEST_F(CrashTest, S3_AcknowledgedOperationsSurviveAKillAtAnyInstant) {
  // Story: the fleet is killed again and again on one state directory, at points that depend on how
  // much it had acknowledged; each time the next start finds everything that was acknowledged.
  std::mt19937 random(7);
  std::map<std::string, std::size_t> last_step;
  for (int round = 0; round < 8; ++round) {
    const std::string lines = acknowledged_before_kill(1 + random() % 6000);
    std::istringstream in(lines);
    std::string id;
    std::size_t step = 0;
    while (in >> id >> step) last_step[id] = step;

    auto opened = writer::open(layout_, [] { return std::int64_t{2}; });
    ASSERT_TRUE(opened) << opened.error().message;
    const auto events = (*opened)->view().verify_chain();
    ASSERT_TRUE(events) << events.error().message;
    for (const auto& [run_id, acknowledged] : last_step) {
      const auto run = (*opened)->view().run(run_id);
      ASSERT_TRUE(run) << run.error().message;
      std::size_t stored = 0;
      while (path_of_a_run[stored] != run->state) ++stored;
      EXPECT_GE(stored, acknowledged) << run_id;
      // A batch that was committed but not acknowledged may be there, nothing beyond it.
      EXPECT_LE(stored, acknowledged + 1) << run_id;
    }
  }
  EXPECT_GT(last_step.size(), 20U);
}

TEST_F(CrashTest, S3_AnOldAttemptIsStillStaleAfterAReopen) {
  {
    auto opened = writer::open(layout_, [] { return std::int64_t{1}; });
    ASSERT_TRUE(opened);
    advance_run again = move_run("a", 1, run_state::prepare, run_state::prepare);
    again.new_attempt = 2;
    for (const auto& answer : (*opened)->commit(
             std::vector<operation>{add_run{queued_run_of("a")}, admit("a"), again})) {
      ASSERT_TRUE(answer);
    }
  }
  auto opened = writer::open(layout_, [] { return std::int64_t{2}; });
  const auto late = (*opened)->commit(
      std::vector<operation>{move_run("a", 1, run_state::prepare, run_state::agent)});
  EXPECT_EQ(late[0].error().code, errc::stale);
}

/// Lets no file of this process grow beyond `bytes` while it lives.
class file_size_limit {
 public:
  explicit file_size_limit(rlim_t bytes) {
    old_action_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit = old_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_action_);
  }

 private:
  rlimit old_{};
  void (*old_action_)(int) = SIG_DFL;
};

class NoSpaceTest : public StoreTest {};

TEST_F(NoSpaceTest, AFailedCommitAnswersIoToAllAndChangesNothing) {
  must(add_run{queued_run_of("a")});
  must(add_run{queued_run_of("b")});
  std::vector<operation> batch{admit("a"), move_run("b", 9, run_state::schedule, run_state::agent)};
  for (int i = 0; i < 200; ++i) {
    batch.emplace_back(add_run{queued_run_of("more" + std::to_string(i))});
  }
  {
    std::filesystem::path log = layout_.database();
    log += "-wal";
    const file_size_limit full(std::filesystem::file_size(log) + 6000);
    for (int round = 0; round < 2; ++round) {
      const auto answers = writer_->commit(batch);
      ASSERT_EQ(answers.size(), batch.size());
      for (const auto& answer : answers) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, errc::io) << answer.error().message;
        EXPECT_THAT(answer.error().message, HasSubstr("skein.db"));
        EXPECT_THAT(answer.error().remedy, HasSubstr("space"));
      }
    }
    EXPECT_EQ(stored("a").state, run_state::schedule) << "reading still works";
    EXPECT_EQ(view().count_runs({}).value(), 2U);
    EXPECT_EQ(view().verify_chain().value(), 2U);
  }
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(answers[0]);
  EXPECT_EQ(answers[1].error().code, errc::stale);
  EXPECT_TRUE(answers.back());
  EXPECT_EQ(stored("more0").seq, 3) << "numbers of the failed commits are not lost";
  EXPECT_EQ(view().verify_chain().value(), 2U + batch.size() - 1);
  reopen();
  EXPECT_EQ(view().verify_chain().value(), 2U + batch.size() - 1);
}

TEST_F(NoSpaceTest, ADatabaseThatIsGoneTakesNoCommit) {
  must(add_run{queued_run_of("a")});
  const auto away = layout_.database().parent_path() / "away";
  std::filesystem::rename(layout_.database(), away);
  const auto answer = apply(admit("a"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, errc::io);
  EXPECT_THAT(answer.error().message, HasSubstr("removed or replaced"));
  std::filesystem::rename(away, layout_.database());
  must(admit("a"));
}

TEST_F(NoSpaceTest, ACampaignThatDoesNotFitIsNotHalfThere) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3000; ++i) ids.push_back("r" + std::to_string(i));
  {
    const file_size_limit full(200'000);
    EXPECT_EQ(apply(campaign_of("fleet", ids, 10)).error().code, errc::io);
  }
  EXPECT_EQ(view().campaign("fleet").error().code, errc::not_found);
  EXPECT_EQ(view().count_runs({}).value(), 0U);
  must(campaign_of("fleet", ids, 10));
  EXPECT_EQ(view().verify_chain().value(), 3001U);
}

}  // namespace
}  // namespace skein::store::testing
