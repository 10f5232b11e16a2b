// diff_trees(): the difference between the base and the new tree as one patch that `git apply
// --binary` takes. The repository's attributes have no say in it: nothing can hide a file from the
// diff.
#include "runtime/git/library.hpp"
#include "runtime/git/mirror.hpp"
#include "runtime/git/printable.hpp"
#include "runtime/git/tree_change.hpp"
#include "schema/identity.hpp"

#include <algorithm>

namespace skein::git {
namespace {

// Beyond these, a rename is shown as a removal and an addition, and a text as binary.
constexpr std::size_t most_rename_pairs = 400;
constexpr git_off_t largest_text = 16 << 20;

struct buffer {
  git_buf value{nullptr, 0, 0};
  buffer() = default;
  buffer(const buffer&) = delete;
  buffer& operator=(const buffer&) = delete;
  ~buffer() { git_buf_dispose(&value); }
};

struct trees {
  git_repository* repository;
  git_tree* before;
  git_tree* after;
};

result<diff_ptr> compare(const trees& both, git_diff_options options) {
  options.flags |= GIT_DIFF_SHOW_BINARY;
  options.id_abbrev = GIT_OID_HEXSZ;
  options.max_size = largest_text;
  options.ignore_submodules = GIT_SUBMODULE_IGNORE_NONE;
  options.old_prefix = "a";
  options.new_prefix = "b";
  git_diff* made = nullptr;
  if (const int rc =
          git_diff_tree_to_tree(&made, both.repository, both.before, both.after, &options);
      rc < 0) {
    return library_error("compare the trees", rc);
  }
  return diff_ptr(made);
}

git_diff_options fresh_options() {
  git_diff_options options{};
  git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
  return options;
}

/// A file that becomes a symlink (or back) is one difference here, so that it is no source of a
/// rename.
result<diff_ptr> compare_all(const trees& both) {
  git_diff_options options = fresh_options();
  options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
  return compare(both, options);
}

/// The same difference as a removal and an addition: the only form that a patch can have.
result<diff_ptr> compare_split(const trees& both, const std::string& path) {
  git_diff_options options = fresh_options();
  options.flags = GIT_DIFF_DISABLE_PATHSPEC_MATCH;
  std::string name = path;
  char* names[] = {name.data()};
  options.pathspec = {names, 1};
  return compare(both, options);
}

/// Rename detection reads every added and every removed file, so it has a limit on their pairs.
/// False: it took apart a file that becomes a symlink, which `git apply` cannot follow.
result<bool> find_renames(git_diff* all) {
  const std::size_t retyped = git_diff_num_deltas_of_type(all, GIT_DELTA_TYPECHANGE);
  const std::size_t added = git_diff_num_deltas_of_type(all, GIT_DELTA_ADDED);
  const std::size_t removed = git_diff_num_deltas_of_type(all, GIT_DELTA_DELETED);
  if (added == 0 || removed == 0) return true;
  git_diff_find_options options{};
  git_diff_find_options_init(&options, GIT_DIFF_FIND_OPTIONS_VERSION);
  options.flags = GIT_DIFF_FIND_RENAMES;
  if (std::max(added, removed) > most_rename_pairs) options.flags |= GIT_DIFF_FIND_EXACT_MATCH_ONLY;
  options.rename_limit = most_rename_pairs;
  if (const int rc = git_diff_find_similar(all, &options); rc < 0) {
    return library_error("find renames", rc);
  }
  return git_diff_num_deltas_of_type(all, GIT_DELTA_TYPECHANGE) == retyped;
}

const char* status_of(git_delta_t status) noexcept {
  switch (status) {
    case GIT_DELTA_ADDED:
      return "added";
    case GIT_DELTA_DELETED:
      return "removed";
    case GIT_DELTA_RENAMED:
      return "renamed";
    default:
      return "modified";
  }
}

class patch_text {
 public:
  patch_text(const trees& both, git_odb* objects, std::size_t most_bytes)
      : both_(both), objects_(objects), most_(most_bytes) {}

  result<> add_all(git_diff* all) {
    const std::size_t count = git_diff_num_deltas(all);
    for (std::size_t i = 0; i < count; ++i) {
      const git_diff_delta* delta = git_diff_get_delta(all, i);
      if (delta->status != GIT_DELTA_TYPECHANGE) {
        SKEIN_CHECK(add(all, i));
        continue;
      }
      SKEIN_TRY(split, compare_split(both_, delta->new_file.path));
      const std::size_t parts = git_diff_num_deltas(split.get());
      for (std::size_t part = 0; part < parts; ++part) SKEIN_CHECK(add(split.get(), part));
    }
    return {};
  }

