// checkout(): writes the files of a tree as they are, with system calls that follow no symlink,
// into a directory that appears only when it is whole.
#include "runtime/git/library.hpp"
#include "runtime/git/mirror.hpp"
#include "runtime/git/mirror_directory.hpp"
#include "runtime/git/object_hash.hpp"
#include "runtime/git/pack_order.hpp"
#include "runtime/git/printable.hpp"
#include "runtime/workspace/git_name.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace skein::git {
namespace {

namespace fs = std::filesystem;

// A tree may name one subtree many times over, so few objects can stand for endless files.
constexpr std::uint64_t most_entries = 1'000'000;
constexpr std::uint64_t most_bytes = 16ULL << 30;
constexpr std::uint64_t largest_blob = 1ULL << 30;
constexpr unsigned deepest = 256;
constexpr std::size_t few_files = 200;
constexpr std::uint64_t largest_in_memory = 64U << 20;

class descriptor {
 public:
  explicit descriptor(int value) noexcept : value_(value) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int get() const noexcept { return value_; }

 private:
  int value_;
};

/// One file or symlink that is still to be written.
struct planned {
  std::string path;
  git_oid id{};
  git_filemode_t mode = GIT_FILEMODE_BLOB;
  std::uint64_t position = 0;
};

/// First all directories, then files in the order of the pack, symlinks last: while anything is
/// written there is no symlink that a path could go through.
class tree_writer {
 public:
  tree_writer(git_repository* repository, git_odb* objects, std::stop_token stop)
      : repository_(repository), objects_(objects), stop_(std::move(stop)) {}

  /// Reads which directories and files there are, and refuses what no checkout may have.
  result<> plan(const git_oid& tree, const fs::path& mirror) {
    SKEIN_CHECK(plan_directory(tree, 0));
    if (files_.size() <= few_files) return {};
    const pack_order order(mirror);
    for (planned& file : files_) file.position = order.position(file.id);
    std::stable_sort(files_.begin(), files_.end(),
                     [](const planned& a, const planned& b) { return a.position < b.position; });
    return {};
  }

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  result<> write(const fs::path& directory) {
    if (::mkdir(directory.c_str(), 0755) != 0) {
      return errno_error("make " + directory.string(), errno);
    }
    const descriptor top(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (top.get() < 0) return errno_error("open " + directory.string(), errno);
    top_ = top.get();
    for (const std::string& path : directories_) {
      if (::mkdirat(top_, path.c_str(), 0755) != 0) return failed("make", path);
    }
    for (const planned& file : files_) {
      if (stop_.stop_requested()) return cancelled();
      if (file.mode != GIT_FILEMODE_LINK) SKEIN_CHECK(write_file(file));
    }
    for (const planned& file : files_) {
      if (file.mode == GIT_FILEMODE_LINK) SKEIN_CHECK(write_link(file));
    }
    return {};
  }

 private:
  result<> plan_directory(const git_oid& id, unsigned depth) {
    if (depth > deepest) return refused(path_, "lies deeper than 256 directories");
    if (stop_.stop_requested()) return cancelled();
    SKEIN_TRY(tree, read_tree(repository_, id));
    const std::size_t count = git_tree_entrycount(tree.get());
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t parent = path_.size();
      SKEIN_CHECK(plan_entry(*git_tree_entry_byindex(tree.get(), i), depth));
      path_.resize(parent);
    }
    return {};
  }

  result<> plan_entry(const git_tree_entry& entry, unsigned depth) {
    const std::string_view name = git_tree_entry_name(&entry);
    if (!path_.empty()) path_ += '/';
    path_ += name;
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string_view::npos) {
      return refused(path_, "has a name that leaves its directory");
    }
    if (workspace::is_git_directory_name(name)) return refused(path_, "looks like .git");
    if (++entries_ > most_entries) {
      return refused(path_, "is one entry too many: the limit is 1,000,000");
    }
    const git_filemode_t mode = git_tree_entry_filemode(&entry);
    if (mode == GIT_FILEMODE_TREE || mode == GIT_FILEMODE_COMMIT) {
      directories_.push_back(path_);
      if (mode == GIT_FILEMODE_COMMIT) return {};
      return plan_directory(*git_tree_entry_id(&entry), depth + 1);
    }
    planned file{path_, *git_tree_entry_id(&entry), mode, 0};
    SKEIN_CHECK(check_blob(file));
    files_.push_back(std::move(file));
    return {};
  }

  result<> check_blob(const planned& file) {
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (const int rc = git_odb_read_header(&size, &type, objects_, &file.id); rc < 0) {
      return library_error("read " + printable(file.path), rc);
    }
    if (type != GIT_OBJECT_BLOB) {
      return error{errc::corrupt, printable(file.path) + " is not a blob", ""};
    }
    if (size > largest_blob) return refused(file.path, "is larger than 1 GiB");
    bytes_ += size;
    if (bytes_ > most_bytes) return refused(file.path, "takes the checkout past 16 GiB");
    return {};
  }

