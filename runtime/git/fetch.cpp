// fetch(): in process for a repository on this machine, with the git command line for others.
#include "runtime/git/fetch_remote.hpp"
#include "runtime/git/local_repository.hpp"
#include "runtime/git/mirror.hpp"
#include "runtime/git/mirror_directory.hpp"
#include "runtime/git/printable.hpp"

namespace skein::git {
namespace {

/// Constant time whatever the repository's size: nothing is copied, the mirror borrows the objects.
result<base> fetch_local(const std::filesystem::path& mirrors, const location& where,
                         const std::string& branch, const std::string& commit) {
  SKEIN_TRY(source, open_local(where));
  tip found;
  if (commit.empty()) {
    SKEIN_TRY(resolved, resolve_local(source, branch));
    found = resolved;
  } else {
    SKEIN_TRY(id, parse_id(commit));
    found = {branch, id};
  }
  auto tree = tree_of_commit(source.opened.get(), found.commit);
  if (!tree) {
    error failed = tree.error();
    failed.message += " in " + printable(where.path.native());
    if (failed.code == errc::not_found) failed.remedy = "check the commit id";
    return failed;
  }
  SKEIN_TRY(mirror, make_mirror(mirrors, where, source.objects));
  return base{mirror, found.branch, id_text(found.commit), id_text(*tree)};
}

}  // namespace

result<base> fetch(const std::filesystem::path& mirrors, const location& where,
                   const std::string& branch, const std::string& commit,
                   std::chrono::milliseconds timeout, std::stop_token stop) {
  if (stop.stop_requested()) {
    return error{errc::cancelled, "fetch " + printable(where.url) + " cancelled", ""};
  }
  if (where.how == transport::local) return fetch_local(mirrors, where, branch, commit);
  return fetch_remote(mirrors, where, branch, commit, timeout, std::move(stop));
}

}  // namespace skein::git
