// What this folder shares about libgit2: start-up, owning pointers, ids and errors. Not part of the
// contract (see mirror.hpp).
#pragma once

#include "schema/error.hpp"

#include <git2.h>

#include <filesystem>
#include <memory>
#include <string>

namespace skein::git {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* value) const noexcept {
    Free(value);
  }
};

using repository_ptr = std::unique_ptr<git_repository, freed_by<git_repository_free>>;
using reference_ptr = std::unique_ptr<git_reference, freed_by<git_reference_free>>;
using odb_ptr = std::unique_ptr<git_odb, freed_by<git_odb_free>>;
using odb_object_ptr = std::unique_ptr<git_odb_object, freed_by<git_odb_object_free>>;
using commit_ptr = std::unique_ptr<git_commit, freed_by<git_commit_free>>;
using tree_ptr = std::unique_ptr<git_tree, freed_by<git_tree_free>>;
using signature_ptr = std::unique_ptr<git_signature, freed_by<git_signature_free>>;
using diff_ptr = std::unique_ptr<git_diff, freed_by<git_diff_free>>;
using patch_ptr = std::unique_ptr<git_patch, freed_by<git_patch_free>>;

/// The error of the libgit2 call that has just failed in this thread with `returned`.
[[nodiscard]] error library_error(const std::string& attempted, int returned);

/// Opens a git directory (a mirror, or `.git`) without reading its or anybody's configuration: none
/// of its includes, and none of its settings, has an effect. Blocking.
[[nodiscard]] result<repository_ptr> open_repository(const std::filesystem::path& directory);

[[nodiscard]] result<odb_ptr> open_objects(git_repository* repository);

/// `text` as a full id; `invalid` for anything but 40 hexadecimal digits.
[[nodiscard]] result<git_oid> parse_id(const std::string& text);
[[nodiscard]] std::string id_text(const git_oid& id);

/// The tree of a commit; `not_found` when there is no such object, `invalid` when it is no commit.
[[nodiscard]] result<git_oid> tree_of_commit(git_repository* repository, const git_oid& commit);

[[nodiscard]] result<tree_ptr> read_tree(git_repository* repository, const git_oid& id);

}  // namespace skein::git
