// Repositories, files, branches and checks of github.hpp; pull requests are in
// github_pull_requests.cpp.
#include "runtime/forge/github.hpp"

#include "runtime/forge/github_turn.hpp"
#include "runtime/forge/json_facts.hpp"

#include <algorithm>
#include <utility>

namespace skein::forge {
namespace {

using json = nlohmann::json;

constexpr std::size_t most_checks = 1000;

template <class T>
answer<T> bad_name(const repository_name& where) {
  return answer<T>::no("not a repository's name: " + github::shown(where.owner + "/" + where.name));
}

bool good(const repository_name& where) {
  return is_repository_name(where.owner + "/" + where.name);
}

bool good_path(std::string_view path) {
  if (path.empty() || path.size() > 4096) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

github_forge::github_forge(github::options wanted, http::client& client, rate_buckets& rates)
    : session_(std::move(wanted), client, rates) {}

answer<repository_facts> github_forge::find_repository(const repository_name& where,
                                                       const call_limits& limits) {
  if (!good(where)) return bad_name<repository_facts>(where);
  turn here(session_, where, limits);
  const auto got = here.ask(github::get_repository(where));
  if (got.how.end != outcome::done) return ended<repository_facts>(got);
  auto facts = github::read_repository(got.body);
  return facts ? answer<repository_facts>::of(std::move(*facts), got.status)
               : ended<repository_facts>(got);
}

answer<listed<repository_facts>> github_forge::search_repositories(const std::string& selector,
                                                                   std::size_t most,
                                                                   const call_limits& limits) {
  using found = listed<repository_facts>;
  const auto query = github::search_query(selector);
  if (!query) return answer<found>::no(query.error().message);
  const repository_name nowhere;
  turn here(session_, nowhere, limits);
  found out;
  bool partial = false;
  bool complete = false;
  const auto got =
      here.pages(github::search_repositories(*query, std::clamp<std::size_t>(most, 1, 100)),
                 complete, [&](const json& body) {
                   partial = partial || flag_in(body, "incomplete_results");
                   for (const auto& item : array_in(body, "items")) {
                     if (out.items.size() == most) return false;
                     auto facts = github::read_repository(item);
                     if (facts) {
                       out.items.push_back(std::move(*facts));
                     } else {
                       partial = true;
                     }
                   }
                   return true;
                 });
  if (got.how.end != outcome::done) return ended<found>(got);
  out.complete = complete && !partial;
  return answer<found>::of(std::move(out), got.status);
}

answer<check_summary> github_forge::read_checks(const repository_name& where,
                                                const std::string& commit,
                                                const call_limits& limits) {
  if (!good(where) || !is_commit(commit)) return bad_name<check_summary>(where);
  turn here(session_, where, limits);
  check_summary out;
  bool runs_complete = false;
  bool statuses_complete = false;
  const auto take = [&out](const json& list, auto read) {
    for (const auto& one : list) {
      if (out.checks.size() == most_checks) return false;
      out.checks.push_back(read(one));
    }
    return true;
  };
  const auto runs = here.pages(
      github::list_check_runs(where, commit), runs_complete,
      [&](const json& body) { return take(array_in(body, "check_runs"), github::read_check_run); });
  if (runs.how.end != outcome::done) return ended<check_summary>(runs);
  const auto statuses = here.pages(
      github::combined_status(where, commit), statuses_complete,
      [&](const json& body) { return take(array_in(body, "statuses"), github::read_status); });
  if (statuses.how.end != outcome::done) return ended<check_summary>(statuses);
  out.complete = runs_complete && statuses_complete;
  github::summarise(out);
  return answer<check_summary>::of(std::move(out));
}

answer<std::optional<std::string>> github_forge::read_file(const repository_name& where,
                                                           const std::string& path,
                                                           const std::string& reference,
                                                           std::size_t most_bytes,
                                                           const call_limits& limits) {
  using file = std::optional<std::string>;
  if (!good(where)) return bad_name<file>(where);
  if (!good_path(path) || !(is_branch_name(reference) || is_commit(reference))) {
    return answer<file>::no("not a path and branch that can be read: " + github::shown(path));
  }
  turn here(session_, where, limits);
  auto got = here.ask(github::get_file(where, path, reference));
  if (got.how.not_found) return answer<file>::of(std::nullopt, got.status);
  if (got.how.end != outcome::done) return ended<file>(got);
  if (!got.body.is_object() || text_in(got.body, "type") != "file") {
    return answer<file>::no(github::shown(path) + " is no file", got.status);
  }
  const std::int64_t size = number_in(got.body, "size");
  if (size < 0 || static_cast<std::uint64_t>(size) > most_bytes) {
    return answer<file>::no(github::shown(path) + " has " + std::to_string(size) + " bytes",
                            got.status);
  }
  if (text_in(got.body, "encoding") == "none") {
    // From 1 MB on the content comes only as a blob.
    const std::string blob = text_in(got.body, "sha");
    if (!is_commit(blob)) return ended<file>(got);
    got = here.ask(github::get_blob(where, blob));
    if (got.how.end != outcome::done) return ended<file>(got);
  }
  auto content = text_in(got.body, "encoding") == "base64"
                     ? github::from_base64(text_in(got.body, "content"))
                     : std::nullopt;
  if (!content || content->size() > most_bytes) return ended<file>(got);
  return answer<file>::of(std::move(content), got.status);
}

answer<std::string> github_forge::git_secret(const repository_name& where,
                                             const call_limits& limits) {
  if (!good(where)) return bad_name<std::string>(where);
  github::spoken got;
  auto secret = session_.secret(where, got.how, limits,
                                std::chrono::steady_clock::now() + limits.deadline);
  return secret ? answer<std::string>::of(std::move(*secret)) : ended<std::string>(got);
}

answer<nothing> github_forge::delete_branch(const repository_name& where, const std::string& branch,
                                            const std::string& commit, const call_limits& limits) {
  if (!good(where)) return bad_name<nothing>(where);
  if (!is_branch_name(branch)) {
    return answer<nothing>::no("not a branch's name: " + github::shown(branch));
  }
  turn here(session_, where, limits);
  const auto now = here.ask(github::get_branch(where, branch));
  if (now.how.not_found) return answer<nothing>::of({}, now.status);
  if (now.how.end != outcome::done) return ended<nothing>(now);
  const std::string at = text_in(object_in(now.body, "object"), "sha");
  if (!is_commit(at)) return ended<nothing>(now);
  if (!commit.empty() && at != commit) {
    return answer<nothing>::no("branch " + github::shown(branch) + " moved to commit " + at);
  }
  const auto got = here.ask(github::delete_branch(where, branch));
  // 422: the reference does not exist any more.
  if (got.how.end == outcome::done || got.how.not_found || got.status == 422) {
    return answer<nothing>::of({}, got.status);
  }
  return ended<nothing>(got);
}

}  // namespace skein::forge
