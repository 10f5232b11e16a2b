// See local.hpp.
#include "runtime/forge/local.hpp"

#include "runtime/forge/local_records.hpp"

#include <algorithm>
#include <utility>

namespace skein::forge {
namespace {

namespace fs = std::filesystem;

template <class T>
answer<T> failed(const error& why) {
  auto out = answer<T>::no(why.message, why.code == errc::not_found ? 404 : 0);
  // The disk may be free again later; a record that was not written was not made.
  if (why.code == errc::io || why.code == errc::timeout || why.code == errc::unavailable) {
    out.end = outcome::rate_limited;
    out.wait_ms = 1000;
  }
  return out;
}

void add_each(std::vector<std::string>& to, const std::vector<std::string>& more) {
  for (const auto& one : more) {
    if (std::find(to.begin(), to.end(), one) == to.end()) to.push_back(one);
  }
}

/// Empty when it is no name: `..` must not become a path.
fs::path place_of(const fs::path& records, const repository_name& where) {
  if (!is_repository_name(where.owner + "/" + where.name)) return {};
  return records / where.owner / where.name;
}

template <class Change>
answer<pull_request> change_record(const fs::path& place, std::int64_t number, std::int64_t now_s,
                                   Change change) {
  if (place.empty()) return answer<pull_request>::no("not a repository's name");
  auto record = read_record(place, number);
  if (!record) return failed<pull_request>(record.error());
  change(*record);
  record->pull.updated_s = now_s;
  if (auto written = write_record(place, *record); !written) {
    return failed<pull_request>(written.error());
  }
  return answer<pull_request>::of(std::move(record->pull));
}

answer<nothing> end_of(const answer<pull_request>& changed) {
  return changed.done() ? answer<nothing>::of({}) : answer<nothing>::as(changed);
}

}  // namespace

local_forge::local_forge(fs::path records, local_git git, std::function<std::int64_t()> now_s)
    : records_(std::move(records)), git_(std::move(git)), now_s_(std::move(now_s)) {}

answer<repository_facts> local_forge::find_repository(const repository_name& where,
                                                      const call_limits&) {
  auto branch = git_.default_branch(where);
  if (!branch) return failed<repository_facts>(branch.error());
  repository_facts out;
  out.name = where;
  out.default_branch = std::move(*branch);
  return answer<repository_facts>::of(std::move(out));
}

answer<listed<repository_facts>> local_forge::search_repositories(const std::string&, std::size_t,
                                                                  const call_limits&) {
  return answer<listed<repository_facts>>::no("local repositories cannot be searched: use glob");
}

answer<std::optional<pull_request>> local_forge::find_pull_request(const repository_name& where,
                                                                   const std::string& head_branch,
                                                                   const std::string& marker,
                                                                   const call_limits&) {
  using found = std::optional<pull_request>;
  auto known = read_records(place_of(records_, where));
  if (!known) return failed<found>(known.error());
  found best;
  for (auto& one : *known) {
    if (one.pull.head_branch != head_branch || marker.empty() ||
        one.pull.body.find(marker) == std::string::npos) {
      continue;
    }
    if (!best || (one.pull.open && !best->open)) best = std::move(one.pull);
  }
  return answer<found>::of(std::move(best));
}

answer<pull_request> local_forge::read_pull_request(const repository_name& where,
                                                    std::int64_t number, const call_limits&) {
  const fs::path place = place_of(records_, where);
  if (place.empty()) return answer<pull_request>::no("not a repository's name");
  auto record = read_record(place, number);
  if (!record) return failed<pull_request>(record.error());
  // As other forges: of an open one, the branch as it is now.
  if (record->pull.open) {
    auto commit = git_.commit_of(where, record->pull.head_branch);
    if (commit && !commit->empty()) record->pull.head_commit = std::move(*commit);
  }
  return answer<pull_request>::of(std::move(record->pull));
}

answer<listed<pull_request>> local_forge::list_open(const repository_name& where,
                                                    const std::string& head_prefix,
                                                    std::size_t most, const call_limits&) {
  using found = listed<pull_request>;
  auto known = read_records(place_of(records_, where));
  if (!known) return failed<found>(known.error());
  found out;
  for (auto& one : *known) {
    if (!one.pull.open || !one.pull.head_branch.starts_with(head_prefix)) continue;
    if (out.items.size() == most) {
      out.complete = false;
      break;
    }
    out.items.push_back(std::move(one.pull));
  }
  return answer<found>::of(std::move(out));
}

answer<pull_request> local_forge::create_pull_request(const repository_name& where,
                                                      const new_pull_request& wanted,
                                                      const call_limits&) {
  const fs::path place = place_of(records_, where);
  if (place.empty() || !is_branch_name(wanted.head_branch) || !is_branch_name(wanted.base_branch)) {
    return answer<pull_request>::no("not a repository and two branches");
  }
  auto commit = git_.commit_of(where, wanted.head_branch);
  if (!commit) return failed<pull_request>(commit.error());
  if (commit->empty()) {
    return answer<pull_request>::no("there is no branch " + wanted.head_branch, 422);
  }
  auto known = read_records(place);
  if (!known) return failed<pull_request>(known.error());
  local_record made;
  for (const auto& one : *known) {
    if (one.pull.open && one.pull.head_branch == wanted.head_branch &&
        one.pull.base_branch == wanted.base_branch) {
      auto out = answer<pull_request>::no(
          "a pull request for branch " + wanted.head_branch + " exists already", 422);
      out.exists_already = true;
      return out;
    }
    made.pull.number = std::max(made.pull.number, one.pull.number);
  }
  ++made.pull.number;
  made.pull.title = wanted.title;
  made.pull.body = wanted.body;
  made.pull.head_branch = wanted.head_branch;
  made.pull.head_commit = std::move(*commit);
  made.pull.head_repository = where.owner + "/" + where.name;
  made.pull.base_branch = wanted.base_branch;
  made.pull.author = "skein";
  made.pull.open = true;
  made.pull.draft = wanted.draft;
  made.pull.created_s = made.pull.updated_s = now_s_();
  if (auto written = write_record(place, made); !written) {
    return failed<pull_request>(written.error());
  }
  return answer<pull_request>::of(std::move(made.pull), 201);
}

answer<pull_request> local_forge::update_pull_request(const repository_name& where,
                                                      std::int64_t number,
                                                      const pull_request_change& change,
                                                      const call_limits&) {
  return change_record(place_of(records_, where), number, now_s_(), [&](local_record& record) {
    if (change.title) record.pull.title = *change.title;
    if (change.body) record.pull.body = *change.body;
    if (change.draft) record.pull.draft = *change.draft;
  });
}

answer<pull_request> local_forge::close_pull_request(const repository_name& where,
                                                     std::int64_t number, const call_limits&) {
  return change_record(place_of(records_, where), number, now_s_(), [](local_record& record) {
    if (!record.pull.open) return;
    record.pull.open = false;
    record.pull.closed_by = "skein";
    record.pull.closed_by_bot = true;
  });
}

answer<nothing> local_forge::comment(const repository_name& where, std::int64_t number,
                                     const std::string& text, const std::string& marker,
                                     const call_limits&) {
  if (marker.empty() || text.find(marker) == std::string::npos) {
    return answer<nothing>::no("the comment does not hold its marker");
  }
  const std::int64_t now = now_s_();
  return end_of(change_record(place_of(records_, where), number, now, [&](local_record& record) {
    const bool there =
        std::any_of(record.comments.begin(), record.comments.end(),
                    [&](const auto& one) { return one.text.find(marker) != std::string::npos; });
    if (!there) record.comments.push_back({text, now});
  }));
}

answer<nothing> local_forge::add_labels(const repository_name& where, std::int64_t number,
                                        const std::vector<std::string>& labels,
                                        const call_limits&) {
  return end_of(change_record(place_of(records_, where), number, now_s_(),
                              [&](local_record& record) { add_each(record.pull.labels, labels); }));
}

answer<nothing> local_forge::request_reviewers(const repository_name& where, std::int64_t number,
                                               const std::vector<std::string>& users,
                                               const std::vector<std::string>& teams,
                                               const call_limits&) {
  return end_of(
      change_record(place_of(records_, where), number, now_s_(), [&](local_record& record) {
        add_each(record.users, users);
        add_each(record.teams, teams);
      }));
}

answer<check_summary> local_forge::read_checks(const repository_name&, const std::string&,
                                               const call_limits&) {
  return answer<check_summary>::of({});
}

answer<std::optional<std::string>> local_forge::read_file(const repository_name& where,
                                                          const std::string& path,
                                                          const std::string& reference,
                                                          std::size_t most_bytes,
                                                          const call_limits&) {
  using file = std::optional<std::string>;
  auto content = git_.read_file(where, reference, path);
  if (!content && content.error().code == errc::not_found) return answer<file>::of(std::nullopt);
  if (!content) return failed<file>(content.error());
  if (content->size() > most_bytes) {
    return answer<file>::no(path + " has " + std::to_string(content->size()) + " bytes", 200);
  }
  return answer<file>::of(std::move(*content));
}

answer<std::string> local_forge::git_secret(const repository_name& /*where*/,
                                            const call_limits& /*limits*/) {
  return answer<std::string>::of({});
}

answer<nothing> local_forge::delete_branch(const repository_name& where, const std::string& branch,
                                           const std::string& commit, const call_limits&) {
  std::string expected = commit;
  if (expected.empty()) {
    auto now = git_.commit_of(where, branch);
    if (!now) return failed<nothing>(now.error());
    if (now->empty()) return answer<nothing>::of({});
    expected = std::move(*now);
  }
  if (auto done = git_.delete_branch(where, branch, expected); !done) {
    return failed<nothing>(done.error());
  }
  return answer<nothing>::of({});
}

}  // namespace skein::forge
