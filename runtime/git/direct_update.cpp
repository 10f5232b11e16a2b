// See direct_update.hpp. Files are made as git makes them: the pack under a temporary name and
// beside a `.keep` until the branch shows what it is for, the reference by way of its `.lock`.
#include "runtime/git/direct_update.hpp"

#include "runtime/git/pack_writer.hpp"
#include "runtime/git/plain_receiver.hpp"
#include "runtime/git/stored_pack.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

namespace skein::git {
namespace {

namespace fs = std::filesystem;

/// So many branches are looked at for the parent of the commit.
constexpr int most_branches = 200;

std::optional<git_oid> target_of(git_repository* repository, const char* name) {
  git_oid id{};
  if (git_reference_name_to_id(&id, repository, name) < 0) return std::nullopt;
  return id;
}

/// What a branch is at is whole, with all that is behind it: git keeps it so.
bool some_branch_is_at(git_repository* repository, const git_oid& commit) {
  const auto head = target_of(repository, "HEAD");
  if (head && git_oid_equal(&*head, &commit) != 0) return true;
  git_reference_iterator* made = nullptr;
  if (git_reference_iterator_glob_new(&made, repository, "refs/heads/*") < 0) return false;
  const std::unique_ptr<git_reference_iterator, freed_by<git_reference_iterator_free>> each(made);
  const char* name = nullptr;
  for (int i = 0; i < most_branches && git_reference_next_name(&name, each.get()) == 0; ++i) {
    const auto at = target_of(repository, name);
    if (at && git_oid_equal(&*at, &commit) != 0) return true;
  }
  return false;
}

/// Whether everything in the tree is in the pack or stands at the same place of `old` (may be
/// null).
bool is_connected(git_repository* repository, const pack_writer& pack, const git_oid& id,
                  const git_oid* old) {
  if (old != nullptr && git_oid_equal(&id, old) != 0) return true;
  if (!pack.has(id)) return false;
  const auto tree = read_tree(repository, id);
  if (!tree) return false;
  tree_ptr before;
  if (old != nullptr) {
    auto read = read_tree(repository, *old);
    if (!read) return false;
    before = std::move(*read);
  }
  const std::size_t count = git_tree_entrycount(tree->get());
  for (std::size_t i = 0; i < count; ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree->get(), i);
    const auto type = git_tree_entry_type(entry);
    if (type == GIT_OBJECT_COMMIT) continue;
    const git_tree_entry* was =
        before ? git_tree_entry_byname(before.get(), git_tree_entry_name(entry)) : nullptr;
    const git_oid* there =
        was != nullptr && git_tree_entry_type(was) == type ? git_tree_entry_id(was) : nullptr;
    const git_oid& now = *git_tree_entry_id(entry);
    const bool whole = type == GIT_OBJECT_TREE
                           ? is_connected(repository, pack, now, there)
                           : (there != nullptr && git_oid_equal(there, &now) != 0) || pack.has(now);
    if (!whole) return false;
  }
  return true;
}

/// The pack for `commit`, when it has all that the repository lacks.
std::optional<pack_writer> whole_pack(git_repository* target, const fs::path& mirror,
                                      const std::string& commit) {
  const auto id = parse_id(commit);
  auto source = open_repository(mirror);
  if (!id || !source) return std::nullopt;
  git_commit* found = nullptr;
  if (git_commit_lookup(&found, source->get(), &*id) < 0) return std::nullopt;
  const commit_ptr owned(found);
  if (git_commit_parentcount(found) != 1) return std::nullopt;
  const git_oid parent = *git_commit_parent_id(found, 0);
  if (!some_branch_is_at(target, parent)) return std::nullopt;
  const auto old = tree_of_commit(target, parent);
  auto pack = stored_pack(source->get(), mirror, *id);
  if (!old || !pack || !is_connected(source->get(), *pack, *git_commit_tree_id(found), &*old))
    return std::nullopt;
  return std::move(*pack);
}

/// git's own lock on a reference. It appears whole and in one step, with the commit in it, so what
/// a crash leaves is known as ours and taken over. Unlocks, and leaves the reference alone, unless
/// it was moved.
class reference_lock {
 public:
  reference_lock(fs::path reference, const std::string& commit)
      : reference_(std::move(reference)), lock_(reference_.string() + ".lock") {
    const std::string line = commit + "\n";
    std::error_code failed;
    fs::create_directories(reference_.parent_path(), failed);
    if (failed) return;
    file_ = ::open(reference_.parent_path().c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
    if (file_ < 0) return;
    const bool whole =
        ::write(file_, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
        ::fdatasync(file_) == 0 && ::flock(file_, LOCK_EX | LOCK_NB) == 0;
    held_ = whole && (appear() || (errno == EEXIST && remove_stale(line) && appear()));
  }
  reference_lock(const reference_lock&) = delete;
  reference_lock& operator=(const reference_lock&) = delete;
  ~reference_lock() {
    if (held_) ::unlink(lock_.c_str());
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] bool held() const noexcept { return held_; }
  [[nodiscard]] bool move() {
    if (!held_ || ::rename(lock_.c_str(), reference_.c_str()) != 0) return false;
    held_ = false;
    return true;
  }

 private:
  [[nodiscard]] bool appear() const {
    const std::string self = "/proc/self/fd/" + std::to_string(file_);
    return ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, lock_.c_str(), AT_SYMLINK_FOLLOW) == 0;
  }

  /// A lock for the very same commit that no living process holds.
  [[nodiscard]] bool remove_stale(const std::string& line) const {
    const int old = ::open(lock_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (old < 0) return false;
    std::string text(line.size() + 1, '\0');
    const ssize_t got = ::read(old, text.data(), text.size());
    struct stat opened {};
    struct stat there {};
    const bool ours = got == static_cast<ssize_t>(line.size()) && text.starts_with(line) &&
                      ::flock(old, LOCK_EX | LOCK_NB) == 0 && ::fstat(old, &opened) == 0 &&
                      ::lstat(lock_.c_str(), &there) == 0 && opened.st_ino == there.st_ino &&
                      ::unlink(lock_.c_str()) == 0;
    ::close(old);
    return ours;
  }

  fs::path reference_;
  fs::path lock_;
  int file_ = -1;
  bool held_ = false;
};

/// Whether `name` or what is packed of it stands in the way of `wanted`: one is a branch, the other
/// a directory of branches.
bool in_the_way(git_repository* repository, const std::string& wanted) {
  constexpr std::size_t heads = std::string_view("refs/heads/").size();
  for (std::size_t at = wanted.find('/', heads); at != std::string::npos;
       at = wanted.find('/', at + 1)) {
    if (target_of(repository, wanted.substr(0, at).c_str())) return true;
  }
  git_reference_iterator* made = nullptr;
  if (git_reference_iterator_glob_new(&made, repository, (wanted + "/*").c_str()) < 0) return true;
  const std::unique_ptr<git_reference_iterator, freed_by<git_reference_iterator_free>> each(made);
  const char* name = nullptr;
  return git_reference_next_name(&name, each.get()) != GIT_ITEROVER;
}

/// What the branch is at now, and whether it can be moved by writing its file.
bool may_move(const location& where, const std::string& branch, const std::string& reference,
              const std::string& before) {
  // Opened anew: references may be cached.
  const auto now = open_local(where);
  if (!now) return false;
  git_repository* repository = now->opened.get();
  if (before.empty()) {
    const auto is = local_branch(*now, branch);
    return is && is->empty() && !in_the_way(repository, reference);
  }
  git_reference* found = nullptr;
  if (git_reference_lookup(&found, repository, reference.c_str()) < 0) return false;
  const reference_ptr owned(found);
  const git_oid* at = git_reference_target(found);
  return git_reference_type(found) == GIT_REFERENCE_DIRECT && at != nullptr &&
         id_text(*at) == before;
}

}  // namespace

direct_end update_directly(const local_repository& repository, const location& where,
                           const fs::path& mirror, const std::string& commit,
                           const std::string& branch, const std::string& before) {
  const auto reference = branch_reference(branch);
  if (!reference || !receives_plainly(repository)) return direct_end::left_to_git;
  auto pack = whole_pack(repository.opened.get(), mirror, commit);
  if (!pack) return direct_end::left_to_git;
  const auto kept = std::move(*pack).store_kept(repository.objects / "pack");
  if (!kept) return direct_end::left_to_git;
  bool moved = false;
  {
    reference_lock lock(repository.directory / *reference, commit);
    moved = lock.held() && may_move(where, branch, *reference, before) && lock.move();
  }
  std::error_code ignored;
  fs::remove(*kept, ignored);
  return moved ? direct_end::moved : direct_end::left_to_git;
}

}  // namespace skein::git
