// See pull_request_life.hpp.
#include "runtime/forge/pull_request_life.hpp"

#include <algorithm>
#include <string_view>

namespace skein::forge {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::string_view marker_start = "<!-- skein run=";
constexpr std::string_view fingerprint_start = " fingerprint=";

/// How many were opened in the `length` before now, and when the oldest of the last `limit` leaves.
std::int64_t full_until(const std::vector<std::int64_t>& opened, std::uint32_t limit,
                        std::int64_t length, std::int64_t now_ms) {
  std::vector<std::int64_t> inside;
  for (const std::int64_t at : opened) {
    // What is later than now (a clock that jumped) counts as now.
    if (at > now_ms - length) inside.push_back(std::min(at, now_ms));
  }
  if (inside.size() < limit) return 0;
  if (limit == 0) return now_ms + length;
  std::sort(inside.begin(), inside.end());
  return inside[inside.size() - limit] + length;
}

std::string number_of(const earlier_pull_request& one) {
  return "#" + std::to_string(one.number);
}

bool find_duplicate(const candidate& wanted, const std::vector<earlier_pull_request>& earlier,
                    opening_decision& out) {
  const auto rank = [](earlier_end end) {
    switch (end) {
      case earlier_end::closed_by_person:
        return 3;
      case earlier_end::open:
        return 2;
      case earlier_end::merged:
        return 1;
      case earlier_end::closed_by_platform:
        break;
    }
    return 0;  // stale or rolled back: may be tried again
  };
  const earlier_pull_request* worst = nullptr;
  for (const auto& one : earlier) {
    if (one.repository != wanted.repository || one.fingerprint != wanted.fingerprint ||
        one.fingerprint.empty() || rank(one.end) == 0) {
      continue;
    }
    if (one.run == wanted.run && one.end != earlier_end::closed_by_person) continue;
    if (worst == nullptr || rank(one.end) > rank(worst->end)) worst = &one;
  }
  if (worst == nullptr) return false;
  out.what = opening::duplicate;
  out.other = number_of(*worst);
  const char* became = worst->end == earlier_end::open     ? " is open for the same task"
                       : worst->end == earlier_end::merged ? " did the same task and was merged"
                                                           : " did the same task and was closed by "
                                                             "a person: it is not opened again";
  out.reasons.push_back(out.other + became);
  return true;
}

void find_holds(const candidate& wanted, const std::vector<earlier_pull_request>& earlier,
                const life_rules& rules, std::int64_t now_ms, opening_decision& out) {
  std::uint32_t open = 0;
  std::vector<std::int64_t> opened;
  for (const auto& one : earlier) {
    if (one.repository != wanted.repository || one.run == wanted.run) continue;
    if (one.end == earlier_end::open) ++open;
    opened.push_back(one.opened_ms);
  }
  bool by_event = false;
  const auto hold = [&](std::string reason, std::int64_t until) {
    out.what = opening::hold;
    out.reasons.push_back(std::move(reason));
    if (until == 0) by_event = true;
    out.again_ms = std::max(out.again_ms, until);
  };
  if (wanted.archived) hold("the repository is archived", 0);
  if (open >= rules.most_open) {
    hold(std::to_string(open) + " pull requests are open here, the limit is " +
             std::to_string(rules.most_open),
         0);
  }
  if (wanted.score < rules.least_score) {
    hold("quality " + std::to_string(wanted.score) + " is below " +
             std::to_string(rules.least_score),
         0);
  }
  if (const auto until = full_until(opened, rules.most_per_hour, hour_ms, now_ms); until > 0) {
    hold("the limit of " + std::to_string(rules.most_per_hour) + " an hour is reached here", until);
  }
  if (const auto until = full_until(opened, rules.most_per_day, 24 * hour_ms, now_ms); until > 0) {
    hold("the limit of " + std::to_string(rules.most_per_day) + " a day is reached here", until);
  }
  if (by_event) out.again_ms = 0;
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

/// True when something in sorted `b` is `path`, or is inside it.
bool has_at_or_below(const std::vector<std::string>& b, const std::string& path) {
  // Names between `path` and `path/` (as `path-x`) sort in between: two looks.
  if (std::binary_search(b.begin(), b.end(), path)) return true;
  const auto at = std::lower_bound(b.begin(), b.end(), path + "/");
  return at != b.end() && is_below(*at, path);
}

}  // namespace

body_marker read_marker(const std::string& body) {
  const std::size_t start = body.rfind(marker_start);
  if (start == std::string::npos) return {};
  const std::size_t end = body.find(" -->", start);
  if (end == std::string::npos || body.find('\n', start) < end) return {};
  const std::size_t from = start + marker_start.size();
  const std::string inside = body.substr(from, end - from);
  const std::size_t split = inside.find(fingerprint_start);
  if (split == std::string::npos) return {};
  body_marker out{inside.substr(0, split), inside.substr(split + fingerprint_start.size())};
  const auto plain = [](const std::string& text) {
    return !text.empty() && text.find_first_of(" \t\"'<>") == std::string::npos;
  };
  return plain(out.run) && plain(out.fingerprint) ? out : body_marker{};
}

std::string marker_of_run(const std::string& run) {
  return std::string(marker_start) + run + std::string(fingerprint_start);
}

bool paths_overlap(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> left = a;
  std::vector<std::string> right = b;
  std::sort(left.begin(), left.end());
  std::sort(right.begin(), right.end());
  const auto any = [](const auto& from, const auto& in) {
    return std::any_of(from.begin(), from.end(),
                       [&](const auto& path) { return has_at_or_below(in, path); });
  };
  return any(left, right) || any(right, left);
}

opening_decision decide_opening(const candidate& wanted,
                                const std::vector<earlier_pull_request>& earlier,
                                const std::vector<neighbour_run>& neighbours,
                                const life_rules& rules, std::int64_t now_ms) {
  opening_decision out;
  if (find_duplicate(wanted, earlier, out)) return out;
  find_holds(wanted, earlier, rules, now_ms, out);
  if (out.what == opening::hold) return out;
  for (const auto& other : neighbours) {
    if (!other.goes_first || other.run == wanted.run || other.base_branch != wanted.base_branch ||
        !paths_overlap(wanted.paths, other.paths)) {
      continue;
    }
    out.what = opening::conflict;
    out.other = other.run;
    out.reasons.push_back("run " + other.run + " changes the same files");
    return out;
  }
  if (wanted.base_moved) {
    out.what = opening::rebase;
    out.reasons.emplace_back("the base moved: the change is verified again on top of it");
    return out;
  }
  if (wanted.draft_by_rule) out.reasons.emplace_back("a rule asks for a draft");
  // Written so that a confidence that is no number asks for a person.
  if (!(wanted.confidence >= rules.draft_below)) out.reasons.emplace_back("confidence is low");
  if (wanted.risk >= rules.draft_from) {
    out.reasons.push_back("risk is " + std::string(schema::to_string(wanted.risk)));
  }
  if (!out.reasons.empty()) out.what = opening::draft;
  return out;
}

stale_decision decide_stale(const open_age& age, const stale_rules& rules, std::int64_t now_ms) {
  if (!age.open) {
    // The branch of what a person closed may be what that person works on: it stays.
    if (!age.branch_there || (age.closed_by_person && !age.merged)) {
      return {stale_step::finished, 0};
    }
    const std::int64_t at = age.closed_ms + rules.delete_after_ms;
    if (now_ms >= at) return {stale_step::delete_branch, 0};
    return {stale_step::wait, at};
  }
  if (age.held) return {stale_step::wait, 0};
  if (age.reminded_ms != 0 && age.reminded_ms >= age.touched_ms) {
    const std::int64_t at = age.reminded_ms + rules.close_after_ms;
    if (now_ms >= at) return {stale_step::close, 0};
    return {stale_step::wait, at};
  }
  const std::int64_t at = age.touched_ms + rules.remind_after_ms;
  if (now_ms >= at) return {stale_step::remind, 0};
  return {stale_step::wait, at};
}

feedback decide_feedback(bool any_failed, bool all_finished, bool for_head_commit,
                         std::uint32_t rounds_done, std::uint32_t most_rounds) {
  if (!for_head_commit || !all_finished) return feedback::wait;
  if (!any_failed) return feedback::done;
  return rounds_done < most_rounds ? feedback::feed_back : feedback::give_up;
}

rebase_step decide_rebase(const moved_base& facts, std::uint32_t most) {
  if (facts.pinned || most == 0) return rebase_step::none;
  // Before anything is said of the branch: it may just have been pushed.
  if (facts.at_work) return rebase_step::wait;
  if (!facts.ours) return rebase_step::taken_over;
  if (facts.tried_here) return rebase_step::failed;
  return facts.rebases >= most ? rebase_step::exhausted : rebase_step::rebase;
}

}  // namespace skein::forge
