#include "actors/rollback.hpp"

#include "runtime/forge/open_once.hpp"
#include "runtime/forge/pull_request_life.hpp"
#include "runtime/git/mirror.hpp"

#include <algorithm>
#include <future>

namespace skein::actors {

namespace {

using pr_state = store::pull_request_state;

constexpr std::chrono::seconds call_deadline{30};
/// Longer limits are told to the person instead.
constexpr std::int64_t longest_wait_ms = 120'000;
constexpr int most_tries = 20;

class rollback {
 public:
  rollback(const rollback_order& order, const rollback_means& with,
           const std::function<void(const rollback_step&)>& tell)
      : order_(order), with_(with), tell_(tell) {}

  result<std::vector<rollback_step>> run() {
    SKEIN_TRY(campaign, with_.records.view.campaign(order_.campaign));
    if (campaign.state == schema::campaign_state::running && !order_.dry_run) {
      return error{errc::refused,
                   "campaign " + order_.campaign + " is running: it may still publish",
                   "skein campaign pause " + order_.campaign + ", or abort it, first"};
    }
    store::run_filter filter;
    filter.campaign = order_.campaign;
    filter.with_superseded = true;
    filter.limit = 0;
    SKEIN_TRY(runs, with_.records.view.runs(filter));
    for (const auto& each : runs) {
      SKEIN_TRY(intent, with_.records.view.intent(each.id));
      if (intent) SKEIN_CHECK(take_back(each, *intent));
    }
    return std::move(steps_);
  }

 private:
  void say(const schema::run& run, rollback_act act, std::string detail) {
    steps_.push_back({run.id, run.repo.url, act, std::move(detail)});
    if (tell_) tell_(steps_.back());
  }

  /// An error only when the database does not take it.
  result<> keep(store::operation what) {
    return with_.records.commit(std::move(what));
  }
  result<> journal(const schema::run& run, const std::string& kind, nlohmann::json payload) {
    return keep(
        store::note_event{kind, run.id, run.campaign, run.tenant, order_.by, std::move(payload)});
  }

  void in_line(const forge_place& place, const std::function<void()>& work) const {
    if (!with_.in_line) return work();
    with_.in_line(place, work);
  }

  /// Waits out the forge's limits, on its HTTP client's clock.
  template <class T, class Call>
  forge::answer<T> patiently(const forge_place& place, Call call) {
    forge::answer<T> said;
    for (int i = 0; i < most_tries; ++i) {
      in_line(place, [&] { said = call(*place.at, forge::call_limits{call_deadline, {}}); });
      if (said.end != forge::outcome::rate_limited || said.wait_ms > longest_wait_ms) return said;
      auto over = std::make_shared<std::promise<void>>();
      auto later = over->get_future();
      const auto timer =
          place.client->after(std::chrono::milliseconds{std::max<std::int64_t>(said.wait_ms, 1)},
                              [over] { over->set_value(); });
      later.wait_for(std::chrono::milliseconds{longest_wait_ms + 1000});
    }
    return said;
  }

  result<> take_back(const schema::run& run, const store::outbox_row& intent) {
    store::pull_request_filter mine;
    mine.run_id = run.id;
    SKEIN_TRY(rows, with_.records.view.pull_requests(mine));
    const auto place = rows.empty() ? nullptr : with_.forges.named(rows.front().forge);
    if (!rows.empty() && rows.front().number != 0 && !place) {
      say(run, rollback_act::person,
          "forge " + rows.front().forge + " is not configured: close " + rows.front().url);
      return {};
    }
    if (place && rows.front().number != 0) {
      SKEIN_TRY(go_on, close(run, rows.front(), *place));
      if (!go_on) return {};
    }
    // More may have been pushed for the pull request since, by runs of their own.
    const auto ours = rows.empty() ? intent.commit : rows.front().commit;
    return delete_branch(run, intent.branch, ours, place, !rows.empty());
  }

  /// The value: whether the branch may go.
  result<bool> close(const schema::run& run, const store::pull_request_row& row,
                     const forge_place& place) {
    const auto where = forge::parse_repository_name(row.repository);
    if (!where) return true;
    const auto read = patiently<forge::pull_request>(place, [&](auto& at, const auto& limits) {
      return at.read_pull_request(*where, row.number, limits);
    });
    if (!read.done()) {
      say(run, rollback_act::person, "look at " + row.url + ": " + read.reason);
      return false;
    }
    if (read.value->merged) {
      SKEIN_CHECK(revert(run, row, *where, place));
      return true;
    }
    if (!read.value->open) return true;
    if (order_.dry_run) {
      say(run, rollback_act::closed, "would close " + row.url);
      return true;
    }
    SKEIN_CHECK(journal(run, "rollback_closes", {{"url", row.url}}));
    const auto closed = patiently<forge::pull_request>(place, [&](auto& at, const auto& limits) {
      return at.close_pull_request(*where, row.number, limits);
    });
    if (!closed.done()) {
      say(run, rollback_act::person, "close " + row.url + ": " + closed.reason);
      return false;
    }
    store::set_pull_request what;
    what.run_id = run.id;
    what.state = pr_state::closed_by_platform;
    what.closed_ms = with_.now_ms();
    what.kind = "pull_request_closed";
    what.by = order_.by;
    what.payload = {{"reason", "rollback"}};
    SKEIN_CHECK(keep(std::move(what)));
    say(run, rollback_act::closed, row.url);
    return true;
  }

  result<git::location> reach(const schema::run& run, const forge_place* place) {
    SKEIN_TRY(where, git::parse_location(run.repo.url));
    result<git::location> out = where;
    if (place != nullptr) in_line(*place, [&] { out = with_login(*place, where); });
    return out;
  }

