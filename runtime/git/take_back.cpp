// take_back(): what undoes a change on top of a later commit, without history: three trees are
// enough.
#include "runtime/git/library.hpp"
#include "runtime/git/mirror.hpp"

namespace skein::git {

using index_ptr = std::unique_ptr<git_index, freed_by<git_index_free>>;

result<std::string> take_back(const base& head, const std::string& changed_tree,
                              const std::string& original_commit) {
  SKEIN_TRY(repository, open_repository(head.mirror));
  SKEIN_TRY(head_id, parse_id(head.commit));
  SKEIN_TRY(original_id, parse_id(original_commit));
  SKEIN_TRY(changed_id, parse_id(changed_tree));
  SKEIN_TRY(head_tree_id, tree_of_commit(repository.get(), head_id));
  SKEIN_TRY(original_tree_id, tree_of_commit(repository.get(), original_id));
  SKEIN_TRY(now, read_tree(repository.get(), head_tree_id));
  SKEIN_TRY(original, read_tree(repository.get(), original_tree_id));
  SKEIN_TRY(changed, read_tree(repository.get(), changed_id));
  // From `changed` to `original` is the change backwards; the same step is made from `now`.
  git_merge_options options = GIT_MERGE_OPTIONS_INIT;
  git_index* made = nullptr;
  if (const int rc = git_merge_trees(&made, repository.get(), changed.get(), now.get(),
                                     original.get(), &options);
      rc < 0) {
    return library_error("take a change back on " + head.commit, rc);
  }
  const index_ptr merged(made);
  if (git_index_has_conflicts(merged.get()) != 0) {
    return error{errc::conflict, "what was merged has been changed since",
                 "revert it by hand: git revert, and solve the conflicts"};
  }
  git_oid tree{};
  if (const int rc = git_index_write_tree_to(&tree, merged.get(), repository.get()); rc < 0) {
    return library_error("write the tree that takes a change back", rc);
  }
  return id_text(tree);
}

}  // namespace skein::git