  diff finish() && {
    out_.summary.files = static_cast<std::uint32_t>(out_.files.size());
    for (const diff::file& file : out_.files) {
      out_.summary.insertions += file.insertions;
      out_.summary.deletions += file.deletions;
    }
    out_.summary.sha256 = schema::sha256_hex(out_.patch);
    return std::move(out_);
  }

 private:
  result<> add(git_diff* all, std::size_t index) {
    const git_diff_delta* delta = git_diff_get_delta(all, index);
    const std::string shown = printable(delta->new_file.path);
    SKEIN_CHECK(check_size(delta->old_file, shown));
    SKEIN_CHECK(check_size(delta->new_file, shown));
    git_patch* made = nullptr;
    if (const int rc = git_patch_from_diff(&made, all, index); rc < 0) {
      return library_error("compare " + shown, rc);
    }
    const patch_ptr patch(made);
    buffer text;
    if (const int rc = git_patch_to_buf(&text.value, patch.get()); rc < 0) {
      return library_error("print the difference of " + shown, rc);
    }
    if (text.value.size > most_ - out_.patch.size()) return too_large(shown);
    out_.patch.append(text.value.ptr, text.value.size);
    add_file(patch.get());
    return {};
  }

  /// Asked before anything of that size is read.
  result<> check_size(const git_diff_file& file, const std::string& shown) {
    if (git_oid_is_zero(&file.id) != 0 || file.mode == GIT_FILEMODE_COMMIT) return {};
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (const int rc = git_odb_read_header(&size, &type, objects_, &file.id); rc < 0) {
      return library_error("read " + shown, rc);
    }
    return size > most_ ? result<>(too_large(shown)) : result<>();
  }

  error too_large(const std::string& shown) const {
    return {errc::refused,
            "the difference is larger than " + std::to_string(most_) + " bytes, at " + shown,
            "split the change"};
  }

  void add_file(git_patch* patch) {
    const git_diff_delta* delta = git_patch_get_delta(patch);
    std::size_t insertions = 0;
    std::size_t deletions = 0;
    git_patch_line_stats(nullptr, &insertions, &deletions, patch);
    diff::file file;
    file.path = delta->status == GIT_DELTA_DELETED ? delta->old_file.path : delta->new_file.path;
    if (delta->status == GIT_DELTA_RENAMED) file.old_path = delta->old_file.path;
    file.status = status_of(delta->status);
    file.insertions = static_cast<std::uint32_t>(insertions);
    file.deletions = static_cast<std::uint32_t>(deletions);
    file.binary = (delta->flags & GIT_DIFF_FLAG_BINARY) != 0;
    file.old_mode = delta->old_file.mode;
    file.new_mode = delta->new_file.mode;
    // A file that becomes a symlink is a removal and an addition in a patch, but one changed path.
    if (!out_.files.empty() && out_.files.back().path == file.path &&
        out_.files.back().status == "removed" && file.status == "added") {
      diff::file& both = out_.files.back();
      both.status = "type_changed";
      both.insertions += file.insertions;
      both.binary = both.binary || file.binary;
      both.new_mode = file.new_mode;
      return;
    }
    out_.files.push_back(std::move(file));
  }

  const trees& both_;
  git_odb* objects_;
  std::size_t most_;
  diff out_;
};

}  // namespace

result<diff> compare_trees(git_repository* repository, const git_oid& before, const git_oid& after,
                           std::size_t max_patch_bytes) {
  SKEIN_TRY(objects, open_objects(repository));
  SKEIN_TRY(old_tree, read_tree(repository, before));
  SKEIN_TRY(new_tree, read_tree(repository, after));
  const trees both{repository, old_tree.get(), new_tree.get()};
  SKEIN_TRY(all, compare_all(both));
  SKEIN_TRY(usable, find_renames(all.get()));
  if (!usable) {
    SKEIN_TRY(plain, compare_all(both));
    all = std::move(plain);
  }
  patch_text text(both, objects.get(), max_patch_bytes);
  SKEIN_CHECK(text.add_all(all.get()));
  return std::move(text).finish();
}

result<diff> diff_trees(const base& from, const std::string& tree, std::size_t max_patch_bytes) {
  SKEIN_TRY(before, parse_id(from.tree));
  SKEIN_TRY(after, parse_id(tree));
  SKEIN_TRY(repository, open_repository(from.mirror));
  return compare_trees(repository.get(), before, after, max_patch_bytes);
}

}  // namespace skein::git
