// read_file(), tree_of(): single objects of a mirror.
#include "runtime/git/library.hpp"
#include "runtime/git/mirror.hpp"
#include "runtime/git/printable.hpp"

namespace skein::git {

using entry_ptr = std::unique_ptr<git_tree_entry, freed_by<git_tree_entry_free>>;
using blob_ptr = std::unique_ptr<git_blob, freed_by<git_blob_free>>;

result<std::string> read_file(const std::filesystem::path& mirror, const std::string& commit,
                              const std::string& path, std::size_t most_bytes) {
  SKEIN_TRY(id, parse_id(commit));
  SKEIN_TRY(repository, open_repository(mirror));
  SKEIN_TRY(top, tree_of_commit(repository.get(), id));
  SKEIN_TRY(tree, read_tree(repository.get(), top));
  const std::string attempted = "read " + printable(path) + " of " + commit;
  git_tree_entry* found = nullptr;
  const int rc = git_tree_entry_bypath(&found, tree.get(), path.c_str());
  if (rc == GIT_ENOTFOUND) return error{errc::not_found, attempted + ": there is no such file", ""};
  if (rc < 0) return library_error(attempted, rc);
  const entry_ptr entry(found);
  const auto mode = git_tree_entry_filemode(entry.get());
  if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE) {
    return error{errc::refused, attempted + ": it is no regular file", ""};
  }
  git_blob* content = nullptr;
  if (const int bad = git_blob_lookup(&content, repository.get(), git_tree_entry_id(entry.get()));
      bad < 0) {
    return library_error(attempted, bad);
  }
  const blob_ptr blob(content);
  const auto size = static_cast<std::size_t>(git_blob_rawsize(blob.get()));
  if (size > most_bytes) {
    return error{errc::refused, attempted + ": it has " + std::to_string(size) + " bytes", ""};
  }
  return std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())), size);
}

result<std::string> tree_of(const std::filesystem::path& mirror, const std::string& commit) {
  SKEIN_TRY(id, parse_id(commit));
  SKEIN_TRY(repository, open_repository(mirror));
  SKEIN_TRY(tree, tree_of_commit(repository.get(), id));
  return id_text(tree);
}

}  // namespace skein::git
