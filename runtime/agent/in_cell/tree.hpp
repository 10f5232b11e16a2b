// The workspace as the file tools see it: everything is opened beneath its root, and no tool follows
// a link, so that a path means what policy was asked about. Not a general file interface.
#pragma once

#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <array>

#include <string>
#include <utility>
#include <vector>

namespace skein::agent::in_cell {

/// `{"error": {"kind": …, "message": …}}`: what a tool answers when it did nothing.
[[nodiscard]] nlohmann::json refusal(const std::string& kind, const std::string& message);

class opened_file {
 public:
  opened_file() = default;
  explicit opened_file(int number) : number_(number) {}
  opened_file(opened_file&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  opened_file& operator=(opened_file&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~opened_file();
  [[nodiscard]] int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// The path relative to the root of the workspace, `.` for the root itself; an absolute path below
/// /workspace counts as relative. Empty: it leads out.
[[nodiscard]] std::string relative_path(const std::string& path);

/// The workspace's root: the current folder.
class tree {
 public:
  explicit tree(int root) : root_(root) {}

  /// Invalid with errno set; ELOOP when some part of the path is a link, EXDEV when it leads out.
  [[nodiscard]] opened_file open(const std::string& path, int flags, mode_t mode = 0) const;

  /// Opens the folder in which `path` is; folders that are missing are made when `make` is set.
  /// `name` gets the last part of the path.
  [[nodiscard]] opened_file open_parent(const std::string& path, bool make,
                                        std::string& name) const;

  /// Why opening failed, in words for the model; reads errno.
  [[nodiscard]] nlohmann::json why_not(const std::string& path) const;

 private:
  int root_;
};

struct entry {
  std::string name;
  char kind = 'f';  ///< f file, d folder, l link, o other
};

/// The entries of a folder sorted by name, at most `most`; `cut` tells that there were more.
[[nodiscard]] std::vector<entry> entries_of(const opened_file& folder, std::size_t most, bool& cut);

/// At most `most` bytes from the beginning; false when reading failed.
[[nodiscard]] bool read_all(const opened_file& file, std::size_t most, std::string& into);

/// True when it holds a zero byte or is mostly not UTF-8.
[[nodiscard]] bool looks_binary(std::string_view text);

/// Replaces a file as a whole: the new content is complete before it has the name. Keeps the mode
/// of the file that was there; false with errno set.
[[nodiscard]] bool replace_file(const opened_file& folder, const std::string& name,
                                const std::string& content, bool executable);

}  // namespace skein::agent::in_cell
