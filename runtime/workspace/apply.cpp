// Writes a change into a phase that is not mounted yet: as overlayfs itself would have written it
// into the upper layer, or into the copy.
#include "runtime/workspace/apply_steps.hpp"
#include "runtime/workspace/overlay_marks.hpp"
#include "runtime/workspace/workspace.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

namespace skein::workspace {
namespace {

/// Questions about the base tree that a change is put on.
class base_tree {
 public:
  base_tree(int root, const checked_change& change) : root_(root), change_(change) {}

  /// The file type bits of `path`, nothing when the base does not have it.
  std::optional<mode_t> type_of(std::string_view path) {
    const std::string_view directory = directory_of(path);
    if (!known_ || directory != directory_) {
      directory_ = directory;
      opened_ = open_beneath(root_, directory.empty() ? "." : directory_,
                             O_PATH | O_DIRECTORY | O_CLOEXEC);
      known_ = true;
    }
    struct stat status {};
    const std::string name{name_of(path)};
    if (!opened_ || ::fstatat(opened_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return {};
    }
    return status.st_mode & static_cast<mode_t>(S_IFMT);
  }

  /// Finds the directories that lose their last file: to git they are gone, so the view must not
  /// show them empty.
  result<> find_emptied() {
    std::set<std::string_view> above;
    for (const file_change* entry : change_.removed) {
      for (auto path = directory_of(entry->path); !path.empty(); path = directory_of(path)) {
        if (!above.insert(path).second) break;
      }
    }
    std::vector<std::string_view> deepest_first{above.begin(), above.end()};
    std::stable_sort(deepest_first.begin(), deepest_first.end(),
                     [](auto a, auto b) { return a.size() > b.size(); });
    for (const auto path : deepest_first) {
      SKEIN_TRY(loses_all, loses_every_file(std::string{path}));
      if (loses_all) emptied_.insert(path);
    }
    return {};
  }

  /// True when the change removes every file that the base has below `path`.
  bool is_emptied(std::string_view path) const { return emptied_.count(path) != 0; }

  /// True when `path` is a directory of the base without any file, as a submodule's.
  result<bool> has_no_files(const std::string& path) const {
    std::vector<std::string> directories{path};
    while (!directories.empty()) {
      const std::string directory = std::move(directories.back());
      directories.pop_back();
      descriptor opened = open_directory(root_, directory, 0);
      if (!opened) return errno_error("read base directory " + printable(directory), errno);
      directory_stream entries{std::move(opened)};
      while (const dirent* entry = entries.next()) {
        struct stat status {};
        if (::fstatat(entries.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISDIR(status.st_mode)) {
          return false;
        }
        directories.push_back(directory + "/" + entry->d_name);
      }
      if (entries.failed()) {
        return errno_error("read base directory " + printable(directory), errno);
      }
    }
    return true;
  }

 private:
  result<bool> loses_every_file(const std::string& path) const {
    descriptor opened = open_directory(root_, path, 0);
    if (!opened) {
      if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return false;
      return errno_error("read base directory " + printable(path), errno);
    }
    directory_stream entries{std::move(opened)};
    while (const dirent* entry = entries.next()) {
      const std::string below = path + "/" + entry->d_name;
      if (change_.removed_paths.count(below) != 0 || is_emptied(below)) continue;
      struct stat status {};
      if (::fstatat(entries.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
          !S_ISDIR(status.st_mode)) {
        return false;
      }
      SKEIN_TRY(empty, has_no_files(below));
      if (!empty) return false;
    }
    if (entries.failed()) return errno_error("read base directory " + printable(path), errno);
    return true;
  }

  int root_;
  const checked_change& change_;
  bool known_ = false;
  std::string directory_;
  descriptor opened_;
  std::set<std::string_view> emptied_;
};

/// Every directory that an added file needs must be one in the base, or new, or take the place of a
/// removed file.
result<> check_fit(const checked_change& change, base_tree& base) {
  std::set<std::string_view> checked;
  for (const file_change* entry : change.added) {
    if (base.type_of(entry->path) == S_IFDIR && !base.is_emptied(entry->path)) {
      SKEIN_TRY(empty, base.has_no_files(entry->path));
      if (!empty) return does_not_fit(entry->path, "is a directory of the base with files left");
    }
    for (auto path = directory_of(entry->path); !path.empty(); path = directory_of(path)) {
      if (!checked.insert(path).second) break;
      const auto type = base.type_of(path);
      if (type && *type != S_IFDIR && change.removed_paths.count(path) == 0) {
        return does_not_fit(path, "is a file in the base");
      }
    }
  }
  for (const file_change* entry : change.removed) {
    if (base.type_of(entry->path) == S_IFDIR) {
      return does_not_fit(entry->path, "is a directory in the base, only files are removed");
    }
  }
  return {};
}

/// What to white out so that `path` is gone: itself, or the topmost directory that goes with it.
std::string_view gone_with(std::string_view path, const checked_change& change,
                           const base_tree& base) {
  std::string_view topmost = path;
  for (auto above = directory_of(path); !above.empty(); above = directory_of(above)) {
    if (base.is_emptied(above) && !change.adds_below(above)) topmost = above;
  }
  return topmost;
}

result<> apply_to_upper(int upper, const checked_change& change, base_tree& base) {
  directory_maker directories{upper};
  std::set<std::string_view> whiteouts;
  for (const file_change* entry : change.removed) {
    const std::string_view path = entry->path;
    // A new file or directory of that name hides the base's by itself.
    if (change.hides(path) || change.adds_below(path) || !base.type_of(path)) continue;
    whiteouts.insert(gone_with(path, change, base));
  }
  for (const std::string_view path : whiteouts) {
    SKEIN_TRY(directory, directories.open(directory_of(path)));
    SKEIN_CHECK(make_whiteout(directory, std::string{name_of(path)}.c_str()));
  }
  for (const file_change* entry : change.added) {
    SKEIN_TRY(directory, directories.open(directory_of(entry->path)));
    SKEIN_CHECK(write_entry(directory, *entry));
  }
  return {};
}

result<> unlink_in_copy(int copy, std::string_view path) {
  const std::string directory{directory_of(path)};
  const descriptor parent =
      open_beneath(copy, directory.empty() ? "." : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!parent) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return {};
    return errno_error("open directory " + printable(directory), errno);
  }
  const std::string name{name_of(path)};
  if (::unlinkat(parent.get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  // An empty directory (a submodule's) may give way to a file.
  if (errno == EISDIR && ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0) return {};
  return errno_error("remove " + printable(path), errno);
}

result<> apply_to_copy(int copy, const checked_change& change) {
  for (const file_change* entry : change.removed) {
    std::string_view path = entry->path;
    SKEIN_CHECK(unlink_in_copy(copy, path));
    for (path = directory_of(path); !path.empty(); path = directory_of(path)) {
      const std::string directory{directory_of(path)};
      const descriptor parent = open_beneath(copy, directory.empty() ? "." : directory,
                                             O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (!parent) break;
      if (::unlinkat(parent.get(), std::string{name_of(path)}.c_str(), AT_REMOVEDIR) != 0) break;
    }
  }
  directory_maker directories{copy};
  for (const file_change* entry : change.added) {
    SKEIN_CHECK(unlink_in_copy(copy, entry->path));
    SKEIN_TRY(directory, directories.open(directory_of(entry->path)));
    SKEIN_CHECK(write_entry(directory, *entry));
  }
  return {};
}

}  // namespace

result<> apply(const phase_layout& layout, const std::filesystem::path& base,
               const change_set& change) {
  SKEIN_TRY(checked, check_change(change));
  SKEIN_TRY(base_root, open_trusted_directory(base));
  const bool layered = layout.how == strategy::overlay;
  SKEIN_TRY(target, open_trusted_directory(layered ? layout.upper() : layout.copy()));
  base_tree tree{base_root.get(), checked};
  SKEIN_CHECK(tree.find_emptied());
  SKEIN_CHECK(check_fit(checked, tree));
  if (!layered) return apply_to_copy(target.get(), checked);
  return apply_to_upper(target.get(), checked, tree);
}

}  // namespace skein::workspace
