// Checking a change and writing its entries. See apply_steps.hpp.
#include "runtime/workspace/apply_steps.hpp"

#include "runtime/workspace/file_bytes.hpp"
#include "runtime/workspace/git_name.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace skein::workspace {
namespace {

constexpr std::size_t most_open = 16;

}  // namespace

bool checked_change::adds_below(std::string_view path) const {
  const std::string prefix = std::string{path} + "/";
  const auto first = added_paths.lower_bound(prefix);
  return first != added_paths.end() && first->starts_with(prefix);
}

bool checked_change::hides(std::string_view path) const {
  for (; !path.empty(); path = directory_of(path)) {
    if (added_paths.count(path) != 0) return true;
  }
  return false;
}

result<checked_change> check_change(const change_set& change) {
  checked_change checked;
  for (const file_change& entry : change.files) {
    if (!is_change_path(entry.path)) {
      return error{
          errc::invalid,
          "apply change: " + printable(entry.path) + " is not a path that a change may have", ""};
    }
    const bool link = entry.kind == entry_kind::symlink;
    if (link && (entry.content.empty() || entry.content.size() > longest_path ||
                 entry.content.find('\0') != std::string::npos)) {
      return error{errc::invalid,
                   "apply change: " + printable(entry.path) + " is a symlink with no valid target",
                   ""};
    }
    const bool gone = entry.kind == entry_kind::removed;
    if (checked.added_paths.count(entry.path) + checked.removed_paths.count(entry.path) != 0) {
      return error{errc::invalid, "apply change: " + printable(entry.path) + " comes twice", ""};
    }
    (gone ? checked.removed_paths : checked.added_paths).insert(entry.path);
    (gone ? checked.removed : checked.added).push_back(&entry);
  }
  const auto by_path = [](const file_change* a, const file_change* b) { return a->path < b->path; };
  std::sort(checked.added.begin(), checked.added.end(), by_path);
  std::sort(checked.removed.begin(), checked.removed.end(), by_path);
  for (const file_change* entry : checked.added) {
    if (checked.hides(directory_of(entry->path))) {
      return error{errc::invalid,
                   "apply change: " + printable(entry->path) + " is below a path that is a file",
                   ""};
    }
  }
  return checked;
}

error does_not_fit(std::string_view path, const std::string& found) {
  return {errc::invalid, "apply change: " + printable(path) + " " + found,
          "apply the change to the base that it was collected from"};
}

std::string_view directory_of(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1);
}

result<int> directory_maker::open(std::string_view path) {
  const auto has = [path](std::string_view above) {
    return path.starts_with(above) && (path.size() == above.size() || path[above.size()] == '/');
  };
  while (!open_.empty() && !has(std::string_view{path_}.substr(0, open_.back().end))) {
    open_.pop_back();
  }
  path_ = path;
  while ((open_.empty() ? 0 : open_.back().end) < path.size()) {
    const std::size_t start = open_.empty() ? 0 : open_.back().end + 1;
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string name{path.substr(start, end - start)};
    const int above = open_.empty() ? root_ : open_.back().opened.get();
    const bool made = ::mkdirat(above, name.c_str(), 0755) == 0;
    if (!made && errno != EEXIST) {
      return errno_error("make directory " + printable(path.substr(0, end)), errno);
    }
    descriptor next{::openat(above, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!next) {
      if (errno == ENOTDIR || errno == ELOOP) {
        return does_not_fit(path.substr(0, end), "is not a directory there");
      }
      return errno_error("open directory " + printable(path.substr(0, end)), errno);
    }
    // The umask is the server's business, not the workspace's.
    if (made && ::fchmod(next.get(), 0755) != 0) {
      return errno_error("make directory " + printable(path.substr(0, end)), errno);
    }
    // However deep it goes, few stay open.
    if (open_.size() == most_open) open_.pop_back();
    open_.push_back({end, std::move(next)});
  }
  return open_.empty() ? root_ : open_.back().opened.get();
}

result<> write_entry(int directory, const file_change& entry) {
  const std::string name{name_of(entry.path)};
  if (entry.kind == entry_kind::symlink) {
    if (::symlinkat(entry.content.c_str(), directory, name.c_str()) == 0) return {};
    return errno_error("make symlink " + printable(entry.path), errno);
  }
  const mode_t mode = entry.kind == entry_kind::executable ? 0755 : 0644;
  const descriptor file{::openat(directory, name.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)};
  if (!file) return errno_error("make file " + printable(entry.path), errno);
  if (auto written = write_bytes(file.get(), entry.content); !written) {
    error failed = written.error();
    failed.message = "write " + printable(entry.path) + ": " + failed.message;
    return failed;
  }
  if (::fchmod(file.get(), mode) != 0) {
    return errno_error("set the mode of " + printable(entry.path), errno);
  }
  return {};
}

}  // namespace skein::workspace
