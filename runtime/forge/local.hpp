// Pull requests for repositories that no forge knows: bare directories on this machine. They are
// records in a directory, one JSON file each, so that the whole life of a pull request works (and
// is tested) without a network. Nobody is told anything.
#pragma once

#include "runtime/forge/forge.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace skein::forge {

/// How `local` reaches git; runtime/git has them all. Errors: `not_found` is an answer.
struct local_git {
  std::function<result<std::string>(const repository_name&)> default_branch;
  /// The commit of a branch; empty: there is none.
  std::function<result<std::string>(const repository_name&, const std::string& branch)> commit_of;
  std::function<result<std::string>(const repository_name&, const std::string& reference,
                                    const std::string& path)>
      read_file;
  std::function<result<>(const repository_name&, const std::string& branch,
                         const std::string& commit)>
      delete_branch;
};

class local_forge final : public forge {
 public:
  /// `records` is made when needed; one process at a time uses it. `now_s`: time of day.
  local_forge(std::filesystem::path records, local_git git, std::function<std::int64_t()> now_s);

  answer<repository_facts> find_repository(const repository_name& where,
                                           const call_limits& limits) override;
  /// Refused: there is nothing to search in.
  answer<listed<repository_facts>> search_repositories(const std::string& selector,
                                                       std::size_t most,
                                                       const call_limits& limits) override;
  answer<std::optional<pull_request>> find_pull_request(const repository_name& where,
                                                        const std::string& head_branch,
                                                        const std::string& marker,
                                                        const call_limits& limits) override;
  answer<pull_request> read_pull_request(const repository_name& where, std::int64_t number,
                                         const call_limits& limits) override;
  answer<listed<pull_request>> list_open(const repository_name& where,
                                         const std::string& head_prefix, std::size_t most,
                                         const call_limits& limits) override;
  answer<pull_request> create_pull_request(const repository_name& where,
                                           const new_pull_request& wanted,
                                           const call_limits& limits) override;
  answer<pull_request> update_pull_request(const repository_name& where, std::int64_t number,
                                           const pull_request_change& change,
                                           const call_limits& limits) override;
  answer<pull_request> close_pull_request(const repository_name& where, std::int64_t number,
                                          const call_limits& limits) override;
  answer<nothing> comment(const repository_name& where, std::int64_t number,
                          const std::string& text, const std::string& marker,
                          const call_limits& limits) override;
  answer<nothing> add_labels(const repository_name& where, std::int64_t number,
                             const std::vector<std::string>& labels,
                             const call_limits& limits) override;
  answer<nothing> request_reviewers(const repository_name& where, std::int64_t number,
                                    const std::vector<std::string>& users,
                                    const std::vector<std::string>& teams,
                                    const call_limits& limits) override;
  /// None: nobody checks here. Always pending.
  answer<check_summary> read_checks(const repository_name& where, const std::string& commit,
                                    const call_limits& limits) override;
  answer<std::optional<std::string>> read_file(const repository_name& where,
                                               const std::string& path,
                                               const std::string& reference, std::size_t most_bytes,
                                               const call_limits& limits) override;
  answer<std::string> git_secret(const repository_name& where, const call_limits& limits) override;
  answer<nothing> delete_branch(const repository_name& where, const std::string& branch,
                                const std::string& commit, const call_limits& limits) override;

 private:
  std::filesystem::path records_;
  local_git git_;
  std::function<std::int64_t()> now_s_;
};

}  // namespace skein::forge
