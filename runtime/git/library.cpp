// See library.hpp.
#include "runtime/git/library.hpp"

#include "runtime/git/printable.hpp"

#include <git2/sys/repository.h>

#include <algorithm>
#include <cctype>

namespace skein::git {
namespace {

using config_ptr = std::unique_ptr<git_config, freed_by<git_config_free>>;

/// Started once and never shut down: other threads may still be inside when the process ends.
bool start_library() {
  if (git_libgit2_init() < 0) return false;
  for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
                          GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL}) {
    if (git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "") < 0) return false;
  }
  // A commit whose id is in the store must survive a power failure as the store does.
  if (git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1) < 0) return false;
  // What was fetched has been checked by git's index-pack, and a checkout checks what it writes.
  // libgit2 would hash every object again, each time it is read.
  if (git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0) < 0) return false;
  // Who owns a repository matters only to what it could make us execute: configuration, never read.
  return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0) >= 0;
}

errc code_of(int returned) noexcept {
  switch (returned) {
    case GIT_ENOTFOUND:
      return errc::not_found;
    case GIT_EINVALIDSPEC:
    case GIT_EINVALID:
      return errc::invalid;
    case GIT_EEXISTS:
      return errc::conflict;
    default:
      break;
  }
  const git_error* last = git_error_last();
  return last != nullptr && last->klass == GIT_ERROR_OS ? errc::io : errc::corrupt;
}

}  // namespace

error library_error(const std::string& attempted, int returned) {
  const git_error* last = git_error_last();
  const std::string why =
      last == nullptr || last->message == nullptr ? "unknown reason" : printable(last->message);
  return {code_of(returned), attempted + ": " + why, ""};
}

result<repository_ptr> open_repository(const std::filesystem::path& directory) {
  static const bool started = start_library();
  if (!started) return error{errc::internal, "libgit2 does not start", "check the installation"};
  const std::string shown = printable(directory.native());
  git_repository* opened = nullptr;
  if (const int rc = git_repository_open_bare(&opened, directory.c_str()); rc < 0) {
    return library_error("open the git directory " + shown, rc);
  }
  repository_ptr repository(opened);
  git_config* empty = nullptr;
  if (const int rc = git_config_new(&empty); rc < 0) return library_error("open " + shown, rc);
  const config_ptr config(empty);
  if (const int rc = git_repository_set_config(repository.get(), config.get()); rc < 0) {
    return library_error("open " + shown, rc);
  }
  return repository;
}

result<odb_ptr> open_objects(git_repository* repository) {
  git_odb* opened = nullptr;
  if (const int rc = git_repository_odb(&opened, repository); rc < 0) {
    return library_error("open the objects of " + printable(git_repository_path(repository)), rc);
  }
  return odb_ptr(opened);
}

result<git_oid> parse_id(const std::string& text) {
  const bool whole =
      text.size() == GIT_OID_HEXSZ && std::all_of(text.begin(), text.end(), [](char c) {
        return std::isxdigit(static_cast<unsigned char>(c)) != 0;
      });
  git_oid id{};
  if (!whole || git_oid_fromstrn(&id, text.data(), text.size()) < 0) {
    return error{errc::invalid, "not a full object id: " + printable(text, 80),
                 "give all 40 hexadecimal digits"};
  }
  return id;
}

std::string id_text(const git_oid& id) {
  std::string out(GIT_OID_HEXSZ, '0');
  git_oid_fmt(out.data(), &id);
  return out;
}

result<git_oid> tree_of_commit(git_repository* repository, const git_oid& commit) {
  git_object* found = nullptr;
  if (const int rc = git_object_lookup(&found, repository, &commit, GIT_OBJECT_ANY); rc < 0) {
    return library_error("read commit " + id_text(commit), rc);
  }
  const std::unique_ptr<git_object, freed_by<git_object_free>> object(found);
  if (git_object_type(object.get()) != GIT_OBJECT_COMMIT) {
    return error{errc::invalid,
                 id_text(commit) + " is a " +
                     git_object_type2string(git_object_type(object.get())) + ", not a commit",
                 ""};
  }
  return *git_commit_tree_id(reinterpret_cast<const git_commit*>(object.get()));
}

result<tree_ptr> read_tree(git_repository* repository, const git_oid& id) {
  git_tree* found = nullptr;
  if (const int rc = git_tree_lookup(&found, repository, &id); rc < 0) {
    return library_error("read tree " + id_text(id), rc);
  }
  return tree_ptr(found);
}

}  // namespace skein::git
