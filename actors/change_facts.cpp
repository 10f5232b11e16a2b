#include "actors/change_facts.hpp"

#include "runtime/forge/pull_request_quality.hpp"

#include <algorithm>

namespace skein::actors {

namespace {

/// More people than this read nothing.
constexpr std::size_t most_reviewers = 5;

/// Nothing when the repository has no such file, or none that counts.
result<std::optional<forge::codeowners>> owners_on(const git::base& base) {
  for (const auto place : forge::codeowners_places) {
    auto file =
        git::read_file(base.mirror, base.commit, std::string{place}, forge::codeowners_limit - 1);
    if (file) return std::optional{forge::parse_codeowners(*file)};
    if (file.error().code == errc::not_found) continue;
    // Too large, or no file: then the later places do not count either.
    if (file.error().code == errc::refused) break;
    return file.error();
  }
  return std::optional<forge::codeowners>{};
}

bool wants_owners(const schema::publish_spec& how) {
  return std::find(how.reviewers.begin(), how.reviewers.end(), "codeowners") != how.reviewers.end();
}

/// `@user`, `user` or `org/team`.
void add_named(const std::vector<std::string>& names, const std::string& organisation,
               forge::reviewers& into) {
  for (auto name : names) {
    if (name == "codeowners") continue;
    if (name.starts_with('@')) name.erase(0, 1);
    const auto slash = name.find('/');
    if (slash == std::string::npos) {
      into.users.push_back(name);
    } else if (name.substr(0, slash) == organisation) {
      into.teams.push_back(name.substr(slash + 1));
    } else {
      ++into.left_out;
    }
  }
}

}  // namespace

result<change_facts> examine_change(const git::base& base, const schema::run& run,
                                    const schema::publish_spec& how,
                                    const std::string& organisation) {
  change_facts out;
  auto from = base;
  if (from.tree.empty()) {
    SKEIN_TRY(tree, git::tree_of(base.mirror, base.commit));
    from.tree = tree;
  }
  SKEIN_TRY(change, git::diff_trees(from, run.tree));
  for (const auto& file : change.files) {
    out.paths.push_back(file.path);
    if (!file.old_path.empty()) out.paths.push_back(file.old_path);
  }
  std::sort(out.paths.begin(), out.paths.end());
  out.paths.erase(std::unique(out.paths.begin(), out.paths.end()), out.paths.end());
  SKEIN_TRY(owners, owners_on(base));
  if (owners) {
    const auto owned = forge::owners_of(*owners, out.paths);
    out.unowned = owned.unowned;
    if (wants_owners(how)) {
      out.reviewers = forge::choose_reviewers(owned, "", organisation, most_reviewers);
    }
  }
  add_named(how.reviewers, organisation, out.reviewers);
  out.score = forge::judge_quality(run, out.unowned).score;
  return out;
}

}  // namespace skein::actors
