// See local_repository.hpp.
#include "runtime/git/local_repository.hpp"

#include "runtime/git/printable.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>

namespace skein::git {
namespace {

namespace fs = std::filesystem;

error no_repository(const fs::path& path, const std::string& why) {
  return {errc::invalid, printable(path.native()) + " is not a git repository: " + why,
          "give the directory that holds .git, or a bare repository"};
}

/// Opening a FIFO would block for ever, so what is neither absent, a file nor a directory is
/// refused.
result<> check_regular(const fs::path& directory, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    struct stat found {};
    const fs::path path = directory / name;
    if (::stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) {
      return no_repository(directory, printable(name) + " is not a regular file");
    }
  }
  return {};
}

/// The directory that a `.git` file (a worktree or a submodule) names.
result<fs::path> follow_git_file(const fs::path& file) {
  constexpr std::size_t longest = 8192;
  constexpr std::string_view marker = "gitdir: ";
  std::ifstream in(file, std::ios::binary);
  std::string text(longest, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (!text.starts_with(marker) || text.size() == marker.size() ||
      text.find_first_of(std::string_view("\n\0", 2)) != std::string::npos) {
    return no_repository(file.parent_path(), "its .git file names no directory");
  }
  return (file.parent_path() / text.substr(marker.size())).lexically_normal();
}

result<fs::path> find_git_directory(const fs::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    const int why = errno;
    if (why == ENOENT || why == ENOTDIR) {
      return error{errc::not_found, "no such repository: " + printable(path.native()),
                   "check the path"};
    }
    return errno_error("open the repository " + printable(path.native()), why);
  }
  if (!S_ISDIR(found.st_mode)) return no_repository(path, "it is a file");
  const fs::path inside = path / ".git";
  if (::stat(inside.c_str(), &found) != 0) return path;
  if (S_ISDIR(found.st_mode)) return inside;
  if (S_ISREG(found.st_mode)) return follow_git_file(inside);
  return no_repository(path, "its .git is neither a directory nor a file");
}

fs::path without_slash(const fs::path& path) {
  return path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
}

std::optional<git_oid> target_of(const reference_ptr& reference) {
  git_reference* resolved = nullptr;
  if (git_reference_resolve(&resolved, reference.get()) < 0) return std::nullopt;
  const reference_ptr direct(resolved);
  return *git_reference_target(direct.get());
}

bool has_branches(git_repository* repository) {
  git_reference_iterator* made = nullptr;
  if (git_reference_iterator_new(&made, repository) < 0) return true;
  const std::unique_ptr<git_reference_iterator, freed_by<git_reference_iterator_free>> each(made);
  const char* name = nullptr;
  return git_reference_next_name(&name, each.get()) == 0;
}

error no_branch(const local_repository& from, const std::string& branch) {
  const std::string shown = printable(from.directory.native());
  if (!has_branches(from.opened.get())) {
    return {errc::invalid, "the repository " + shown + " is empty: it has no commit",
            "push a first commit"};
  }
  return {errc::not_found, "no branch " + printable(branch) + " in " + shown,
          "check the branch name"};
}

result<reference_ptr> look_up(const local_repository& from, const std::string& name) {
  SKEIN_CHECK(check_regular(from.directory, {"packed-refs", name.c_str()}));
  git_reference* found = nullptr;
  const int rc = git_reference_lookup(&found, from.opened.get(), name.c_str());
  if (rc == GIT_ENOTFOUND) return reference_ptr();
  if (rc < 0) {
    return library_error("read " + printable(name) + " in " + printable(from.directory.native()),
                         rc);
  }
  return reference_ptr(found);
}

}  // namespace

result<std::string> branch_reference(const std::string& branch) {
  const std::string name = "refs/heads/" + branch;
  int valid = 0;
  if (branch.find('\0') != std::string::npos || branch.starts_with('-') ||
      git_reference_name_is_valid(&valid, name.c_str()) < 0 || valid == 0) {
    return error{errc::invalid, "not a branch name: " + printable(branch),
                 "see git check-ref-format"};
  }
  return name;
}

result<local_repository> open_local(const location& where) {
  SKEIN_TRY(git_directory, find_git_directory(where.path));
  SKEIN_CHECK(check_regular(git_directory, {"HEAD", "commondir"}));
  auto opened = open_repository(git_directory);
  if (!opened) {
    return opened.error().code == errc::io ? opened.error()
                                           : no_repository(where.path, "no git directory in it");
  }
  const fs::path common = without_slash(git_repository_commondir(opened->get()));
  std::error_code failed;
  const fs::path objects = fs::canonical(common / "objects", failed);
  if (failed) return no_repository(where.path, "it has no object directory");
  SKEIN_CHECK(check_regular(common, {"packed-refs"}));
  SKEIN_CHECK(check_regular(objects, {"info/alternates"}));
  const std::string text = objects.string();
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; })) {
    return no_repository(where.path, "control character in the path of its objects");
  }
  return local_repository{std::move(*opened), common, objects};
}

result<tip> resolve_local(const local_repository& from, const std::string& branch) {
  std::string name = "HEAD";
  if (!branch.empty()) {
    SKEIN_TRY(full, branch_reference(branch));
    name = full;
  }
  SKEIN_TRY(reference, look_up(from, name));
  if (!reference) return no_branch(from, branch.empty() ? "HEAD" : branch);
  std::string found = branch;
  if (branch.empty()) {
    found = "HEAD";
    if (git_reference_type(reference.get()) == GIT_REFERENCE_SYMBOLIC) {
      const std::string_view target = git_reference_symbolic_target(reference.get());
      constexpr std::string_view prefix = "refs/heads/";
      found = target.starts_with(prefix) ? target.substr(prefix.size()) : target;
      SKEIN_CHECK(check_regular(from.directory, {std::string(target).c_str()}));
    }
  }
  const auto commit = target_of(reference);
  if (!commit) return no_branch(from, found);
  return tip{found, *commit};
}

result<std::string> local_branch(const local_repository& from, const std::string& branch) {
  SKEIN_TRY(name, branch_reference(branch));
  SKEIN_TRY(reference, look_up(from, name));
  if (!reference) return std::string();
  const auto commit = target_of(reference);
  if (!commit) {
    return error{errc::corrupt, "branch " + printable(branch) + " points nowhere", ""};
  }
  return id_text(*commit);
}

}  // namespace skein::git
