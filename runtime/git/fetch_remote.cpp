// See fetch_remote.hpp.
#include "runtime/git/fetch_remote.hpp"

#include "runtime/git/command.hpp"
#include "runtime/git/library.hpp"
#include "runtime/git/local_repository.hpp"
#include "runtime/git/mirror_directory.hpp"
#include "runtime/git/printable.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace skein::git {
namespace {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

/// The remote is there, but not what was asked of it.
bool is_missing(const error& failed) {
  const auto says = [&](const char* text) {
    return failed.message.find(text) != std::string::npos;
  };
  return says("couldn't find remote ref") || says("not our ref") || says("unadvertised object");
}

/// One fetch into one mirror, whose lock the caller holds.
class remote_fetch {
 public:
  remote_fetch(const location& where, fs::path mirror, clock::time_point deadline,
               std::stop_token stop)
      : where_(where), mirror_(std::move(mirror)), deadline_(deadline), stop_(std::move(stop)) {}

  result<base> run(const std::string& branch, const std::string& commit) {
    if (!commit.empty()) return run_commit(branch, commit);
    std::string name = branch;
    if (name.empty()) {
      SKEIN_TRY(head, ask_remote(where_, "HEAD", left(), stop_));
      if (head.commit.empty()) return empty_repository();
      if (head.head.empty()) {
        auto found = run_commit("", head.commit);
        if (found) found->branch = "HEAD";
        return found;
      }
      name = head.head;
    }
    SKEIN_TRY(reference, branch_reference(name));
    const std::string kept = "refs/skein/heads/" + name;
    if (auto fetched = fetch_only("+" + reference + ":" + kept); !fetched) {
      return explain(fetched.error(), reference, name);
    }
    SKEIN_TRY(repository, open_repository(mirror_));
    git_oid id{};
    if (const int rc = git_reference_name_to_id(&id, repository.get(), kept.c_str()); rc < 0) {
      return library_error("read branch " + printable(name), rc);
    }
    return finish(repository.get(), name, id);
  }

 private:
  result<base> run_commit(const std::string& branch, const std::string& commit) {
    SKEIN_TRY(id, parse_id(commit));
    {
      SKEIN_TRY(repository, open_repository(mirror_));
      if (tree_of_commit(repository.get(), id)) return finish(repository.get(), branch, id);
    }
    const std::string text = id_text(id);
    if (auto fetched = fetch_only("+" + text + ":refs/skein/commits/" + text); !fetched) {
      if (!is_missing(fetched.error())) return fetched.error();
      // Not every server gives out a commit by its id: then all branches, with their history.
      std::vector<std::string> options;
      if (std::error_code none; fs::exists(mirror_ / "shallow", none)) {
        options.emplace_back("--unshallow");
      }
      SKEIN_CHECK(fetch("+refs/heads/*:refs/skein/heads/*", options));
    }
    SKEIN_TRY(repository, open_repository(mirror_));
    if (auto tree = tree_of_commit(repository.get(), id); !tree) {
      if (tree.error().code == errc::invalid) return tree.error();
      return error{errc::not_found, "no commit " + text + " in any branch of " + where_.url,
                   "check the commit id"};
    }
    return finish(repository.get(), branch, id);
  }

  result<base> finish(git_repository* repository, const std::string& branch, const git_oid& id) {
    SKEIN_TRY(tree, tree_of_commit(repository, id));
    return base{mirror_, branch, id_text(id), id_text(tree)};
  }

  /// Only the commit itself: a child of it can be made and pushed without its history.
  result<> fetch_only(const std::string& refspec) {
    auto fetched = fetch(refspec, {"--depth=1"});
    const bool dumb = !fetched && fetched.error().message.find("dumb http") != std::string::npos;
    return dumb ? fetch(refspec, {}) : fetched;
  }