  result<> write_link(const planned& link) {
    SKEIN_TRY(blob, read_blob(link));
    const std::string target(static_cast<const char*>(git_odb_object_data(blob.get())),
                             git_odb_object_size(blob.get()));
    if (target.empty() || target.find('\0') != std::string::npos) {
      return refused(link.path, "is a symlink whose target is no path");
    }
    if (::symlinkat(target.c_str(), top_, link.path.c_str()) != 0) return failed("make", link.path);
    return {};
  }

  result<> write_file(const planned& file) {
    SKEIN_TRY(blob, read_blob(file));
    const descriptor opened(::openat(top_, file.path.c_str(),
                                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                     file.mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0755 : 0644));
    if (opened.get() < 0) return failed("make", file.path);
    const auto* bytes = static_cast<const char*>(git_odb_object_data(blob.get()));
    std::size_t left = git_odb_object_size(blob.get());
    while (left > 0) {
      const ssize_t wrote = ::write(opened.get(), bytes, left);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return failed("write", file.path);
      bytes += wrote;
      left -= static_cast<std::size_t>(wrote);
    }
    return {};
  }

  result<odb_object_ptr> read_blob(const planned& file) {
    git_odb_object* found = nullptr;
    if (const int rc = git_odb_read(&found, objects_, &file.id); rc < 0) {
      return library_error("read " + printable(file.path), rc);
    }
    odb_object_ptr blob(found);
    const std::string_view content(static_cast<const char*>(git_odb_object_data(found)),
                                   git_odb_object_size(found));
    if (!has_id(GIT_OBJECT_BLOB, content, file.id)) {
      return error{errc::corrupt, printable(file.path) + " is not what its object id says",
                   "run `git fsck` in the repository"};
    }
    return blob;
  }

  static error cancelled() { return {errc::cancelled, "checkout cancelled", ""}; }

  static error refused(const std::string& path, const std::string& why) {
    return {errc::refused, "the repository cannot be checked out: " + printable(path) + " " + why,
            "remove the entry from the repository"};
  }

  static error failed(const char* verb, const std::string& path) {
    const int why = errno;
    if (why == EEXIST) return refused(path, "is in its directory twice");
    if (why == ENAMETOOLONG) return refused(path, "has a name or target that is too long");
    return errno_error(std::string(verb) + " " + printable(path), why);
  }

  git_repository* repository_;
  git_odb* objects_;
  int top_ = -1;
  std::stop_token stop_;
  std::string path_;  ///< of the entry that is being planned
  std::vector<std::string> directories_;
  std::vector<planned> files_;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
};

bool is_made(const fs::path& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

/// What sweep() takes for the last use.
void mark_used(const fs::path& checkout) {
  ::utimensat(AT_FDCWD, checkout.c_str(), nullptr, 0);
}

bool fits_in_memory(const base_shelves& shelves, std::uint64_t bytes) {
  struct statfs found {};
  if (shelves.memory.empty() || bytes > largest_in_memory) return false;
  if (::statfs(shelves.memory.c_str(), &found) != 0) return false;
  const auto free =
      static_cast<std::uint64_t>(found.f_bavail) * static_cast<std::uint64_t>(found.f_bsize);
  return free >= shelves.memory_spared + bytes;
}

/// Makes the checkout at `target` unless another call has.
result<base_checkout> make(const fs::path& target, bool in_memory, tree_writer& tree) {
  const fs::path shelf = target.parent_path();
  std::error_code failed;
  fs::create_directories(shelf, failed);
  if (failed) return errno_error("make " + shelf.string(), failed.value());
  const auto lock = file_lock::take(shelf / "lock");
  if (!lock) return lock.error();
  if (is_made(target)) return base_checkout{target, 0, in_memory};
  const fs::path temporary = temporary_beside(target);
  auto written = tree.write(temporary);
  if (written && ::rename(temporary.c_str(), target.c_str()) != 0) {
    written = errno_error("rename to " + target.string(), errno);
  }
  if (!written) {
    fs::remove_all(temporary, failed);
    return written.error();
  }
  return base_checkout{target, tree.bytes(), in_memory};
}

}  // namespace

result<base_checkout> checkout(const base_shelves& shelves, const location& where, const base& from,
                               std::stop_token stop) {
  SKEIN_TRY(id, parse_id(from.tree));
  const fs::path on_disk = shelves.disk / where.key / from.tree;
  const fs::path in_memory = shelves.memory / where.key / from.tree;
  for (const bool memory : {true, false}) {
    const fs::path& target = memory ? in_memory : on_disk;
    if ((memory && shelves.memory.empty()) || !is_made(target)) continue;
    mark_used(target);
    return base_checkout{target, 0, memory};
  }
  SKEIN_TRY(repository, open_repository(from.mirror));
  SKEIN_TRY(objects, open_objects(repository.get()));
  tree_writer tree(repository.get(), objects.get(), std::move(stop));
  SKEIN_CHECK(tree.plan(id, from.mirror));
  const bool memory = fits_in_memory(shelves, tree.bytes());
  return make(memory ? in_memory : on_disk, memory, tree);
}

fs::path set_aside(const fs::path& checkout) {
  fs::path temporary = temporary_beside(checkout);
  ::rename(checkout.c_str(), temporary.c_str());  // not there: nothing to remove either
  return temporary;
}

}  // namespace skein::git
