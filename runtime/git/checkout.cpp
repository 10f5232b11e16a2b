// checkout(): writes the files of a tree as they are, with system calls that follow no symlink, into
// a directory that appears only when it is whole.
#include "runtime/git/library.hpp"
#include "runtime/git/mirror.hpp"
#include "runtime/git/mirror_directory.hpp"
#include "runtime/git/printable.hpp"
#include "runtime/workspace/git_name.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace skein::git {
namespace {

namespace fs = std::filesystem;

// A tree may name one subtree many times over, so few objects can stand for endless files.
constexpr std::uint64_t most_entries = 1'000'000;
constexpr std::uint64_t most_bytes = 16ULL << 30;
constexpr std::uint64_t largest_blob = 1ULL << 30;
constexpr unsigned deepest = 256;

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

class tree_writer {
 public:
  tree_writer(git_repository* repository, git_odb* objects, std::stop_token stop)
      : repository_(repository), objects_(objects), stop_(std::move(stop)) {}

  result<> write(const git_oid& id, int directory, unsigned depth) {
    if (depth > deepest) return refused("lies deeper than 256 directories");
    SKEIN_TRY(tree, read_tree(repository_, id));
    const std::size_t count = git_tree_entrycount(tree.get());
    for (std::size_t i = 0; i < count; ++i) {
      if (stop_.stop_requested()) return error{errc::cancelled, "checkout cancelled", ""};
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      const std::string_view name = git_tree_entry_name(entry);
      const std::size_t parent = path_.size();
      if (parent > 0) path_ += '/';
      path_ += name;
      SKEIN_CHECK(write_entry(*entry, directory, depth));
      path_.resize(parent);
    }
    return {};
  }

 private:
  result<> write_entry(const git_tree_entry& entry, int directory, unsigned depth) {
    const char* name = git_tree_entry_name(&entry);
    const std::string_view text = name;
    if (text.empty() || text == "." || text == ".." || text.find('/') != std::string_view::npos) {
      return refused("has a name that leaves its directory");
    }
    if (workspace::is_git_directory_name(text)) return refused("looks like .git");
    if (++entries_ > most_entries) return refused("is one entry too many: the limit is 1,000,000");
    switch (git_tree_entry_filemode(&entry)) {
      case GIT_FILEMODE_TREE:
        return write_directory(*git_tree_entry_id(&entry), name, directory, depth);
      case GIT_FILEMODE_COMMIT:
        return ::mkdirat(directory, name, 0755) == 0 ? result<>() : failed("make");
      case GIT_FILEMODE_LINK:
        return write_link(*git_tree_entry_id(&entry), name, directory);
      case GIT_FILEMODE_BLOB_EXECUTABLE:
        return write_file(*git_tree_entry_id(&entry), name, directory, 0755);
      default:
        return write_file(*git_tree_entry_id(&entry), name, directory, 0644);
    }
  }

  result<> write_directory(const git_oid& id, const char* name, int directory, unsigned depth) {
    if (::mkdirat(directory, name, 0755) != 0) return failed("make");
    const descriptor inside(
        ::openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (inside.get() < 0) return failed("open");
    return write(id, inside.get(), depth + 1);
  }

  result<> write_link(const git_oid& id, const char* name, int directory) {
    SKEIN_TRY(blob, read_blob(id));
    const std::string target(static_cast<const char*>(git_odb_object_data(blob.get())),
                             git_odb_object_size(blob.get()));
    if (target.empty() || target.find('\0') != std::string::npos) {
      return refused("is a symlink whose target is no path");
    }
    return ::symlinkat(target.c_str(), directory, name) == 0 ? result<>() : failed("make");
  }

  result<> write_file(const git_oid& id, const char* name, int directory, mode_t mode) {
    SKEIN_TRY(blob, read_blob(id));
    const descriptor file(::openat(
        directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (file.get() < 0) return failed("make");
    const auto* bytes = static_cast<const char*>(git_odb_object_data(blob.get()));
    std::size_t left = git_odb_object_size(blob.get());
    while (left > 0) {
      const ssize_t wrote = ::write(file.get(), bytes, left);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return failed("write");
      bytes += wrote;
      left -= static_cast<std::size_t>(wrote);
    }
    return {};
  }

  result<odb_object_ptr> read_blob(const git_oid& id) {
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (const int rc = git_odb_read_header(&size, &type, objects_, &id); rc < 0) {
      return library_error("read " + shown(), rc);
    }
    if (type != GIT_OBJECT_BLOB) return error{errc::corrupt, shown() + " is not a blob", ""};
    if (size > largest_blob) return refused("is larger than 1 GiB");
    bytes_ += size;
    if (bytes_ > most_bytes) return refused("takes the checkout past 16 GiB");
    git_odb_object* found = nullptr;
    if (const int rc = git_odb_read(&found, objects_, &id); rc < 0) {
      return library_error("read " + shown(), rc);
    }
    return odb_object_ptr(found);
  }

  [[nodiscard]] std::string shown() const { return printable(path_); }

  [[nodiscard]] error refused(const std::string& why) const {
    return {errc::refused, "the repository cannot be checked out: " + shown() + " " + why,
            "remove the entry from the repository"};
  }

  [[nodiscard]] error failed(const char* verb) const {
    const int why = errno;
    if (why == EEXIST) return refused("is in its directory twice");
    if (why == ENAMETOOLONG) return refused("has a name or target that is too long");
    return errno_error(std::string(verb) + " " + shown(), why);
  }

  git_repository* repository_;
  git_odb* objects_;
  std::stop_token stop_;
  std::string path_;
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
};

result<> write_tree_to(const base& from, const fs::path& directory, std::stop_token stop) {
  SKEIN_TRY(id, parse_id(from.tree));
  SKEIN_TRY(repository, open_repository(from.mirror));
  SKEIN_TRY(objects, open_objects(repository.get()));
  if (::mkdir(directory.c_str(), 0755) != 0) return errno_error("make " + directory.string(), errno);
  const descriptor top(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (top.get() < 0) return errno_error("open " + directory.string(), errno);
  return tree_writer(repository.get(), objects.get(), std::move(stop)).write(id, top.get(), 0);
}

bool is_made(const fs::path& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

}  // namespace

result<fs::path> checkout(const fs::path& bases, const location& where, const base& from,
                          std::stop_token stop) {
  SKEIN_CHECK(parse_id(from.tree));
  const fs::path shelf = bases / where.key;
  fs::path target = shelf / from.tree;
  if (is_made(target)) return target;
  std::error_code failed;
  fs::create_directories(shelf, failed);
  if (failed) return errno_error("make " + shelf.string(), failed.value());
  const auto lock = file_lock::take(shelf / "lock");
  if (!lock) return lock.error();
  if (is_made(target)) return target;
  const fs::path temporary = temporary_beside(target);
  auto written = write_tree_to(from, temporary, std::move(stop));
  if (written && ::rename(temporary.c_str(), target.c_str()) != 0) {
    written = errno_error("rename to " + target.string(), errno);
  }
  if (!written) {
    fs::remove_all(temporary, failed);
    return written.error();
  }
  return target;
}

}  // namespace skein::git
