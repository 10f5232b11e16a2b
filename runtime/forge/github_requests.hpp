// The requests to GitHub's REST interface, one function each. Pure: method, address, body; who
// signs and sends them is github_session.hpp.
#pragma once

#include "runtime/forge/forge.hpp"
#include "runtime/forge/rate_buckets.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace skein::forge::github {

struct call {
  std::string method = "GET";
  std::string target;  ///< behind the base URL, from `/` on
  std::string body;    ///< JSON; empty: none
  request_kind kind = request_kind::read;
  bool repeatable = true;  ///< asked twice it does no more than once
};

/// Percent-encoded for one part of a path (`/` too) or for a value of a query.
[[nodiscard]] std::string encoded(std::string_view text);
/// As encoded(), but slashes stay: a path of files.
[[nodiscard]] std::string encoded_path(std::string_view text);

[[nodiscard]] call get_repository(const repository_name& where);
[[nodiscard]] call search_repositories(const std::string& query, std::size_t page_size);
[[nodiscard]] call list_by_head(const repository_name& where, const std::string& head_branch);
[[nodiscard]] call list_open(const repository_name& where);
[[nodiscard]] call get_pull_request(const repository_name& where, std::int64_t number);
[[nodiscard]] call get_issue(const repository_name& where, std::int64_t number);
[[nodiscard]] call create(const repository_name& where, const new_pull_request& wanted);
/// Title and body; a draft is changed by change_draft().
[[nodiscard]] call update(const repository_name& where, std::int64_t number,
                          const pull_request_change& change);
[[nodiscard]] call close(const repository_name& where, std::int64_t number);
/// Only GraphQL can do it; `node_id` is that of the pull request.
[[nodiscard]] call change_draft(const std::string& node_id, bool draft);
[[nodiscard]] call list_comments(const repository_name& where, std::int64_t number);
[[nodiscard]] call comment(const repository_name& where, std::int64_t number,
                           const std::string& text);
[[nodiscard]] call add_labels(const repository_name& where, std::int64_t number,
                              const std::vector<std::string>& labels);
[[nodiscard]] call request_reviewers(const repository_name& where, std::int64_t number,
                                     const std::vector<std::string>& users,
                                     const std::vector<std::string>& teams);
[[nodiscard]] call list_check_runs(const repository_name& where, const std::string& commit);
[[nodiscard]] call combined_status(const repository_name& where, const std::string& commit);
[[nodiscard]] call get_file(const repository_name& where, const std::string& path,
                            const std::string& reference);
[[nodiscard]] call get_blob(const repository_name& where, const std::string& blob);
[[nodiscard]] call get_branch(const repository_name& where, const std::string& branch);
[[nodiscard]] call delete_branch(const repository_name& where, const std::string& branch);
[[nodiscard]] call find_installation(const repository_name& where);
[[nodiscard]] call make_installation_token(std::int64_t installation,
                                           const std::string& repository);

/// `org:acme language:c` as a search query; `invalid` for control characters, more than 256
/// characters or nothing at all.
[[nodiscard]] result<std::string> search_query(const std::string& selector);

}  // namespace skein::forge::github