  result<> delete_branch(const schema::run& run, const std::string& branch,
                         const std::string& ours, const forge_place_ptr& place, bool recorded) {
    const auto where = reach(run, place.get());
    const auto timeout = with_.config.git_timeout;
    const auto at = where ? git::find_branch(*where, branch, timeout, {})
                          : result<std::string>(where.error());
    if (!at) {
      say(run, rollback_act::person, "delete branch " + branch + ": " + at.error().message);
      return {};
    }
    if (at->empty()) {
      say(run, rollback_act::nothing, "branch " + branch + " is not there");
      return {};
    }
    if (*at != ours) {
      say(run, rollback_act::person,
          "branch " + branch + " was pushed to since; delete it if it is not needed");
      return {};
    }
    if (order_.dry_run) {
      say(run, rollback_act::branch_deleted, "would delete branch " + branch);
      return {};
    }
    SKEIN_CHECK(journal(run, "rollback_deletes", {{"branch", branch}}));
    if (auto gone = git::delete_branch(*where, branch, ours, timeout, {}); !gone) {
      say(run, rollback_act::person, gone.error().message);
      return {};
    }
    if (recorded) {
      store::set_pull_request what;
      what.run_id = run.id;
      what.branch_there = false;
      what.kind = "pull_request_branch_deleted";
      what.by = order_.by;
      SKEIN_CHECK(keep(std::move(what)));
    }
    say(run, rollback_act::branch_deleted, branch);
    return {};
  }

  result<> revert(const schema::run& run, const store::pull_request_row& row,
                  const forge::repository_name& where, const forge_place& place) {
    const auto by_hand = [&](const error& why) {
      say(run, rollback_act::person, "revert " + row.url + ": " + why.message);
      return result<>{};
    };
    const auto branch = row.branch + "-revert";
    const auto marker = forge::marker_of_run(run.id + "-revert");
    const auto known = patiently<forge::opened>(place, [&](auto& at, const auto& limits) {
      return forge::reconcile(at, where, branch, marker, limits);
    });
    if (known.done()) {
      say(run, rollback_act::nothing, "reverted by " + known.value->pull.url);
      return {};
    }
    if (order_.dry_run) {
      say(run, rollback_act::reverted, "would revert " + row.url);
      return {};
    }
    const auto reached = reach(run, &place);
    if (!reached) return by_hand(reached.error());
    const auto timeout = with_.config.git_timeout;
    const auto head = git::fetch(with_.mirrors, *reached, row.base_branch, "", timeout, {});
    if (!head) return by_hand(head.error());
    // What stands in the pull request last is what was merged.
    const auto merged = git::tree_of(head->mirror, row.commit);
    const auto tree = git::take_back(*head, merged ? *merged : run.tree,
                                     merged ? row.base_commit : run.base_commit);
    if (!tree) return by_hand(tree.error());
    if (*tree == head->tree) {
      say(run, rollback_act::nothing, "what " + row.url + " changed is not there any more");
      return {};
    }
    const auto title = "Revert #" + std::to_string(row.number);
    git::commit_spec spec{*tree, title + "\n\nSkein-Run: " + run.id + "\n",
                          with_.config.author_name, with_.config.author_email,
                          with_.now_ms() / 1000};
    const auto commit = git::write_commit(*head, spec);
    if (!commit) return by_hand(commit.error());
    SKEIN_CHECK(journal(run, "rollback_reverts", {{"url", row.url}, {"branch", branch}}));
    const auto sent = git::push(head->mirror, *reached, *commit, branch, timeout, {});
    if (!sent) return by_hand(sent.error());
    // An earlier try may have pushed it; its commit has another time.
    if (sent->end == git::push_end::unknown) {
      return by_hand({errc::unavailable, sent->detail, ""});
    }
    const auto body = "Takes back #" + std::to_string(row.number) +
                      ", which was opened by campaign `" + order_.campaign + "`.\n\n" + marker +
                      "rollback -->\n";
    const auto opened = patiently<forge::opened>(place, [&](auto& at, const auto& limits) {
      return forge::open_once(at, where, {title, body, branch, row.base_branch, false}, marker,
                              limits);
    });
    if (!opened.done()) return by_hand({errc::unavailable, opened.reason, ""});
    say(run, rollback_act::reverted, opened.value->pull.url);
    return journal(run, "rollback_reverted", {{"url", opened.value->pull.url}});
  }

  const rollback_order& order_;
  const rollback_means& with_;
  const std::function<void(const rollback_step&)>& tell_;
  std::vector<rollback_step> steps_;
};

}  // namespace

std::string_view to_string(rollback_act value) noexcept {
  switch (value) {
    case rollback_act::nothing:
      return "nothing";
    case rollback_act::closed:
      return "closed";
    case rollback_act::branch_deleted:
      return "branch-deleted";
    case rollback_act::reverted:
      return "reverted";
    case rollback_act::person:
      return "person";
  }
  return "nothing";
}

rollback_records records_of(store::writer& writer) {
  const auto keep = [&writer](store::operation what) -> result<> {
    const auto answers = writer.commit(std::vector<store::operation>{std::move(what)});
    if (answers.empty()) return error{errc::internal, "no answer of the store", ""};
    if (!answers.front()) return answers.front().error();
    return {};
  };
  return {keep, writer.view()};
}

result<std::vector<rollback_step>> roll_back(
    const rollback_order& order, const rollback_means& with,
    const std::function<void(const rollback_step&)>& tell) {
  return rollback(order, with, tell).run();
}

}  // namespace skein::actors
