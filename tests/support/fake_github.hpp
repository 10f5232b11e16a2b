// A GitHub with one memory, behind the scripted HTTP peer: it keeps pull requests, refuses a second
// open one of a branch, and lets a test look at, change or lose every request.
#pragma once

#include "tests/support/http_peer.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace skein::test {

class fake_github {
 public:
  /// What a test may do to the n-th request (from 0): answer before it is carried out, or let it
  /// pass and spoil the reply.
  struct spoiled {
    enum class how { no, refuse_before, lose_reply, server_error_after } what = how::no;
    peer_reply reply;  ///< of refuse_before
  };
  std::function<spoiled(std::size_t, const peer_request&)> spoil;

  struct pull {
    std::int64_t number = 0;
    std::string head, base, title, body, state = "open", sha;
    bool merged = false, draft = false;
    std::optional<bool> mergeable;
    std::string mergeable_state = "unknown";
    std::string updated = "2026-01-02T03:04:05Z";
    std::vector<std::string> labels, reviewers, teams, comments;
  };

  explicit fake_github(http_peer& peer) {
    peer.on([this](const peer_request& asked) { return answer(asked); });
  }

  [[nodiscard]] std::vector<pull> pulls() const {
    const std::lock_guard lock(mutex_);
    return pulls_;
  }
  void change(std::int64_t number, const std::function<void(pull&)>& how) {
    const std::lock_guard lock(mutex_);
    for (auto& each : pulls_) {
      if (each.number == number) how(each);
    }
  }
  /// Of every commit.
  void checks(nlohmann::json runs) {
    const std::lock_guard lock(mutex_);
    check_runs_ = std::move(runs);
  }
  void search_finds(nlohmann::json items) {
    const std::lock_guard lock(mutex_);
    found_ = std::move(items);
  }
  void branch(const std::string& name, const std::string& sha) {
    const std::lock_guard lock(mutex_);
    branches_[name] = sha;
  }
  [[nodiscard]] std::map<std::string, std::string> branches() const {
    const std::lock_guard lock(mutex_);
    return branches_;
  }
  /// `POST /repos/acme/pay/pulls` …: requests that changed something, carried out, in order.
  [[nodiscard]] std::vector<std::string> writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
  }
  [[nodiscard]] std::size_t seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  using json = nlohmann::json;

  static peer_reply reply(int status, const json& body) {
    peer_reply out;
    out.status = status;
    out.headers = {{"Content-Type", "application/json; charset=utf-8"}};
    out.body = status == 204 ? "" : body.dump();
    return out;
  }
  static json shown(const pull& one) {
    json labels = json::array();
    for (const auto& label : one.labels) labels.push_back({{"name", label}});
    return {{"number", one.number},
            {"state", one.state},
            {"title", one.title},
            {"body", one.body},
            {"node_id", "PR_x"},
            {"draft", one.draft},
            {"mergeable", one.mergeable ? json(*one.mergeable) : json()},
            {"mergeable_state", one.mergeable_state},
            {"merged_at", one.merged ? json("2026-01-03T00:00:00Z") : json()},
            {"html_url", "https://forge.example/acme/pay/pull/" + std::to_string(one.number)},
            {"user", {{"login", "bot"}}},
            {"labels", labels},
            {"head", {{"ref", one.head}, {"sha", one.sha}, {"repo", {{"full_name", "acme/pay"}}}}},
            {"base", {{"ref", one.base}}},
            {"created_at", "2026-01-02T03:04:05Z"},
            {"updated_at", one.updated}};
  }

  peer_reply answer(const peer_request& asked) {
    const std::lock_guard lock(mutex_);
    const auto said = spoil ? spoil(seen_, asked) : spoiled{};
    ++seen_;
    if (said.what == spoiled::how::refuse_before) return said.reply;
    auto out = carry_out(asked);
    if (asked.method != "GET" && out.status < 300) {
      writes_.push_back(asked.method + " " + asked.target);
    }
    if (said.what == spoiled::how::lose_reply) {
      peer_reply nothing;
      nothing.raw = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{";
      nothing.end = peer_end::cut;
      return nothing;
    }
    if (said.what == spoiled::how::server_error_after) return reply(502, {{"message", "x"}});
    return out;
  }

  peer_reply carry_out(const peer_request& asked) {
    const std::string& target = asked.target;
    const auto has = [&](const char* text) { return target.find(text) != std::string::npos; };
    const json body = json::parse(asked.body, nullptr, false);
    if (has("/search/repositories")) {
      return reply(
          200, {{"total_count", found_.size()}, {"incomplete_results", false}, {"items", found_}});
    }
    if (has("/check-runs")) {
      return reply(200, {{"total_count", check_runs_.size()}, {"check_runs", check_runs_}});
    }
    if (has("/status?")) return reply(200, {{"state", "pending"}, {"statuses", json::array()}});
    if (has("/git/ref")) return reference(asked);
    if (asked.method == "POST" && target.ends_with("/pulls")) return create(body);
    if (has("/pulls?")) {
      json list = json::array();
      for (const auto& each : pulls_) {
        // %2F and %3A are all that stand in our branch names.
        std::string branch = each.head;
        if (const auto slash = branch.find('/'); slash != std::string::npos) {
          branch.replace(slash, 1, "%2F");
        }
        if (has((branch).c_str()) || has("state=open")) list.push_back(shown(each));
      }
      return reply(200, list);
    }
    pull* one = named(target);
    if (one == nullptr) return reply(404, {{"message", "Not Found"}});
    if (has("/labels")) {
      for (const auto& label : body["labels"]) one->labels.push_back(label);
      return reply(200, json::array());
    }
    if (has("/requested_reviewers")) {
      for (const auto& who : body["reviewers"]) one->reviewers.push_back(who);
      for (const auto& who : body["team_reviewers"]) one->teams.push_back(who);
      return reply(201, shown(*one));
    }
    if (has("/comments")) {
      if (asked.method == "POST") {
        one->comments.push_back(body["body"]);
        return reply(201, {{"id", 1}});
      }
      json list = json::array();
      for (const auto& each : one->comments) list.push_back({{"body", each}});
      return reply(200, list);
    }
    if (asked.method == "PATCH") {
      if (body.value("state", "") == "closed") one->state = "closed";
      if (body.contains("title")) one->title = body["title"];
      if (body.contains("body")) one->body = body["body"];
    }
    return reply(200, shown(*one));
  }

  peer_reply create(const json& body) {
    for (const auto& each : pulls_) {
      if (each.head == body["head"] && each.state == "open") {
        return reply(422, {{"message", "Validation Failed"},
                           {"errors", {{{"message", "A pull request already exists for it."}}}}});
      }
    }
    auto& made = pulls_.emplace_back();
    made.number = static_cast<std::int64_t>(pulls_.size()) + 6;
    made.head = body["head"];
    made.base = body["base"];
    made.title = body["title"];
    made.body = body["body"];
    made.draft = body["draft"];
    made.sha = branches_.contains(made.head) ? branches_[made.head] : std::string(40, 'c');
    return reply(201, shown(made));
  }

  peer_reply reference(const peer_request& asked) {
    const auto at = asked.target.find("/heads/");
    const auto name = asked.target.substr(at + 7);
    const auto found = branches_.find(name);
    if (found == branches_.end()) return reply(404, {{"message", "Not Found"}});
    if (asked.method == "DELETE") {
      branches_.erase(found);
      return reply(204, {});
    }
    return reply(200, {{"ref", "refs/heads/" + name}, {"object", {{"sha", found->second}}}});
  }

  pull* named(const std::string& target) {
    for (const char* word : {"/pulls/", "/issues/"}) {
      const auto at = target.find(word);
      if (at == std::string::npos) continue;
      const auto number = std::strtoll(target.c_str() + at + std::string(word).size(), nullptr, 10);
      for (auto& each : pulls_) {
        if (each.number == number) return &each;
      }
    }
    return nullptr;
  }

  mutable std::mutex mutex_;
  std::vector<pull> pulls_;
  std::map<std::string, std::string> branches_;
  json check_runs_ = json::array();
  json found_ = json::array();
  std::vector<std::string> writes_;
  std::size_t seen_ = 0;
};

}  // namespace skein::test
