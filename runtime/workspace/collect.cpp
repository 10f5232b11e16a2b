// Reads the change out of an upper layer or a copy. One walk, depth first, one directory open at a
// time, so that neither depth nor width of a hostile tree costs descriptors or stack.
#include "runtime/workspace/beneath.hpp"
#include "runtime/workspace/file_bytes.hpp"
#include "runtime/workspace/git_name.hpp"
#include "runtime/workspace/overlay_marks.hpp"
#include "runtime/workspace/workspace.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <unordered_set>

namespace skein::workspace {
namespace {

/// More would only say the same again; the last entry then tells how many there were.
constexpr std::size_t most_oddities = 200;

std::string join(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

/// To the calls below, the root itself is ".".
const std::string& or_dot(const std::string& path) {
  static const std::string dot = ".";
  return path.empty() ? dot : path;
}

std::optional<struct stat> status_of(int directory, const char* name) {
  struct stat status {};
  if (directory < 0 || ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
  return status;
}

/// A directory that both sides may have, on the way down.
struct subdirectory {
  std::string name;
  bool in_base = false;
  bool opaque = false;   ///< what the base has below is hidden
  bool ignored = false;  ///< new entries in it are no change
};

struct level {
  std::size_t path_length = 0;
  std::vector<subdirectory> pending;
};

class change_reader {
 public:
  change_reader(const change_limits& limits, const ignored_fn& ignored, bool layered)
      : limits_(limits), ignored_(ignored), layered_(layered) {}

  result<> open(const std::filesystem::path& changed, const std::filesystem::path& base) {
    SKEIN_TRY(changed_root, open_trusted_directory(changed));
    SKEIN_TRY(base_root, open_trusted_directory(base));
    changed_ = std::move(changed_root);
    base_ = std::move(base_root);
    return {};
  }

  result<> walk() {
    std::vector<level> levels(1);
    SKEIN_CHECK(visit(subdirectory{"", true, !layered_, false}, levels.back().pending));
    while (!levels.empty()) {
      level& top = levels.back();
      path_.resize(top.path_length);
      if (top.pending.empty()) {
        levels.pop_back();
        continue;
      }
      const subdirectory next = std::move(top.pending.back());
      top.pending.pop_back();
      --waiting_;
      path_ = join(path_, next.name);
      level below{path_.size(), {}};
      SKEIN_CHECK(visit(next, below.pending));
      levels.push_back(std::move(below));
    }
    return {};
  }

  collected take() {
    std::sort(found_.change.files.begin(), found_.change.files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    if (odd_ > most_oddities) {
      found_.oddities.push_back(
          {"", std::to_string(odd_ - most_oddities) + " more left out, not listed"});
    }
    return std::move(found_);
  }

 private:
  /// Takes every entry of the directory `path_` and names the directories below it.
  result<> visit(const subdirectory& here, std::vector<subdirectory>& below) {
    descriptor opened = open_directory(changed_.get(), or_dot(path_), S_IRUSR | S_IXUSR);
    if (!opened) return directory_failed(path_, errno);
    SKEIN_TRY(marks, marks_of(opened.get(), path_));
    here_ = here;
    here_.opaque = here.opaque || marks.opaque;
    attribute_whiteouts_ = marks.has_whiteouts;
    base_here_ = {};
    if (here.in_base) {
      base_here_ = open_directory(base_.get(), or_dot(path_), 0);
      if (!base_here_) return errno_error("read base directory " + printable(path_), errno);
    }
    std::unordered_set<std::string> seen;
    directory_stream entries{std::move(opened)};
    while (const dirent* entry = entries.next()) {
      const std::string name = entry->d_name;
      if (path_.size() + 1 + name.size() > longest_path) {
        note(path_, "holds a path longer than " + std::to_string(longest_path) + " bytes");
        continue;
      }
      if (here_.opaque && here_.in_base) seen.insert(name);
      SKEIN_CHECK(take_entry(entries.get(), name, below));
    }
    if (entries.failed()) return errno_error("read directory " + printable(path_), errno);
    if (here_.opaque && here_.in_base) return remove_unseen(seen);
    return {};
  }

  result<> take_entry(int directory, const std::string& name, std::vector<subdirectory>& below) {
    const auto status = status_of(directory, name.c_str());
    if (!status) return {};
    const auto in_base = status_of(base_here_.get(), name.c_str());
    if (layered_) {
      SKEIN_TRY(whiteout, is_whiteout(directory, name, *status));
      if (whiteout) return in_base ? remove_base(name, *in_base) : result<>{};
    }
    std::string path = join(path_, name);
    if (is_git_directory_name(name)) {
      note(path, "git directory (or a name that can pass for one) left in the workspace");
      return {};
    }
    if (S_ISDIR(status->st_mode)) return take_directory(name, path, in_base, below);
    const bool is_new = !in_base || S_ISDIR(in_base->st_mode);
    if (in_base && S_ISDIR(in_base->st_mode)) SKEIN_CHECK(remove_base(name, *in_base));
    const bool file = S_ISREG(status->st_mode) || S_ISLNK(status->st_mode);
    if (is_new && file && ignores(path, false)) return {};
    if (S_ISREG(status->st_mode)) return take_file(directory, name, std::move(path), in_base);
    if (S_ISLNK(status->st_mode)) return take_symlink(directory, name, std::move(path), in_base);
    if (!is_new) SKEIN_CHECK(remove_base(name, *in_base));
    note(path, S_ISFIFO(status->st_mode)   ? "fifo left in the workspace"
               : S_ISSOCK(status->st_mode) ? "socket left in the workspace"
                                           : "device node left in the workspace");
    return {};
  }

  result<> take_directory(const std::string& name, const std::string& path,
                          const std::optional<struct stat>& in_base,
                          std::vector<subdirectory>& below) {
    const bool base_directory = in_base && S_ISDIR(in_base->st_mode);
    if (in_base && !base_directory) SKEIN_CHECK(remove_base(name, *in_base));
    const bool ignored = ignores(path, true);
    if (ignored && !base_directory) return {};
    // Each waits in memory until its turn; empty ones would count nowhere else.
    const std::uint64_t most = 16ULL * limits_.max_files + 64;
    if (++waiting_ > most) {
      return error{errc::refused,
                   "read change: more than " + std::to_string(most) + " directories wait at " +
                       printable(path),
                   "remove them, or ignore them in .gitignore"};
    }
    below.push_back({name, base_directory, here_.opaque, ignored});
    return {};
  }

  result<> take_file(int directory, const std::string& name, std::string path,
                     const std::optional<struct stat>& in_base) {
    struct stat status {};
    const descriptor file = open_regular(directory, name, status);
    if (!file) {
      note(path, "unreadable file: " + errno_error("open", errno).message);
      return {};
    }
    if (const auto marks = marks_of(file.get(), path); !marks) return marks.error();
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (in_base && S_ISREG(in_base->st_mode) && in_base->st_size == status.st_size &&
        is_executable(*in_base) == is_executable(status)) {
      struct stat base_status {};
      const descriptor before = open_regular(base_here_.get(), name, base_status);
      if (!before) return errno_error("open base file " + printable(path), errno);
      SKEIN_TRY(same, same_bytes(file.get(), before.get(), size));
      if (same) return {};
    }
    if (size > limits_.max_file_bytes) {
      return too_big(path, "is " + std::to_string(size) + " bytes", limits_.max_file_bytes);
    }
    SKEIN_CHECK(count_bytes(path, size));
    SKEIN_TRY(content, read_bytes(file.get(), size));
    return add({std::move(path),
                is_executable(status) ? entry_kind::executable : entry_kind::regular,
                std::move(content)});
  }

  result<> take_symlink(int directory, const std::string& name, std::string path,
                        const std::optional<struct stat>& in_base) {
    SKEIN_TRY(target, read_link(directory, name));
    if (in_base && S_ISLNK(in_base->st_mode)) {
      SKEIN_TRY(before, read_link(base_here_.get(), name));
      if (before == target) return {};
    }
    SKEIN_CHECK(count_bytes(path, target.size()));
    return add({std::move(path), entry_kind::symlink, std::move(target)});
  }

  /// The base's files that an opaque directory hides and nothing replaces.
  result<> remove_unseen(const std::unordered_set<std::string>& seen) {
    descriptor again = open_directory(base_.get(), or_dot(path_), 0);
    if (!again) return errno_error("read base directory " + printable(path_), errno);
    directory_stream entries{std::move(again)};
    while (const dirent* entry = entries.next()) {
      const std::string name = entry->d_name;
      if (seen.count(name) != 0) continue;
      if (const auto status = status_of(entries.get(), name.c_str())) {
        SKEIN_CHECK(remove_base(name, *status));
      }
    }
    if (entries.failed()) return errno_error("read base directory " + printable(path_), errno);
    return {};
  }

  /// `name` of the base is gone: itself, or every file it had.
  result<> remove_base(const std::string& name, const struct stat& status) {
    std::string path = join(path_, name);
    if (!S_ISDIR(status.st_mode)) return add({std::move(path), entry_kind::removed, {}});
    std::vector<std::string> directories{std::move(path)};
    while (!directories.empty()) {
      const std::string directory = std::move(directories.back());
      directories.pop_back();
      descriptor opened = open_directory(base_.get(), directory, 0);
      if (!opened) return errno_error("read base directory " + printable(directory), errno);
      directory_stream entries{std::move(opened)};
      while (const dirent* entry = entries.next()) {
        const auto below = status_of(entries.get(), entry->d_name);
        std::string inner = directory + "/" + entry->d_name;
        if (below && S_ISDIR(below->st_mode)) {
          directories.push_back(std::move(inner));
        } else if (below) {
          SKEIN_CHECK(add({std::move(inner), entry_kind::removed, {}}));
        }
      }
      if (entries.failed()) {
        return errno_error("read base directory " + printable(directory), errno);
      }
    }
    return {};
  }

  result<bool> is_whiteout(int directory, const std::string& name, const struct stat& status) {
    if (is_whiteout_device(status)) return true;
    if (!attribute_whiteouts_ || !S_ISREG(status.st_mode) || status.st_size != 0) return false;
    struct stat opened {};
    const descriptor file = open_regular(directory, name, opened);
    if (!file) return false;
    SKEIN_TRY(marks, read_overlay_marks(file.get()));
    return marks.whiteout;
  }

  result<overlay_marks> marks_of(int fd, const std::string& path) {
    if (!layered_) return overlay_marks{};
    SKEIN_TRY(marks, read_overlay_marks(fd));
    if (marks.redirected) {
      return error{errc::unsupported,
                   "read change: " + printable(path) +
                       " carries an overlayfs redirect or metacopy attribute",
                   "mount the workspace with redirect_dir=off and metacopy=off"};
    }
    return marks;
  }

  bool ignores(const std::string& path, bool directory) {
    return here_.ignored || (ignored_ && ignored_(path, directory));
  }

  result<> directory_failed(const std::string& path, int reason) {
    if (reason != EACCES && reason != EPERM && reason != ELOOP && reason != ENOTDIR) {
      return errno_error("read directory " + printable(path), reason);
    }
    note(path, "unreadable directory: " + errno_error("open", reason).message);
    return {};
  }

  result<> add(file_change changed) {
    if (found_.change.files.size() >= limits_.max_files) {
      return too_big(changed.path, "is one changed file too many", limits_.max_files);
    }
    found_.change.files.push_back(std::move(changed));
    return {};
  }

  result<> count_bytes(const std::string& path, std::uint64_t size) {
    bytes_ += size;
    if (bytes_ <= limits_.max_total_bytes) return {};
    return too_big(path, "makes the change " + std::to_string(bytes_) + " bytes",
                   limits_.max_total_bytes);
  }

  static error too_big(const std::string& path, const std::string& what, std::uint64_t limit) {
    return {
        errc::refused,
        "read change: " + printable(path) + " " + what + ", the limit is " + std::to_string(limit),
        "let the agent change less, or ignore build output in .gitignore"};
  }

  void note(const std::string& path, std::string reason) {
    if (++odd_ <= most_oddities) found_.oddities.push_back({printable(path), std::move(reason)});
  }

  const change_limits& limits_;
  const ignored_fn& ignored_;
  const bool layered_;
  descriptor changed_;
  descriptor base_;
  collected found_;
  std::string path_;      ///< of the directory being visited; empty for the root
  subdirectory here_;     ///< the same
  descriptor base_here_;  ///< its counterpart in the base
  bool attribute_whiteouts_ = false;
  std::uint64_t waiting_ = 0;
  std::uint64_t bytes_ = 0;
  std::size_t odd_ = 0;
};

}  // namespace

result<collected> collect(const phase_layout& layout, const std::filesystem::path& base,
                          const change_limits& limits, const ignored_fn& ignored) {
  const bool layered = layout.how == strategy::overlay;
  change_reader reader{limits, ignored, layered};
  SKEIN_CHECK(reader.open(layered ? layout.upper() : layout.copy(), base));
  SKEIN_CHECK(reader.walk());
  return reader.take();
}

}  // namespace skein::workspace
