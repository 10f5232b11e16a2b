// GitHub (and GitHub Enterprise) behind the interface of forge.hpp, over its REST interface. Use
// one object by one thread at a time; the HTTP client and the rates may be shared as their owners
// say.
#pragma once

#include "runtime/forge/forge.hpp"
#include "runtime/forge/github_session.hpp"

#include <functional>
#include <string>
#include <vector>

namespace skein::forge {

class github_forge final : public forge {
 public:
  /// `wanted` was checked with github::checked(); `client` and `rates` outlive this.
  github_forge(github::options wanted, http::client& client, rate_buckets& rates);

  answer<repository_facts> find_repository(const repository_name& where,
                                           const call_limits& limits) override;
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
  class turn;  ///< one function's calls under one deadline

  github::session session_;
};

}  // namespace skein::forge
