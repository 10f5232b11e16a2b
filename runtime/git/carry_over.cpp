// take_back() and carry_over(): a change made again, backwards or forwards, on top of a later
// commit, without history: three trees are enough. And paths_between().
#include "runtime/git/library.hpp"
#include "runtime/git/mirror.hpp"
#include "runtime/git/printable.hpp"

#include <algorithm>

namespace skein::git {
namespace {

using index_ptr = std::unique_ptr<git_index, freed_by<git_index_free>>;

struct step {
  const git_oid& from;
  const git_oid& to;
};

/// The step `from` → `to`, made from `now`. `conflict`: the same lines were changed.
result<git_oid> repeat(git_repository* repository, const step& change, const git_oid& now) {
  SKEIN_TRY(from, read_tree(repository, change.from));
  SKEIN_TRY(to, read_tree(repository, change.to));
  SKEIN_TRY(head, read_tree(repository, now));
  git_merge_options options{};
  git_merge_options_init(&options, GIT_MERGE_OPTIONS_VERSION);
  git_index* made = nullptr;
  if (const int rc = git_merge_trees(&made, repository, from.get(), head.get(), to.get(), &options);
      rc < 0) {
    return library_error("merge the trees", rc);
  }
  const index_ptr merged(made);
  if (git_index_has_conflicts(merged.get()) != 0) {
    return error{errc::conflict, "the same lines were changed", ""};
  }
  git_oid tree{};
  if (const int rc = git_index_write_tree_to(&tree, merged.get(), repository); rc < 0) {
    return library_error("write the merged tree", rc);
  }
  return tree;
}

/// A change that was made on `original`, and what it is to be made on again.
struct three_trees {
  repository_ptr repository;
  git_oid original;
  git_oid changed;
  git_oid now;
};

result<three_trees> open_trees(const base& head, const std::string& changed_tree,
                               const std::string& original_commit) {
  three_trees out{};
  SKEIN_TRY(repository, open_repository(head.mirror));
  SKEIN_TRY(head_id, parse_id(head.commit));
  SKEIN_TRY(original_id, parse_id(original_commit));
  SKEIN_TRY(changed, parse_id(changed_tree));
  SKEIN_TRY(now, tree_of_commit(repository.get(), head_id));
  SKEIN_TRY(original, tree_of_commit(repository.get(), original_id));
  out.repository = std::move(repository);
  out.original = original;
  out.changed = changed;
  out.now = now;
  return out;
}

result<diff_ptr> deltas(git_repository* repository, const git_oid& before, const git_oid& after) {
  SKEIN_TRY(old_tree, read_tree(repository, before));
  SKEIN_TRY(new_tree, read_tree(repository, after));
  git_diff_options options{};
  git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
  options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
  options.ignore_submodules = GIT_SUBMODULE_IGNORE_NONE;
  git_diff* made = nullptr;
  if (const int rc =
          git_diff_tree_to_tree(&made, repository, old_tree.get(), new_tree.get(), &options);
      rc < 0) {
    return library_error("compare the trees", rc);
  }
  return diff_ptr(made);
}

result<workspace::entry_kind> kind_of(const git_diff_file& file) {
  switch (file.mode) {
    case GIT_FILEMODE_BLOB:
      return workspace::entry_kind::regular;
    case GIT_FILEMODE_BLOB_EXECUTABLE:
      return workspace::entry_kind::executable;
    case GIT_FILEMODE_LINK:
      return workspace::entry_kind::symlink;
    default:
      return error{errc::conflict, printable(file.path) + " is no file that a change can have", ""};
  }
}

/// Reads no object before its size is known to fit.
class reader {
 public:
  reader(git_odb* objects, const workspace::change_limits& limits)
      : objects_(objects), limits_(limits) {}

  result<std::string> content(const git_diff_file& file) {
    const std::string shown = printable(file.path);
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (const int rc = git_odb_read_header(&size, &type, objects_, &file.id); rc < 0) {
      return library_error("read " + shown, rc);
    }
    if (size > limits_.max_file_bytes || size > limits_.max_total_bytes - taken_) {
      return error{errc::refused, "the change is larger than its limits, at " + shown,
                   "split the change"};
    }
    taken_ += size;
    git_odb_object* read = nullptr;
    if (const int rc = git_odb_read(&read, objects_, &file.id); rc < 0) {
      return library_error("read " + shown, rc);
    }
    const odb_object_ptr bytes(read);
    return std::string(static_cast<const char*>(git_odb_object_data(read)),
                       git_odb_object_size(read));
  }

 private:
  git_odb* objects_;
  const workspace::change_limits& limits_;
  std::uint64_t taken_ = 0;
};

}  // namespace

result<std::string> take_back(const base& head, const std::string& changed_tree,
                              const std::string& original_commit) {
  SKEIN_TRY(trees, open_trees(head, changed_tree, original_commit));
  auto made = repeat(trees.repository.get(), {trees.changed, trees.original}, trees.now);
  if (made) return id_text(*made);
  if (made.error().code != errc::conflict) return made.error();
  return error{errc::conflict, "what was merged has been changed since",
               "revert it by hand: git revert, and solve the conflicts"};
}

result<workspace::change_set> carry_over(const base& head, const std::string& changed_tree,
                                         const std::string& original_commit,
                                         const workspace::change_limits& limits) {
  SKEIN_TRY(trees, open_trees(head, changed_tree, original_commit));
  auto* repository = trees.repository.get();
  SKEIN_TRY(made, repeat(repository, {trees.original, trees.changed}, trees.now));
  SKEIN_TRY(all, deltas(repository, trees.now, made));
  SKEIN_TRY(objects, open_objects(repository));
  const std::size_t count = git_diff_num_deltas(all.get());
  if (count > limits.max_files) {
    return error{errc::refused, "the change has " + std::to_string(count) + " files",
                 "split the change"};
  }
  workspace::change_set out;
  reader files(objects.get(), limits);
  for (std::size_t i = 0; i < count; ++i) {
    const git_diff_delta* delta = git_diff_get_delta(all.get(), i);
    workspace::file_change file;
    if (delta->status == GIT_DELTA_DELETED) {
      SKEIN_TRY(was, kind_of(delta->old_file));
      (void)was;
      file.path = delta->old_file.path;
      file.kind = workspace::entry_kind::removed;
    } else {
      SKEIN_TRY(kind, kind_of(delta->new_file));
      SKEIN_TRY(content, files.content(delta->new_file));
      file = {delta->new_file.path, kind, std::move(content)};
    }
    out.files.push_back(std::move(file));
  }
  std::sort(out.files.begin(), out.files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

result<std::vector<std::string>> paths_between(const std::filesystem::path& mirror,
                                               const std::string& before, const std::string& after,
                                               std::size_t most) {
  SKEIN_TRY(repository, open_repository(mirror));
  SKEIN_TRY(old_commit, parse_id(before));
  SKEIN_TRY(new_commit, parse_id(after));
  SKEIN_TRY(old_tree, tree_of_commit(repository.get(), old_commit));
  SKEIN_TRY(new_tree, tree_of_commit(repository.get(), new_commit));
  SKEIN_TRY(all, deltas(repository.get(), old_tree, new_tree));
  const std::size_t count = git_diff_num_deltas(all.get());
  if (count > most) {
    return error{errc::refused, std::to_string(count) + " paths differ", ""};
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) {
    const git_diff_delta* delta = git_diff_get_delta(all.get(), i);
    out.emplace_back(delta->status == GIT_DELTA_DELETED ? delta->old_file.path
                                                        : delta->new_file.path);
  }
  return out;
}

}  // namespace skein::git
