// Bare mirrors: fetched into, read from, pushed from; never checked out, never configured by the
// repository. Base checkouts: one read-only directory per tree, made once. All functions block.
#pragma once

#include "runtime/git/repository.hpp"
#include "runtime/workspace/change.hpp"
#include "schema/error.hpp"
#include "schema/run.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace skein::git {

struct base {
  std::filesystem::path mirror;
  std::string branch;  ///< the resolved branch name; empty when a commit was asked for
  std::string commit;
  std::string tree;
};

/// Where the mirror of a repository is, whether it has been made or not.
[[nodiscard]] std::filesystem::path mirror_path(const std::filesystem::path& mirrors,
                                                const location& where);

/// Makes or updates the mirror of `where` and resolves `branch` (empty: the remote's HEAD) or
/// `commit`. Concurrent calls for one repository are serialised. Errors (class F2): `not_found` no
/// such repository, branch or commit; `invalid` not a git repository, or an empty one;
/// `unavailable` the remote did not answer; `timeout`; `cancelled`.
[[nodiscard]] result<base> fetch(const std::filesystem::path& mirrors, const location& where,
                                 const std::string& branch, const std::string& commit,
                                 std::chrono::milliseconds timeout, std::stop_token stop);

/// Where base checkouts are. Those that are small and fit live in memory (a tmpfs), because a disk
/// takes many times longer to make files than git to read them.
struct base_shelves {
  std::filesystem::path disk;
  std::filesystem::path memory;          ///< empty: none
  std::uint64_t memory_spared = 0;  ///< bytes that stay free there
};
struct base_checkout {
  std::filesystem::path path;
  std::uint64_t bytes = 0;  ///< of all files; 0 when it had been made before
  bool in_memory = false;
};

/// A file of a commit that is in the mirror, raw. `not_found` no such path; `refused` no regular file,
/// or larger than `most_bytes`.
[[nodiscard]] result<std::string> read_file(const std::filesystem::path& mirror,
                                            const std::string& commit, const std::string& path,
                                            std::size_t most_bytes);

/// The tree of a commit that is in the mirror.
[[nodiscard]] result<std::string> tree_of(const std::filesystem::path& mirror,
                                          const std::string& commit);

/// The read-only directory with the files of `tree`, raw (no filters, no line-end conversion, LFS
/// pointers as they are); submodules are empty directories; symlinks are kept. Made once,
/// atomically. `refused` names an entry that no checkout may have (`.git` look-alike, `..`, NUL).
[[nodiscard]] result<base_checkout> checkout(const base_shelves& shelves, const location& where,
                                             const base& from, std::stop_token stop);

/// Renames a checkout that nobody uses, so that nobody finds it any more; what is at the returned
/// path is to be removed (else sweep() does).
std::filesystem::path set_aside(const std::filesystem::path& checkout);

/// Drops what a crash left half-made, after a reboot what may not have reached the disk, and base
/// checkouts that were not used for a week. Returns how many entries were removed.
std::size_t sweep(const std::filesystem::path& mirrors, const base_shelves& shelves);

/// Writes the change into the mirror's object database on top of the base tree, in memory, and
/// returns the new tree's id. `invalid` when the change does not fit the base.
[[nodiscard]] result<std::string> write_tree(const base& from, const workspace::change_set& change);

/// True for paths that the base's own .gitignore files exclude; made once per collection. The function
/// remembers what it read: one thread at a time.
[[nodiscard]] result<std::function<bool(const std::string&, bool)>> ignore_rules(
    const base& from, const std::filesystem::path& checkout);

struct diff {
  std::string patch;  ///< unified, with binary deltas and renames, full object ids
  schema::diff_summary summary;
  struct file {
    std::string path;
    std::string old_path;  ///< set for renames
    std::string status;    ///< added | removed | modified | renamed | type_changed
    std::uint32_t insertions = 0;
    std::uint32_t deletions = 0;
    bool binary = false;
    std::uint32_t old_mode = 0;
    std::uint32_t new_mode = 0;
  };
  std::vector<file> files;
};

/// The difference between the base tree and `tree`. `refused` past `max_patch_bytes`.
[[nodiscard]] result<diff> diff_trees(const base& from, const std::string& tree,
                                      std::size_t max_patch_bytes = 64U << 20);

struct written_change {
  std::string tree;
  git::diff change;
};

/// write_tree() and diff_trees() of one change, with the old contents from the base's `checkout`
/// (compared with their ids, so that a damaged checkout changes nothing).
[[nodiscard]] result<written_change> write_change(const base& from,
                                                  const std::filesystem::path& checkout,
                                                  const workspace::change_set& change,
                                                  std::size_t max_patch_bytes = 64U << 20);

struct commit_spec {
  std::string tree;
  std::string message;
  std::string author_name;
  std::string author_email;
  std::int64_t at_s = 0;  ///< author and committer time, UTC: the same input gives the same commit
};

[[nodiscard]] result<std::string> write_commit(const base& from, const commit_spec& what);

/// The tree of `head` without the change from `original_commit` to `changed_tree`; all three are in
/// head's mirror. `conflict` when the same lines were changed since.
[[nodiscard]] result<std::string> take_back(const base& head, const std::string& changed_tree,
                                            const std::string& original_commit);

/// What takes the change from `original_commit` to `changed_tree` on to `head`; both are in head's
/// mirror. `conflict`: it does not apply there (as git's merge sees it, renames included), or has
/// what no workspace takes (a submodule); `refused` names the limit that it exceeds.
[[nodiscard]] result<workspace::change_set> carry_over(const base& head,
                                                       const std::string& changed_tree,
                                                       const std::string& original_commit,
                                                       const workspace::change_limits& limits);

/// The paths that differ between two commits of the mirror, at most `most`, then `refused`.
[[nodiscard]] result<std::vector<std::string>> paths_between(const std::filesystem::path& mirror,
                                                             const std::string& before,
                                                             const std::string& after,
                                                             std::size_t most);

enum class push_end {
  pushed,    ///< the branch is at our commit now
  rejected,  ///< the remote said no, for good: exists with another commit, hook, permission
  unknown    ///< we cannot tell: connection lost, timeout; only find_branch can
};
struct push_result {
  push_end end = push_end::unknown;
  std::string detail;  ///< one bounded line of what git said
};

/// Pushes `commit` to a branch that must not exist yet, or be at `commit` already (then: pushed).
/// Our hooks off, no prompts, no system or user configuration, allowed protocols only. A directory on
/// this machine runs its own hooks, as with git; one of another user is refused (rejected) unless this
/// user's git configuration names it as safe.directory.
[[nodiscard]] result<push_result> push(const std::filesystem::path& mirror, const location& where,
                                       const std::string& commit, const std::string& branch,
                                       std::chrono::milliseconds timeout, std::stop_token stop);

/// The commit that a remote branch is at; empty when there is none.
[[nodiscard]] result<std::string> find_branch(const location& where, const std::string& branch,
                                              std::chrono::milliseconds timeout,
                                              std::stop_token stop);

/// Deletes a remote branch if it is still at `commit`; absent counts as done.
[[nodiscard]] result<> delete_branch(const location& where, const std::string& branch,
                                     const std::string& commit, std::chrono::milliseconds timeout,
                                     std::stop_token stop);

}  // namespace skein::git
