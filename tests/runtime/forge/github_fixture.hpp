// A github_forge that talks to a scripted peer, with a clock that the test drives.
#pragma once

#include "runtime/forge/github.hpp"
#include "tests/support/http_peer.hpp"

#include <gtest/gtest.h>

namespace skein::forge {

inline const std::string a_commit(40, 'c');
inline const std::string run_marker = "<!-- skein run=r1 fingerprint=";
inline const std::string marked_body = "text\n" + run_marker + "f -->\n";

inline nlohmann::json pull_json(std::int64_t number, const std::string& branch,
                                const std::string& body, const std::string& state = "open") {
  return {{"number", number},
          {"state", state},
          {"title", "t"},
          {"body", body},
          {"node_id", "PR_x"},
          {"draft", false},
          {"merged_at", nullptr},
          {"html_url", "https://forge.example/acme/pay/pull/" + std::to_string(number)},
          {"user", {{"login", "bot"}}},
          {"head", {{"ref", branch}, {"sha", a_commit}, {"repo", {{"full_name", "acme/pay"}}}}},
          {"base", {{"ref", "main"}}},
          {"created_at", "2026-01-02T03:04:05Z"}};
}

class github_test : public ::testing::Test {
 protected:
  github_test() {
    github::options wanted;
    wanted.base_url = peer.url();
    wanted.with.token = [] { return result<std::string>("tok-secret"); };
    wanted.now_ms = [this] { return now_ms; };
    wanted.now_s = [this] { return now_ms / 1000; };
    settings = github::checked(wanted).value();
    rate_limits limits;
    limits.write_distance_ms = 0;
    rates.emplace(limits);
    hub.emplace(settings, client, *rates);
  }

  static test::peer_reply json_reply(int status, const nlohmann::json& body,
                                     std::vector<std::pair<std::string, std::string>> more = {}) {
    test::peer_reply out;
    out.status = status;
    out.headers = std::move(more);
    out.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    out.body = body.dump();
    return out;
  }
  void push(int status, const nlohmann::json& body,
            std::vector<std::pair<std::string, std::string>> more = {}) {
    peer.push(json_reply(status, body, std::move(more)));
  }
  void push_raw(int status, const std::string& type, const std::string& body,
                test::peer_end end = test::peer_end::whole) {
    test::peer_reply out;
    out.status = status;
    out.headers = {{"Content-Type", type}};
    out.body = body;
    out.end = end;
    peer.push(out);
  }
  [[nodiscard]] std::size_t sent(const std::string& method) const {
    std::size_t count = 0;
    for (const auto& one : peer.requests()) count += one.method == method ? 1 : 0;
    return count;
  }

  std::int64_t now_ms = 1'700'000'000'000;
  const repository_name pay{"acme", "pay"};
  const new_pull_request wanted{"Use it", marked_body, "skein/x-r1", "main", false};
  const call_limits quick{std::chrono::seconds(20), {}};
  test::http_peer peer;
  http::client client;
  github::options settings;
  std::optional<rate_buckets> rates;
  std::optional<github_forge> hub;
};

}  // namespace skein::forge
