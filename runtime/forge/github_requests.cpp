// See github_requests.hpp.
#include "runtime/forge/github_requests.hpp"

#include "schema/identity.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace skein::forge::github {
namespace {

using json = nlohmann::json;

std::string of(const repository_name& where) {
  return "/repos/" + encoded(where.owner) + "/" + encoded(where.name);
}

std::string percent(std::string_view text, std::string_view kept) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kept.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
  return out;
}

call reading(std::string target) {
  return {"GET", std::move(target), {}, request_kind::read, true};
}

call writing(const char* method, std::string target, const json& body, request_kind kind) {
  return {method, std::move(target), schema::dump(body), kind, false};
}

std::string pull(const repository_name& where, std::int64_t number) {
  return of(where) + "/pulls/" + std::to_string(number);
}

std::string issue(const repository_name& where, std::int64_t number) {
  return of(where) + "/issues/" + std::to_string(number);
}

}  // namespace

std::string encoded(std::string_view text) {
  return percent(text, "-._~");
}

std::string encoded_path(std::string_view text) {
  return percent(text, "-._~/");
}

call get_repository(const repository_name& where) {
  return reading(of(where));
}

call search_repositories(const std::string& query, std::size_t page_size) {
  return reading("/search/repositories?q=" + encoded(query) +
                 "&per_page=" + std::to_string(page_size));
}

call list_by_head(const repository_name& where, const std::string& head_branch) {
  return reading(of(where) +
                 "/pulls?state=all&per_page=100&head=" + encoded(where.owner + ":" + head_branch));
}

call list_open(const repository_name& where) {
  return reading(of(where) + "/pulls?state=open&per_page=100");
}

call get_pull_request(const repository_name& where, std::int64_t number) {
  return reading(pull(where, number));
}

call get_issue(const repository_name& where, std::int64_t number) {
  return reading(issue(where, number));
}

call create(const repository_name& where, const new_pull_request& wanted) {
  return writing("POST", of(where) + "/pulls",
                 {{"title", wanted.title},
                  {"body", wanted.body},
                  {"head", wanted.head_branch},
                  {"base", wanted.base_branch},
                  {"draft", wanted.draft},
                  {"maintainer_can_modify", false}},
                 request_kind::content);
}

call update(const repository_name& where, std::int64_t number, const pull_request_change& change) {
  json body = json::object();
  if (change.title) body["title"] = *change.title;
  if (change.body) body["body"] = *change.body;
  call out = writing("PATCH", pull(where, number), body, request_kind::write);
  out.repeatable = true;
  return out;
}

call close(const repository_name& where, std::int64_t number) {
  call out = writing("PATCH", pull(where, number), {{"state", "closed"}}, request_kind::content);
  out.repeatable = true;
  return out;
}

call change_draft(const std::string& node_id, bool draft) {
  const std::string name = draft ? "convertPullRequestToDraft" : "markPullRequestReadyForReview";
  return writing("POST", "/graphql",
                 {{"query", "mutation($id: ID!) { " + name +
                                "(input: {pullRequestId: $id}) { pullRequest { isDraft } } }"},
                  {"variables", {{"id", node_id}}}},
                 request_kind::content);
}

call list_comments(const repository_name& where, std::int64_t number) {
  return reading(issue(where, number) + "/comments?per_page=100");
}

call comment(const repository_name& where, std::int64_t number, const std::string& text) {
  return writing("POST", issue(where, number) + "/comments", {{"body", text}},
                 request_kind::content);
}

call add_labels(const repository_name& where, std::int64_t number,
                const std::vector<std::string>& labels) {
  call out =
      writing("POST", issue(where, number) + "/labels", {{"labels", labels}}, request_kind::write);
  out.repeatable = true;
  return out;
}

call request_reviewers(const repository_name& where, std::int64_t number,
                       const std::vector<std::string>& users,
                       const std::vector<std::string>& teams) {
  call out = writing("POST", pull(where, number) + "/requested_reviewers",
                     {{"reviewers", users}, {"team_reviewers", teams}}, request_kind::content);
  out.repeatable = true;
  return out;
}

call list_check_runs(const repository_name& where, const std::string& commit) {
  return reading(of(where) + "/commits/" + encoded(commit) +
                 "/check-runs?filter=latest&per_page=100");
}

call combined_status(const repository_name& where, const std::string& commit) {
  return reading(of(where) + "/commits/" + encoded(commit) + "/status?per_page=100");
}

call get_file(const repository_name& where, const std::string& path, const std::string& reference) {
  return reading(of(where) + "/contents/" + encoded_path(path) + "?ref=" + encoded(reference));
}

call get_blob(const repository_name& where, const std::string& blob) {
  return reading(of(where) + "/git/blobs/" + encoded(blob));
}

call get_branch(const repository_name& where, const std::string& branch) {
  return reading(of(where) + "/git/ref/heads/" + encoded_path(branch));
}

call delete_branch(const repository_name& where, const std::string& branch) {
  return {"DELETE",
          of(where) + "/git/refs/heads/" + encoded_path(branch),
          {},
          request_kind::write,
          true};
}

call find_installation(const repository_name& where) {
  return reading(of(where) + "/installation");
}

call make_installation_token(std::int64_t installation, const std::string& repository) {
  call out =
      writing("POST", "/app/installations/" + std::to_string(installation) + "/access_tokens",
              {{"repositories", {repository}},
               {"permissions",
                {{"contents", "write"},
                 {"pull_requests", "write"},
                 {"issues", "write"},
                 {"checks", "read"},
                 {"statuses", "read"},
                 {"metadata", "read"}}}},
              request_kind::write);
  out.repeatable = true;  // one token more harms nobody: it is short-lived
  return out;
}

result<std::string> search_query(const std::string& selector) {
  std::string out;
  for (const char c : selector) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      return error{errc::invalid, "the repository selector holds a control character", ""};
    }
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.empty()) {
    return error{errc::invalid, "the repository selector is empty",
                 "write for example `org:acme language:c`"};
  }
  if (out.size() > 256) {
    return error{errc::invalid, "the repository selector is longer than 256 characters", ""};
  }
  return out;
}

}  // namespace skein::forge::github
