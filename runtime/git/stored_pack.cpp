// See stored_pack.hpp.
#include "runtime/git/stored_pack.hpp"

#include <fstream>
#include <iterator>

namespace skein::git {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

result<pack_writer> stored_pack(git_repository* mirror, const std::filesystem::path& directory,
                                const git_oid& commit) {
  git_commit* found = nullptr;
  if (const int rc = git_commit_lookup(&found, mirror, &commit); rc < 0) {
    return library_error("read commit " + id_text(commit), rc);
  }
  const commit_ptr owned(found);
  if (git_commit_parentcount(found) != 1) {
    return error{errc::not_found, "commit " + id_text(commit) + " has not one parent", ""};
  }
  SKEIN_TRY(parent, tree_of_commit(mirror, *git_commit_parent_id(found, 0)));
  const std::string stem = directory.string() + "/objects/pack/pack-" +
                           pack_name(id_text(parent), id_text(*git_commit_tree_id(found)));
  SKEIN_TRY(pack, pack_writer::continued(content_of(stem + ".pack"), content_of(stem + ".idx")));
  SKEIN_TRY(objects, open_objects(mirror));
  git_odb_object* read = nullptr;
  if (const int rc = git_odb_read(&read, objects.get(), &commit); rc < 0) {
    return library_error("read commit " + id_text(commit), rc);
  }
  const odb_object_ptr bytes(read);
  SKEIN_CHECK(pack.add(GIT_OBJECT_COMMIT, {static_cast<const char*>(git_odb_object_data(read)),
                                           git_odb_object_size(read)}));
  return std::move(pack);
}

}  // namespace skein::git
