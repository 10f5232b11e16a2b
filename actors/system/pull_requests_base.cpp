// What becomes of an open pull request whose base branch moves: looked at, made anew by a run of
// its own where it does not fit any more, left alone where somebody has taken it over.
#include "actors/system/follow_up.hpp"
#include "actors/system/pull_request_visit.hpp"
#include "runtime/git/mirror.hpp"

#include <algorithm>

namespace skein::actors {

namespace {

using step = forge::rebase_step;

/// More paths than this between two commits are taken for all of them.
constexpr std::size_t most_paths = 20'000;
constexpr std::chrono::milliseconds longest_look{std::chrono::minutes{1}};

/// Whether the change has to be made anew on `head`, for a forge that does not say so itself.
result<bool> outgrown(const surroundings& world, const store::pull_request_row& row,
                      const git::location& where, const std::string& head) {
  SKEIN_TRY(base, git::fetch(world.layout.mirrors(), where, row.base_branch, head,
                             world.config.git_timeout, {}));
  const auto moved = git::paths_between(base.mirror, row.base_commit, base.commit, most_paths);
  // Nothing to compare with, or a move too large to tell: it has to be tried.
  if (!moved || forge::paths_overlap(row.paths, *moved)) return true;
  const auto tree = git::tree_of(base.mirror, row.commit);
  if (!tree) return true;
  return !git::carry_over(base, *tree, row.base_commit, workspace::change_limits{});
}

std::string word_of(step why) {
  switch (why) {
    case step::taken_over:
      return "taken_over";
    case step::failed:
      return "failed";
    default:
      return "exhausted";
  }
}

std::string words_of(step why, const store::pull_request_row& row) {
  const auto begin = "The base branch has moved on, and this change has to be made anew there. ";
  switch (why) {
    case step::taken_over:
      return begin +
             std::string("The branch has commits that are not ours, so it is left as it is.");
    case step::failed:
      return begin + std::string("That was tried, and nothing came of it that passes: see run `") +
             rebase_id(row.run_id, row.rebases) + "`. It is tried again when the base moves.";
    default:
      return begin + std::string("That was done ") + std::to_string(row.rebases) +
             " times, which is the limit; somebody has to do it by hand.";
  }
}

}  // namespace

void pull_requests_state::judge_base(const visit_ptr& now) {
  const auto& row = now->row;
  const bool told_to_fit = now->pull.mergeable.value_or(false) && !now->pull.behind;
  if (row.state != store::pull_request_state::open || !now->pull.open || now->place->rebases == 0 ||
      row.base_branch.empty() || row.base_branch == "HEAD" || row.base_commit.empty() ||
      told_to_fit) {
    return judge_age(now);
  }
  auto where = git::parse_location(row.repo_url);
  if (!where) return judge_age(now);
  log_in(self, world->forges, *where, [this, now](result<git::location> known) {
    if (!known) return judge_age(now);
    auto look = [world = world, now, at = *known] {
      return git::find_branch(at, now->row.base_branch,
                              std::min(world->config.git_timeout, longest_look), {});
    };
    offload<std::string>(self, world->pool, look, [this, now](const result<std::string>& head) {
      // No answer, or no such branch: the forge will say.
      if (!head || head->empty() || *head == now->row.base_commit) return judge_age(now);
      if (now->pull.mergeable || now->pull.behind) return outdated(now, *head);
      compare_base(now, *head);
    });
  });
}

void pull_requests_state::compare_base(const visit_ptr& now, const std::string& head) {
  const auto known = plans_.find(now->row.run_id);
  if (known != plans_.end() && known->second.fits == now->row.commit + head) return judge_age(now);
  const auto where = git::parse_location(now->row.repo_url).value();
  log_in(self, world->forges, where, [this, now, head](result<git::location> known) {
    if (!known) return judge_age(now);
    auto compare = [world = world, now, head, at = *known] {
      return outgrown(*world, now->row, at, head);
    };
    offload<bool>(self, world->pool, compare, [this, now, head](const result<bool>& said) {
      if (!said) {
        spdlog::info("pull request {}: {}", now->row.url, said.error().message);
        return judge_age(now);
      }
      if (*said) return outdated(now, head);
      if (const auto plan = plans_.find(now->row.run_id); plan != plans_.end()) {
        plan->second.fits = now->row.commit + head;
      }
      judge_age(now);
    });
  });
}

void pull_requests_state::with_run(const visit_ptr& now, const std::string& id,
                                   std::function<void(const schema::run*)> then) {
  self->request(store, store_timeout, get_run{id})
      .then([then](const schema::run& run) { then(&run); },
            [this, now, then](const caf::error& failed) {
              if (from_caf(failed, "read").code == errc::not_found) return then(nullptr);
              spdlog::error("pull request of run {}: {}", now->row.run_id,
                            from_caf(failed, "read its runs").message);
              done(now, false);
            });
}

void pull_requests_state::unless_at_work(const visit_ptr& now, std::function<void()> then) {
  const auto& row = now->row;
  auto ids = std::make_shared<std::vector<std::string>>();
  if (row.rebases > 0) ids->push_back(rebase_id(row.run_id, row.rebases));
  if (row.feedback_rounds > 0) ids->push_back(follow_up_id(row.run_id, row.feedback_rounds));
  // One that a crash left unrecorded comes first in the next look, by its id.
  auto next = std::make_shared<std::function<void(std::size_t)>>();
  *next = [this, now, then, ids, weak = std::weak_ptr(next)](std::size_t at) {
    if (at == ids->size()) return then();
    with_run(now, (*ids)[at], [this, now, at, again = weak.lock()](const schema::run* run) {
      if (run != nullptr && !schema::is_final(run->state)) return done(now, false);
      (*again)(at + 1);
    });
  };
  (*next)(0);
}

void pull_requests_state::outdated(const visit_ptr& now, const std::string& head) {
  with_run(now, now->row.run_id, [this, now, head](const schema::run* origin) {
    if (origin == nullptr || origin->task_sha256.empty()) return judge_age(now);
    forge::moved_base facts;
    facts.ours = now->pull.head_commit == now->row.commit;
    facts.pinned = !origin->repo.commit.empty();
    facts.rebases = now->row.rebases;
    if (facts.rebases == 0) return settle_base(now, *origin, facts);
    with_run(now, rebase_id(now->row.run_id, facts.rebases),
             [this, now, head, facts, origin = *origin](const schema::run* last) mutable {
               if (last != nullptr) {
                 facts.at_work = !schema::is_final(last->state);
                 // Had it been published, this would be the base of the pull request.
                 facts.tried_here =
                     !facts.at_work && (last->base_commit.empty() || last->base_commit == head);
               }
               settle_base(now, origin, facts);
             });
  });
}

void pull_requests_state::settle_base(const visit_ptr& now, const schema::run& origin,
                                      forge::moved_base facts) {
  const auto what = forge::decide_rebase(facts, now->place->rebases);
  switch (what) {
    case step::none:
    case step::wait:
      return judge_age(now);
    case step::rebase:
    case step::taken_over:
    case step::failed:
    case step::exhausted:
      break;
  }
  auto act = [this, now, origin, what] {
    return what == step::rebase ? rebase(now, origin) : leave_base(now, what);
  };
  // What the forge says may be newer than the row that this visit began with.
  store::pull_request_filter mine;
  mine.run_id = now->row.run_id;
  auto compare = [this, now, act](const pull_request_list& rows) {
    const bool same = rows.size() == 1 && rows.front().commit == now->row.commit &&
                      rows.front().rebases == now->row.rebases &&
                      rows.front().feedback_rounds == now->row.feedback_rounds;
    if (!same) return done(now, true);
    if_allowed(now, act);
  };
  unless_at_work(now, [this, now, mine, compare] {
    self->request(store, store_timeout, get_pull_requests{mine})
        .then(compare, [this, now](const caf::error&) { done(now, false); });
  });
}

void pull_requests_state::rebase(const visit_ptr& now, const schema::run& origin) {
  const auto round = now->row.rebases + 1;
  const auto id = rebase_id(now->row.run_id, round);
  read_task(now, origin, [this, now, origin, round, id](const schema::task& task) {
    queue(now, origin, rebase_task(task, now->row, round), id, [this, now, round, id] {
      store::set_pull_request what;
      what.run_id = now->row.run_id;
      what.rebases = round;
      what.rebase_end = std::string{};
      what.kind = "pull_request_rebase";
      what.payload = {{"by", id}, {"round", round}, {"from", now->row.base_commit}};
      keep(now, std::move(what), [this, now] { done(now, true); });
    });
  });
}

void pull_requests_state::leave_base(const visit_ptr& now, forge::rebase_step why) {
  const auto word = word_of(why);
  const auto end = why == step::failed ? word + " " + std::to_string(now->row.rebases) : word;
  if (now->row.rebase_end == end) return judge_age(now);
  const auto marker = "<!-- skein rebase=" + end + " -->";
  const auto text = words_of(why, now->row) + "\n\n" + marker + "\n";
  ask<forge::nothing>(
      now,
      [now, text, marker](forge::forge& at, const forge::call_limits& limits) {
        return at.comment(now->repository, now->row.number, text, marker, limits);
      },
      [this, now, word, end](const forge::answer<forge::nothing>&) {
        store::set_pull_request what;
        what.run_id = now->row.run_id;
        what.rebase_end = end;
        what.kind = "pull_request_rebase_left";
        what.payload = {{"reason", word}, {"rebases", now->row.rebases}};
        keep(now, std::move(what), [this, now] { judge_age(now); });
      });
}

}  // namespace skein::actors