  result<> fetch(const std::string& refspec, const std::vector<std::string>& options) {
    drop_stale_locks();
    git_call call;
    call.how = where_.how;
    call.as = where_.as;
    call.remote = where_.url;
    call.arguments = client_options();
    call.arguments.emplace_back("--git-dir=" + mirror_.string());
    for (const char* word :
         {"fetch", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
          "--no-auto-maintenance", "--no-show-forced-updates", "--quiet"}) {
      call.arguments.emplace_back(word);
    }
    call.arguments.insert(call.arguments.end(), options.begin(), options.end());
    call.arguments.insert(call.arguments.end(), {"--end-of-options", where_.url, refspec});
    call.timeout = left();
    SKEIN_TRY(ended, run_git(std::move(call), stop_));
    if (ended.exit_code == 0) return {};
    error failed = remote_error("fetch " + where_.url, ended);
    if (is_missing(failed)) failed.code = errc::not_found;
    return failed;
  }

  /// A missing branch is told from a missing repository and from an empty one.
  error explain(const error& failed, const std::string& reference, const std::string& name) {
    if (!is_missing(failed)) return failed;
    auto any = ask_remote(where_, "HEAD", left(), stop_);
    auto named = ask_remote(where_, "refs/heads/*", left(), stop_);
    if (any && any->commit.empty() && named && named->commit.empty()) return empty_repository();
    return {errc::not_found,
            "no branch " + printable(name) + " (" + printable(reference) + ") in " + where_.url,
            "check the branch name"};
  }

  error empty_repository() const {
    return {errc::invalid, "the repository " + where_.url + " is empty: it has no commit",
            "push a first commit"};
  }

  /// A git that was killed leaves its lock files; nobody else writes while we hold the mirror's
  /// lock.
  void drop_stale_locks() const {
    std::error_code failed;
    for (const char* name : {"shallow.lock", "packed-refs.lock"})
      fs::remove(mirror_ / name, failed);
    for (fs::recursive_directory_iterator each(mirror_ / "refs", failed), end; each != end;
         each.increment(failed)) {
      if (failed) break;
      if (each->path().extension() == ".lock") fs::remove(each->path(), failed);
    }
  }

  std::chrono::milliseconds left() const {
    const auto rest =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - clock::now());
    return std::max(rest, std::chrono::milliseconds(1));
  }

  const location& where_;
  fs::path mirror_;
  clock::time_point deadline_;
  std::stop_token stop_;
};

}  // namespace

result<base> fetch_remote(const fs::path& mirrors, const location& where, const std::string& branch,
                          const std::string& commit, std::chrono::milliseconds timeout,
                          std::stop_token stop) {
  const auto deadline = clock::now() + timeout;
  SKEIN_TRY(mirror, make_mirror(mirrors, where, {}));
  const auto lock = file_lock::take(mirrors / (where.key + ".lock"));
  if (!lock) return lock.error();
  if (stop.stop_requested()) return error{errc::cancelled, "fetch " + where.url + " cancelled", ""};
  if (clock::now() >= deadline) {
    return error{errc::timeout, "fetch " + where.url + ": another fetch took all the time", ""};
  }
  return remote_fetch(where, mirror, deadline, std::move(stop)).run(branch, commit);
}

result<advertised> ask_remote(const location& where, const std::string& reference,
                              std::chrono::milliseconds timeout, std::stop_token stop) {
  git_call call;
  call.how = where.how;
  call.as = where.as;
  call.remote = where.url;
  call.timeout = timeout;
  call.arguments = client_options();
  call.arguments.insert(call.arguments.end(), {"ls-remote", "--quiet", "--symref",
                                               "--end-of-options", where.url, reference});
  SKEIN_TRY(ended, run_git(std::move(call), std::move(stop)));
  if (ended.exit_code != 0) return remote_error("ask " + where.url, ended);
  advertised out;
  std::istringstream lines(ended.out);
  const bool pattern = reference.find('*') != std::string::npos;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    const std::string name = line.substr(tab + 1);
    // ls-remote matches the tail of names: refs/heads/x also finds refs/remotes/refs/heads/x.
    if (!pattern && name != reference) continue;
    constexpr std::string_view symbolic = "ref: refs/heads/";
    if (line.starts_with(symbolic)) {
      out.head = line.substr(symbolic.size(), tab - symbolic.size());
    } else if (tab == GIT_OID_HEXSZ) {
      out.commit = line.substr(0, tab);
    }
  }
  return out;
}

}  // namespace skein::git
