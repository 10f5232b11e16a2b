// Deletes a workspace. Keeps one directory open at a time and climbs by `..`, checked against the
// device and inode it came from, so depth is bounded by neither descriptors nor PATH_MAX.
#include "runtime/workspace/beneath.hpp"
#include "runtime/workspace/workspace.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace skein::workspace {
namespace {

/// So many subdirectories of one directory are remembered before it is read again.
constexpr std::size_t batch = 1024;

struct level {
  dev_t device = 0;
  ino_t inode = 0;
  std::vector<std::string> subdirectories;  ///< the last one is being removed
};

class tree_remover {
 public:
  result<> run(int parent, const std::string& name) {
    SKEIN_CHECK(enter(parent, name));
    while (!levels_.empty()) {
      level& top = levels_.back();
      if (top.subdirectories.empty()) SKEIN_CHECK(clear());
      if (!top.subdirectories.empty()) {
        const std::string next = top.subdirectories.back();
        SKEIN_CHECK(enter(here_.get(), next));
      } else if (levels_.size() == 1) {
        levels_.pop_back();
      } else {
        SKEIN_CHECK(leave());
      }
    }
    here_ = {};
    return remove_directory(parent, name);
  }

 private:
  result<> enter(int parent, const std::string& name) {
    descriptor opened = open_directory(parent, name, S_IRWXU);
    if (!opened) return errno_error("open directory " + printable(name), errno);
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0) {
      return errno_error("open directory " + printable(name), errno);
    }
    if (!levels_.empty() && status.st_dev != levels_.front().device) {
      return error{errc::refused, "remove " + printable(name) + ": it is on another file system",
                   "unmount it first"};
    }
    levels_.push_back({status.st_dev, status.st_ino, {}});
    here_ = std::move(opened);
    return {};
  }

  /// Unlinks everything in the current directory but the directories in it, which it notes.
  result<> clear() {
    descriptor again{::openat(here_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!again) return errno_error("read directory", errno);
    directory_stream entries{std::move(again)};
    auto& subdirectories = levels_.back().subdirectories;
    while (const dirent* entry = entries.next()) {
      if (::unlinkat(here_.get(), entry->d_name, 0) == 0 || errno == ENOENT) continue;
      if (errno != EISDIR) return errno_error("remove " + printable(entry->d_name), errno);
      if (::unlinkat(here_.get(), entry->d_name, AT_REMOVEDIR) == 0) continue;
      subdirectories.emplace_back(entry->d_name);
      if (subdirectories.size() >= batch) break;
    }
    if (entries.failed()) return errno_error("read directory", errno);
    return {};
  }

  result<> leave() {
    levels_.pop_back();
    level& above = levels_.back();
    descriptor parent{::openat(here_.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    struct stat status {};
    if (!parent || ::fstat(parent.get(), &status) != 0) {
      return errno_error("return to the parent directory", errno);
    }
    if (status.st_dev != above.device || status.st_ino != above.inode) {
      return error{errc::conflict,
                   "remove " + printable(above.subdirectories.back()) + ": it was moved meanwhile",
                   "end every process that uses the workspace"};
    }
    here_ = std::move(parent);
    SKEIN_CHECK(remove_directory(here_.get(), above.subdirectories.back()));
    above.subdirectories.pop_back();
    return {};
  }

  static result<> remove_directory(int parent, const std::string& name) {
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    return errno_error("remove directory " + printable(name), errno);
  }

  descriptor here_;
  std::vector<level> levels_;
};

}  // namespace

result<> remove_tree(const std::filesystem::path& root) {
  std::filesystem::path path = root.lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  const std::string name = path.filename();
  if (name.empty() || name == "." || name == "..") {
    return error{errc::invalid, "remove tree " + root.string() + ": not a directory of its own",
                 ""};
  }
  const std::filesystem::path above = path.has_parent_path() ? path.parent_path() : ".";
  const descriptor parent{::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!parent) {
    if (errno == ENOENT) return {};
    return errno_error("remove tree " + root.string(), errno);
  }
  struct stat status {};
  if (::fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return errno_error("remove tree " + root.string(), errno);
  }
  if (!S_ISDIR(status.st_mode)) {
    if (::unlinkat(parent.get(), name.c_str(), 0) == 0) return {};
    return errno_error("remove " + root.string(), errno);
  }
  if (auto removed = tree_remover{}.run(parent.get(), name); !removed) {
    error failed = removed.error();
    failed.message = "remove tree " + root.string() + ": " + failed.message;
    return failed;
  }
  return {};
}

}  // namespace skein::workspace
