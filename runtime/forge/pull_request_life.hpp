// Whether a verified change becomes a pull request, and what becomes of it later (T10): pure
// decisions on facts that the caller gathered, with the clock given. Who acts on them is elsewhere.
#pragma once

#include "schema/task.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace skein::forge {

/// The hidden line at the end of a body, written by describe() of pull_request_text.hpp.
struct body_marker {
  std::string run;
  std::string fingerprint;
};
/// Both empty when the body has none. The last one counts; text of a task cannot write one.
[[nodiscard]] body_marker read_marker(const std::string& body);
/// What find_pull_request() looks for.
[[nodiscard]] std::string marker_of_run(const std::string& run);

enum class earlier_end { open, merged, closed_by_person, closed_by_platform };
/// A pull request that the platform once opened, from its own records or the forge's.
struct earlier_pull_request {
  std::string repository;
  std::int64_t number = 0;
  std::string run;
  std::string fingerprint;
  earlier_end end = earlier_end::open;
  std::int64_t opened_ms = 0;
};

/// Another run on the same repository that has not published yet, or whose PR is open.
struct neighbour_run {
  std::string run;
  std::string base_branch;
  std::vector<std::string> paths;
  bool goes_first = false;  ///< published already, or older in the queue
};

struct life_rules {
  std::uint32_t most_open = 5;      ///< open ones of the platform in one repository
  std::uint32_t most_per_day = 10;  ///< opened in one repository in 24 hours
  std::uint32_t most_per_hour = 5;
  double draft_below = 0.6;  ///< confidence
  schema::risk_level draft_from = schema::risk_level::high;
  std::uint32_t least_score = 0;  ///< quality below: held for a person
};

struct candidate {
  std::string run;
  std::string fingerprint;
  std::string repository;
  std::string base_branch;
  std::vector<std::string> paths;
  double confidence = 1;
  schema::risk_level risk = schema::risk_level::low;
  bool draft_by_rule = false;  ///< by the task, or by a finding whose action is `draft`
  std::uint32_t score = 100;   ///< see pull_request_quality.hpp
  bool base_moved = false;     ///< since the change was verified
  bool archived = false;
};

enum class opening { open, draft, hold, duplicate, conflict, rebase };
struct opening_decision {
  opening what = opening::open;
  std::vector<std::string> reasons;  ///< of everything but a plain `open`
  std::int64_t again_ms = 0;  ///< of a hold that time alone ends: then; 0: a person or an event
  std::string other;          ///< of duplicate and conflict: the run or `#12`
};

/// In this order: duplicate of an open or earlier one (closed by a person is never reopened), hold
/// by rule or rate, conflict with a neighbour that goes first, rebase, draft, open. The same facts
/// give the same answer; a pull request of this very run is no duplicate of itself.
[[nodiscard]] opening_decision decide_opening(const candidate& wanted,
                                              const std::vector<earlier_pull_request>& earlier,
                                              const std::vector<neighbour_run>& neighbours,
                                              const life_rules& rules, std::int64_t now_ms);

/// True when two changes touch the same file, or one's file is the other's directory.
[[nodiscard]] bool paths_overlap(const std::vector<std::string>& a,
                                 const std::vector<std::string>& b);

struct stale_rules {
  std::int64_t remind_after_ms = 7LL * 24 * 3'600'000;
  std::int64_t close_after_ms = 14LL * 24 * 3'600'000;  ///< after the reminder
  std::int64_t delete_after_ms = 24LL * 3'600'000;      ///< after it was closed
};
struct open_age {
  bool open = true;
  bool merged = false;
  bool closed_by_person = false;
  std::int64_t touched_ms = 0;   ///< last act of a person, or the opening
  std::int64_t reminded_ms = 0;  ///< 0: not since the last touch
  std::int64_t closed_ms = 0;    ///< 0: open
  bool branch_there = true;
  bool held = false;  ///< by a label or a person: it does not age
};
enum class stale_step { wait, remind, close, delete_branch, finished };
struct stale_decision {
  stale_step what = stale_step::wait;
  std::int64_t again_ms = 0;  ///< of `wait`: when to ask again; 0: only after an event
};
/// Never closes without a reminder that was old enough, whatever the clock did.
[[nodiscard]] stale_decision decide_stale(const open_age& age, const stale_rules& rules,
                                          std::int64_t now_ms);

enum class feedback { wait, done, feed_back, give_up };
/// What to do with the outcome of CI on an opened pull request: at most `most_rounds` times back to
/// the agent, and only for the commit that is at the branch now.
[[nodiscard]] feedback decide_feedback(bool any_failed, bool all_finished, bool for_head_commit,
                                       std::uint32_t rounds_done, std::uint32_t most_rounds = 2);

/// An open pull request that does not fit its base any more, with what is known of it.
struct moved_base {
  bool ours = true;          ///< the branch is where we left it
  bool pinned = false;       ///< the task names the commit that it works on
  bool at_work = false;      ///< a run of ours is on its way to the branch
  bool tried_here = false;   ///< the last one ended on this very base without a result
  std::uint32_t rebases = 0;
};
enum class rebase_step {
  none,        ///< nobody wants it
  wait,        ///< for the run that is at work
  rebase,
  taken_over,  ///< somebody's commits are on the branch: hands off
  failed,      ///< it was tried and did not come out
  exhausted    ///< often enough
};
/// Whether it is made anew on its base; at most `most` times, one at a time.
[[nodiscard]] rebase_step decide_rebase(const moved_base& facts, std::uint32_t most);

}  // namespace skein::forge
