// Deletes a workspace. Keeps a few directories open at a time and climbs the rest by `..`, checked
// against the device and inode it came from, so depth is bounded by neither descriptors nor
// PATH_MAX.
#include "runtime/workspace/beneath.hpp"
#include "runtime/workspace/workspace.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace skein::workspace {
namespace {

/// So many subdirectories of one directory are remembered before it is read again.
constexpr std::size_t batch = 1024;
/// So many levels stay open while what is below them is removed.
constexpr std::size_t most_open = 24;
/// So often, in all, a directory that was read to its end turns out not to be empty.
constexpr int most_surprises = 1000;

struct level {
  dev_t device = 0;
  ino_t inode = 0;
  descriptor opened;                        ///< of the last one, and of the first `most_open`
  std::vector<std::string> subdirectories;  ///< the last one is being removed
  bool read = false;                        ///< to the end: nothing but the subdirectories is left
};

class tree_remover {
 public:
  result<> run(int parent, const std::string& name) {
    for (;;) {
      SKEIN_CHECK(empty(parent, name));
      if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
      if (errno != ENOTEMPTY || ++surprises_ > most_surprises) {
        return errno_error("remove directory " + printable(name), errno);
      }
    }
  }

 private:
  result<> empty(int parent, const std::string& name) {
    SKEIN_CHECK(enter(parent, name));
    while (!levels_.empty()) {
      level& top = levels_.back();
      if (top.subdirectories.empty() && !top.read) SKEIN_CHECK(clear());
      if (!top.subdirectories.empty()) {
        const int here = top.opened.get();
        if (levels_.size() > most_open) above_ = std::move(top.opened);
        SKEIN_CHECK(enter(here, top.subdirectories.back()));
        above_ = {};
      } else if (levels_.size() == 1) {
        levels_.pop_back();
      } else if (top.read) {
        SKEIN_CHECK(leave());
      }
    }
    return {};
  }

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
    levels_.push_back({status.st_dev, status.st_ino, std::move(opened), {}, false});
    return {};
  }

  /// Unlinks everything in the current directory but the directories in it, which it notes.
  result<> clear() {
    level& here = levels_.back();
    if (::lseek(here.opened.get(), 0, SEEK_SET) < 0) return errno_error("read directory", errno);
    while (here.subdirectories.size() < batch) {
      const auto got = ::getdents64(here.opened.get(), entries_.data(), entries_.size());
      if (got < 0) return errno_error("read directory", errno);
      if (got == 0) {
        here.read = true;
        return {};
      }
      for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
        // The kernel aligns them.
        const auto* entry = reinterpret_cast<const dirent64*>(entries_.data() + at);
        at += entry->d_reclen;
        SKEIN_CHECK(take(here, *entry));
      }
    }
    return {};
  }

  static result<> take(level& here, const dirent64& entry) {
    const std::string_view name = entry.d_name;
    if (name == "." || name == "..") return {};
    if (entry.d_type != DT_DIR) {
      if (::unlinkat(here.opened.get(), entry.d_name, 0) == 0 || errno == ENOENT) return {};
      if (errno != EISDIR) return errno_error("remove " + printable(name), errno);
    }
    here.subdirectories.emplace_back(name);
    return {};
  }

  result<> leave() {
    descriptor below = std::move(levels_.back().opened);
    levels_.pop_back();
    level& above = levels_.back();
    if (!above.opened) {
      descriptor parent{::openat(below.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
      struct stat status {};
      if (!parent || ::fstat(parent.get(), &status) != 0) {
        return errno_error("return to the parent directory", errno);
      }
      if (status.st_dev != above.device || status.st_ino != above.inode) {
        return error{
            errc::conflict,
            "remove " + printable(above.subdirectories.back()) + ": it was moved meanwhile",
            "end every process that uses the workspace"};
      }
      above.opened = std::move(parent);
    }
    const std::string& name = above.subdirectories.back();
    if (::unlinkat(above.opened.get(), name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
      // Some file systems leave names out when others are removed while they are read.
      if (errno == ENOTEMPTY && ++surprises_ <= most_surprises) return {};
      return errno_error("remove directory " + printable(name), errno);
    }
    above.subdirectories.pop_back();
    return {};
  }

  std::vector<level> levels_;
  descriptor above_;  ///< while the level below it is entered
  int surprises_ = 0;
  alignas(dirent64) std::array<char, 32768> entries_;
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
