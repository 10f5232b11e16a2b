// push(), advance_branch(), find_branch(), delete_branch(): one branch of a remote, created, asked
// for, deleted, or moved forward from where it is known to be. The caller keeps an outbox; here every outcome that is not certain is called
// unknown.
#include "runtime/git/advance_branch.hpp"
#include "runtime/git/command.hpp"
#include "runtime/git/direct_update.hpp"
#include "runtime/git/fetch_remote.hpp"
#include "runtime/git/library.hpp"
#include "runtime/git/local_repository.hpp"
#include "runtime/git/mirror.hpp"
#include "runtime/git/mirror_directory.hpp"
#include "runtime/git/printable.hpp"
#include "runtime/git/receive_pack.hpp"
#include "runtime/git/stored_pack.hpp"

#include <stdlib.h>

#include <cerrno>
#include <sstream>
#include <utility>

namespace skein::git {
namespace {

namespace fs = std::filesystem;

const std::string zeros(GIT_OID_HEXSZ, '0');

push_result pushed() {
  return {push_end::pushed, ""};
}

push_result taken(const std::string& branch, const std::string& by) {
  return {push_end::rejected, "branch " + printable(branch) + " exists already, at commit " + by};
}

/// The pack that write_tree() left, with the commit added; else a pack made from the objects.
result<std::string> pack_to_send(const fs::path& mirror, const std::string& commit) {
  SKEIN_TRY(id, parse_id(commit));
  SKEIN_TRY(repository, open_repository(mirror));
  auto ready = stored_pack(repository.get(), mirror, id);
  if (!ready) return pack_of(mirror, commit);
  return std::move(*ready).finish();
}

/// What the branch says after a push whose own report does not settle it.
push_result settle(const result<std::string>& now, const std::string& commit,
                   const std::string& before, const std::string& branch, push_result otherwise) {
  if (!now) return {push_end::unknown, otherwise.detail};
  if (*now == commit) return pushed();
  if (*now != before) return taken(branch, *now);
  return otherwise;
}

result<push_result> push_local(const fs::path& mirror, const location& where,
                               const std::string& commit, const std::string& branch,
                               const std::string& expected, std::chrono::milliseconds timeout,
                               std::stop_token stop) {
  auto repository = open_local(where);
  if (!repository) return push_result{push_end::unknown, repository.error().message};
  SKEIN_TRY(reference, branch_reference(branch));
  SKEIN_TRY(before, local_branch(*repository, branch));
  if (before == commit) return pushed();
  if (before != expected) return taken(branch, before);
  SKEIN_CHECK(parse_id(commit));
  if (update_directly(*repository, where, mirror, commit, branch, expected) == direct_end::moved)
    return pushed();
  SKEIN_TRY(pack, pack_to_send(mirror, commit));
  auto answer = update_branch(*repository,
                              {reference, expected.empty() ? zeros : expected, commit,
                               std::move(pack)},
                              mirror / "receive.gitconfig", timeout, std::move(stop));
  if (answer && answer->accepted) return pushed();
  const push_result otherwise =
      answer
          ? push_result{answer->answered ? push_end::rejected : push_end::unknown, answer->detail}
          : push_result{push_end::unknown, answer.error().message};
  // Opened anew: references may be cached.
  auto again = open_local(where);
  return settle(again ? local_branch(*again, branch) : result<std::string>(again.error()), commit,
                expected, branch, otherwise);
}

/// The line about our branch in `git push --porcelain`: FLAG TAB FROM:TO TAB SUMMARY.
struct porcelain_line {
  char flag = 0;
  std::string summary;
};

porcelain_line read_porcelain(const std::string& out, const std::string& reference) {
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t', 2);
    if (line.size() < 2 || line[1] != '\t' || tab == std::string::npos) continue;
    if (line.substr(2, tab - 2).ends_with(":" + reference)) {
      return {line[0], printable(line.substr(tab + 1))};
    }
  }
  return {};
}

git_call push_call(const fs::path& mirror, const location& where, const std::string& expected,
                   const std::string& refspec, std::chrono::milliseconds timeout) {
  git_call call;
  call.how = where.how;
  call.as = where.as;
  call.remote = where.url;
  call.timeout = timeout;
  call.arguments = client_options();
  call.arguments.insert(call.arguments.end(),
                        {"--git-dir=" + mirror.string(), "push", "--porcelain", "--no-verify",
                         "--no-follow-tags", "--recurse-submodules=no",
                         "--force-with-lease=" + expected, "--end-of-options", where.url, refspec});
  return call;
}

result<push_result> push_remote(const fs::path& mirror, const location& where,
                                const std::string& commit, const std::string& branch,
                                const std::string& expected, std::chrono::milliseconds timeout,
                                std::stop_token stop) {
  SKEIN_TRY(reference, branch_reference(branch));
  SKEIN_CHECK(parse_id(commit));
  auto ended = run_git(push_call(mirror, where, reference + ":" + expected,
                                 commit + ":" + reference, timeout),
                       stop);
  if (!ended) return push_result{push_end::unknown, ended.error().message};
  const porcelain_line line = read_porcelain(ended->out, reference);
  if (ended->exit_code == 0 && (line.flag == '*' || line.flag == '=' || line.flag == ' ' || line.flag == '+')) {
    return pushed();
  }
  std::string detail = line.summary;
  const std::string said = reason_line(ended->err);
  if (!said.empty()) detail += (detail.empty() ? "" : ": ") + said;
  const bool refused = line.flag == '!' && line.summary.starts_with("[remote rejected]");
  const bool stale = line.flag == '!' && line.summary.starts_with("[rejected]");
  if (line.flag == 0 && is_refusal(ended->err)) return push_result{push_end::rejected, detail};
  const push_result otherwise{refused || stale ? push_end::rejected : push_end::unknown, detail};
  if (!refused && !stale) return otherwise;
  return settle(find_branch(where, branch, timeout, std::move(stop)), commit, expected, branch,
                otherwise);
}

/// `git push` wants to be in a repository even when it only deletes: an empty one, for this call.
class empty_repository {
 public:
  static result<empty_repository> make(const location& where) {
    std::string name = (fs::temp_directory_path() / "skein-push-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return errno_error("make " + name, errno);
    empty_repository out(name);
    SKEIN_TRY(mirror, make_mirror(name, where, {}));
    out.directory_ = mirror;
    return out;
  }
  empty_repository(empty_repository&& other) noexcept
      : top_(std::exchange(other.top_, {})), directory_(std::move(other.directory_)) {}
  empty_repository& operator=(empty_repository&&) = delete;
  ~empty_repository() {
    std::error_code ignored;
    if (!top_.empty()) fs::remove_all(top_, ignored);
  }
  [[nodiscard]] const fs::path& directory() const noexcept { return directory_; }

 private:
  explicit empty_repository(fs::path top) : top_(std::move(top)) {}
  fs::path top_;
  fs::path directory_;
};

error moved(const std::string& branch, const std::string& expected, const std::string& now) {
  return {errc::conflict,
          "delete branch " + printable(branch) + ": it is at " + now + ", not at " + expected,
          "somebody has pushed to it; look at it first"};
}

error not_deleted(const std::string& branch, const std::string& detail) {
  return {errc::refused, "delete branch " + printable(branch) + ": " + detail, ""};
}

}  // namespace

result<push_result> advance_branch(const fs::path& mirror, const location& where,
                                   const std::string& commit, const std::string& branch,
                                   const std::string& before, std::chrono::milliseconds timeout,
                                   std::stop_token stop) {
  if (stop.stop_requested()) {
    return error{errc::cancelled, "push of " + printable(branch) + " cancelled", ""};
  }
  if (!before.empty()) SKEIN_CHECK(parse_id(before));
  return where.how == transport::local
             ? push_local(mirror, where, commit, branch, before, timeout, std::move(stop))
             : push_remote(mirror, where, commit, branch, before, timeout, std::move(stop));
}

result<push_result> push(const fs::path& mirror, const location& where, const std::string& commit,
                         const std::string& branch, std::chrono::milliseconds timeout,
                         std::stop_token stop) {
  return advance_branch(mirror, where, commit, branch, {}, timeout, std::move(stop));
}

result<std::string> find_branch(const location& where, const std::string& branch,
                                std::chrono::milliseconds timeout, std::stop_token stop) {
  if (where.how == transport::local) {
    SKEIN_TRY(repository, open_local(where));
    return local_branch(repository, branch);
  }
  SKEIN_TRY(reference, branch_reference(branch));
  SKEIN_TRY(found, ask_remote(where, reference, timeout, std::move(stop)));
  return found.commit;
}

result<> delete_branch(const location& where, const std::string& branch, const std::string& commit,
                       std::chrono::milliseconds timeout, std::stop_token stop) {
  SKEIN_TRY(reference, branch_reference(branch));
  SKEIN_CHECK(parse_id(commit));
  SKEIN_TRY(before, find_branch(where, branch, timeout, stop));
  if (before.empty()) return {};
  if (before != commit) return moved(branch, commit, before);
  if (where.how == transport::local) {
    SKEIN_TRY(repository, open_local(where));
    SKEIN_TRY(answer, update_branch(repository, {reference, commit, zeros, ""}, {}, timeout,
                                    std::move(stop)));
    if (!answer.accepted) return not_deleted(branch, answer.detail);
    return {};
  }
  SKEIN_TRY(scratch, empty_repository::make(where));
  SKEIN_TRY(ended, run_git(push_call(scratch.directory(), where, reference + ":" + commit,
                                     ":" + reference, timeout),
                           stop));
  const porcelain_line line = read_porcelain(ended.out, reference);
  if (ended.exit_code == 0 && line.flag == '-') return {};
  SKEIN_TRY(now, find_branch(where, branch, timeout, std::move(stop)));
  if (now.empty()) return {};
  if (now != commit) return moved(branch, commit, now);
  if (line.flag == '!') return not_deleted(branch, line.summary);
  return remote_error("delete branch " + printable(branch), ended);
}

}  // namespace skein::git
