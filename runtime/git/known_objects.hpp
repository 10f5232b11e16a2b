// Objects whose content is at hand uncompressed: served to libgit2 in place of the object database,
// so that comparing a change with its base inflates nothing.
#pragma once

#include "runtime/git/library.hpp"

#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace skein::git {

class known_objects {
 public:
  /// `checkout`: where the files of add_file() are; opened when first needed.
  explicit known_objects(std::filesystem::path checkout);
  known_objects(const known_objects&) = delete;
  known_objects& operator=(const known_objects&) = delete;
  ~known_objects();

  /// `content` must stay where it is as long as this object lives.
  void add(const git_oid& id, git_object_t type, std::string_view content);
  void add_copy(const git_oid& id, git_object_t type, std::string content);
  /// The blob that `path` of the checkout should have. A file with any other content is not served.
  void add_file(const git_oid& id, std::string path);

  /// Has `objects` ask here first, until it is freed; this object must live longer.
  [[nodiscard]] result<> serve(git_odb* objects);

 private:
  struct backend;
  struct less {
    bool operator()(const git_oid& a, const git_oid& b) const noexcept {
      return std::memcmp(a.id, b.id, GIT_OID_RAWSZ) < 0;
    }
  };
  struct object {
    git_object_t type = GIT_OBJECT_BLOB;
    std::string_view content;
    std::string own;   ///< what `content` shows, when it is a copy
    std::string path;  ///< in the checkout, when the content is there
    std::optional<std::size_t> size;  ///< of that file, once it was looked at
  };

  std::filesystem::path checkout_;
  int top_ = -1;
  std::map<git_oid, object, less> objects_;
};

}  // namespace skein::git
