// write_commit(): one commit on top of the base commit; the same input gives the same id.
#include "runtime/git/library.hpp"
#include "runtime/git/mirror.hpp"
#include "runtime/git/printable.hpp"

#include <git2/sys/commit.h>

#include <algorithm>

namespace skein::git {
namespace {

/// A line break here would end the header line and begin another.
result<> check_person(const std::string& text, const char* what) {
  const bool bad = text.empty() || std::any_of(text.begin(), text.end(), [](unsigned char c) {
                     return c < 0x20 || c == 0x7f || c == '<' || c == '>';
                   });
  if (!bad) return {};
  return error{errc::invalid, std::string("not an author's ") + what + ": " + printable(text, 80),
               "give one line without < and >"};
}

}  // namespace

result<std::string> write_commit(const base& from, const commit_spec& what) {
  SKEIN_CHECK(check_person(what.author_name, "name"));
  SKEIN_CHECK(check_person(what.author_email, "address"));
  if (what.message.find('\0') != std::string::npos) {
    return error{errc::invalid, "the commit message holds a NUL byte", ""};
  }
  SKEIN_TRY(parent, parse_id(from.commit));
  SKEIN_TRY(tree, parse_id(what.tree));
  SKEIN_TRY(repository, open_repository(from.mirror));
  git_signature* made = nullptr;
  if (const int rc = git_signature_new(&made, what.author_name.c_str(), what.author_email.c_str(),
                                       what.at_s, 0);
      rc < 0) {
    return library_error("name the author of the commit", rc);
  }
  const signature_ptr author(made);
  const git_oid* parents[] = {&parent};
  git_oid id{};
  if (const int rc =
          git_commit_create_from_ids(&id, repository.get(), nullptr, author.get(), author.get(),
                                     nullptr, what.message.c_str(), &tree, 1, parents);
      rc < 0) {
    return library_error("commit tree " + what.tree + " on " + from.commit, rc);
  }
  return id_text(id);
}

}  // namespace skein::git
