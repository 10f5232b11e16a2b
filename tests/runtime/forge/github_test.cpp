// What is asked of GitHub, and what its answers, good and bad, are taken for.
#include "github_fixture.hpp"

namespace skein::forge {
namespace {

using json = nlohmann::json;

TEST_F(github_test, asks_as_the_forge_wants_to_be_asked) {
  push(200, {{"full_name", "acme/pay"}, {"default_branch", "trunk"}, {"archived", true}});
  const auto got = hub->find_repository(pay, quick);
  ASSERT_TRUE(got.done()) << got.reason;
  EXPECT_EQ(got.value->default_branch, "trunk");
  EXPECT_TRUE(got.value->archived);
  const auto asked = peer.requests().at(0);
  EXPECT_EQ(asked.target, "/repos/acme/pay");
  EXPECT_EQ(asked.header("accept"), "application/vnd.github+json");
  EXPECT_EQ(asked.header("x-github-api-version"), "2022-11-28");
  EXPECT_EQ(asked.header("authorization"), "Bearer tok-secret");
  EXPECT_FALSE(asked.header("user-agent").empty());
}

TEST_F(github_test, names_that_are_none_are_refused_before_anything_is_sent) {
  for (const repository_name& bad :
       {repository_name{"..", "x"}, repository_name{"a/b", "c"}, repository_name{"", "c"},
        repository_name{"a", "b?c"}, repository_name{"a", "b\r\nX: y"}}) {
    EXPECT_EQ(hub->find_repository(bad, quick).end, outcome::refused);
  }
  EXPECT_EQ(hub->read_file(pay, "../x", "main", 10, quick).end, outcome::refused);
  EXPECT_EQ(hub->delete_branch(pay, "a..b", "", quick).end, outcome::refused);
  EXPECT_EQ(hub->read_pull_request(pay, -1, quick).end, outcome::refused);
  EXPECT_EQ(hub->search_repositories(" \n", 5, quick).end, outcome::refused);
  EXPECT_TRUE(peer.requests().empty());
}

TEST_F(github_test, an_etag_saves_the_second_answer) {
  push(200, {{"full_name", "acme/pay"}, {"default_branch", "main"}}, {{"ETag", "\"e1\""}});
  push(304, nullptr);
  ASSERT_TRUE(hub->find_repository(pay, quick).done());
  const auto again = hub->find_repository(pay, quick);
  ASSERT_TRUE(again.done()) << again.reason;
  EXPECT_EQ(again.value->default_branch, "main");
  EXPECT_EQ(peer.requests().at(1).header("if-none-match"), "\"e1\"");
}

TEST_F(github_test, search_follows_pages_to_its_bound) {
  const auto item = [](int i) -> json {
    return {{"full_name", "acme/r" + std::to_string(i)}, {"default_branch", "main"}};
  };
  push(200, {{"items", {item(1), item(2)}}},
       {{"Link", "<" + peer.url() + "/search/repositories?page=2>; rel=\"next\""}});
  push(200, {{"items", {item(3), item(4)}}});
  const auto got = hub->search_repositories("org:acme  language:c", 3, quick);
  ASSERT_TRUE(got.done()) << got.reason;
  EXPECT_EQ(got.value->items.size(), 3U);
  EXPECT_FALSE(got.value->complete);
  EXPECT_EQ(peer.requests().at(0).target,
            "/search/repositories?q=org%3Aacme%20language%3Ac&per_page=3");
}

TEST_F(github_test, a_next_page_on_another_host_is_not_followed) {
  push(200, {{"items", {{{"full_name", "a/b"}, {"default_branch", "main"}}}}},
       {{"Link", "<https://evil.example/x>; rel=\"next\""}});
  const auto got = hub->search_repositories("x", 100, quick);
  ASSERT_TRUE(got.done());
  EXPECT_FALSE(got.value->complete);
  EXPECT_EQ(peer.requests().size(), 1U);
}

TEST_F(github_test, endless_pages_end) {
  peer.on([this](const test::peer_request&) {
    return json_reply(200, json::array(), {{"Link", "<" + peer.url() + "/again>; rel=\"next\""}});
  });
  const auto got = hub->list_open(pay, "skein/", 50, quick);
  ASSERT_TRUE(got.done());
  EXPECT_FALSE(got.value->complete);
  EXPECT_EQ(peer.requests().size(), settings.most_pages);
  // An endless list says nothing about what is not on it.
  EXPECT_EQ(hub->find_pull_request(pay, "skein/x", run_marker, quick).end, outcome::unknown);
}

TEST_F(github_test, a_redirect_is_refused_and_the_token_stays_here) {
  test::http_peer elsewhere;
  push(301, {{"message", "Moved"}}, {{"Location", elsewhere.url() + "/repos/acme/new"}});
  push(307, {{"message", "Moved"}}, {{"Location", elsewhere.url() + "/repos/acme/new"}});
  EXPECT_EQ(hub->find_repository(pay, quick).end, outcome::refused);
  EXPECT_EQ(hub->create_pull_request(pay, wanted, quick).end, outcome::refused);
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST_F(github_test, F7_a_token_that_is_not_good_is_refused_and_never_shown) {
  push(401, {{"message", "Bad credentials"}});
  const auto got = hub->create_pull_request(pay, wanted, quick);
  EXPECT_EQ(got.end, outcome::refused);
  EXPECT_EQ(got.status, 401);
  EXPECT_NE(got.reason.find("Bad credentials"), std::string::npos);
  EXPECT_EQ(got.reason.find("tok-secret"), std::string::npos);
}

TEST_F(github_test, limits_of_the_forge_are_waited_for) {
  push(403, {{"message", "You have exceeded a secondary rate limit."}});
  auto got = hub->create_pull_request(pay, wanted, quick);
  EXPECT_EQ(got.end, outcome::rate_limited);
  EXPECT_EQ(got.wait_ms, 60'000);
  push(429, {{"message", "slow"}}, {{"Retry-After", "7"}});
  got = hub->create_pull_request(pay, wanted, quick);
  EXPECT_EQ(got.end, outcome::rate_limited);
  EXPECT_EQ(got.wait_ms, 7000);
  // Until then nothing more is sent.
  const auto before = peer.requests().size();
  EXPECT_EQ(hub->find_repository(pay, quick).end, outcome::rate_limited);
  EXPECT_EQ(peer.requests().size(), before);
  now_ms += 7001;
  push(403, {{"message", "API rate limit exceeded"}},
       {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"x-ratelimit-remaining", "0"},
        {"x-ratelimit-reset", "784111807"}});
  got = hub->create_pull_request(pay, wanted, quick);
  EXPECT_EQ(got.end, outcome::rate_limited);
  EXPECT_EQ(got.wait_ms, 30'000);
}

TEST_F(github_test, a_refusal_for_lack_of_rights_is_no_rate_limit) {
  push(403, {{"message", "Resource not accessible by integration"}},
       {{"x-ratelimit-remaining", "4000"}});
  EXPECT_EQ(hub->create_pull_request(pay, wanted, quick).end, outcome::refused);
}

TEST_F(github_test, F7_answers_that_settle_nothing_are_unknown) {
  const auto create = [this] { return hub->create_pull_request(pay, wanted, quick).end; };
  push(500, {{"message", "x"}});
  EXPECT_EQ(create(), outcome::unknown);
  push_raw(502, "text/html", "<html>Unicorn</html>");
  EXPECT_EQ(create(), outcome::unknown);
  push_raw(201, "text/html", "<html>log in</html>");
  EXPECT_EQ(create(), outcome::unknown);
  push_raw(404, "text/html", "<html>captive</html>");
  EXPECT_EQ(create(), outcome::unknown);
  push_raw(201, "application/json", "{\"number\": 7, \"sta");
  EXPECT_EQ(create(), outcome::unknown);
  push(201, {{"number", "seven"}});
  EXPECT_EQ(create(), outcome::unknown);
  push_raw(201, "application/json", pull_json(1, "skein/x", "").dump(), test::peer_end::cut);
  EXPECT_EQ(create(), outcome::unknown);
  EXPECT_EQ(sent("POST"), 7U);
}

TEST_F(github_test, a_web_page_in_place_of_404_does_not_mean_that_nothing_is_there) {
  push_raw(404, "text/html", "<html>captive</html>");
  EXPECT_EQ(hub->read_file(pay, "CODEOWNERS", "main", 1000, quick).end, outcome::unknown);
  push_raw(200, "text/html", "<html>log in</html>");
  EXPECT_EQ(hub->find_pull_request(pay, "skein/x", run_marker, quick).end, outcome::unknown);
}

TEST_F(github_test, a_body_of_10_megabytes_is_refused) {
  const json large = {{"full_name", "acme/pay"},
                      {"default_branch", "main"},
                      {"description", std::string(github::reply_limit, 'x')}};
  push(200, large);
  EXPECT_EQ(hub->find_repository(pay, quick).end, outcome::refused);
  push(201, large);
  EXPECT_EQ(hub->create_pull_request(pay, wanted, quick).end, outcome::unknown);
}

TEST_F(github_test, a_deadline_after_sending_is_unknown) {
  push_raw(201, "application/json", "{", test::peer_end::hang);
  const auto got = hub->create_pull_request(pay, wanted, {std::chrono::milliseconds(300), {}});
  EXPECT_EQ(got.end, outcome::unknown);
  EXPECT_EQ(sent("POST"), 1U);
}

TEST_F(github_test, T9_11_a_kill_ends_a_request_and_starts_none) {
  std::stop_source kill;
  peer.on([&kill](const test::peer_request&) {
    kill.request_stop();
    test::peer_reply out;
    out.body = "{";
    out.end = test::peer_end::hang;
    return out;
  });
  const call_limits limits{std::chrono::minutes(5), kill.get_token()};
  EXPECT_EQ(hub->create_pull_request(pay, wanted, limits).end, outcome::unknown);
  EXPECT_EQ(hub->create_pull_request(pay, wanted, limits).end, outcome::rate_limited);
  EXPECT_EQ(sent("POST"), 1U);
}

TEST_F(github_test, checks_and_statuses_come_together) {
  const auto run = [](const char* name, const char* status, const char* conclusion) -> json {
    return {{"name", name}, {"status", status}, {"conclusion", conclusion}};
  };
  push(200, {{"check_runs", {run("a", "completed", "success"), run("b", "in_progress", "")}}});
  push(200, {{"state", "success"},
             {"statuses", json::array({{{"context", "ci"}, {"state", "success"}}})}});
  auto got = hub->read_checks(pay, a_commit, quick);
  ASSERT_TRUE(got.done()) << got.reason;
  EXPECT_EQ(got.value->state, check_state::pending);
  EXPECT_EQ(got.value->checks.size(), 3U);
  push(200, {{"check_runs", {run("a", "completed", "success")}}});
  push(200, {{"statuses", json::array({{{"context", "ci"}, {"state", "failure"}}})}});
  got = hub->read_checks(pay, a_commit, quick);
  EXPECT_EQ(got.value->state, check_state::failed);
  push(200, {{"check_runs", json::array()}});
  push(200, {{"statuses", json::array()}});
  EXPECT_EQ(hub->read_checks(pay, a_commit, quick).value->state, check_state::pending);
}

TEST_F(github_test, T10_6_a_file_of_the_base_is_read_whole_or_not_at_all) {
  push(200, {{"type", "file"}, {"size", 5}, {"encoding", "base64"}, {"content", "KiBA\nYQ==\n"}});
  auto got = hub->read_file(pay, ".github/CODEOWNERS", "release/1", 1000, quick);
  ASSERT_TRUE(got.done()) << got.reason;
  EXPECT_EQ(*got.value, "* @a");
  EXPECT_EQ(peer.requests().at(0).target,
            "/repos/acme/pay/contents/.github/CODEOWNERS?ref=release%2F1");
  push(404, {{"message", "Not Found"}});
  got = hub->read_file(pay, "CODEOWNERS", "main", 1000, quick);
  ASSERT_TRUE(got.done());
  EXPECT_FALSE(got.value->has_value());
  push(200, {{"type", "file"},
             {"size", 2'000'000},
             {"encoding", "none"},
             {"content", ""},
             {"sha", a_commit}});
  EXPECT_EQ(hub->read_file(pay, "CODEOWNERS", "main", 1000, quick).end, outcome::refused);
  push(200, {{"type", "file"}, {"size", 2}, {"encoding", "none"}, {"sha", a_commit}});
  push(200, {{"encoding", "base64"}, {"content", "YWI="}});
  EXPECT_EQ(**hub->read_file(pay, "CODEOWNERS", "main", 1000, quick).value, "ab");
  push(200, json::array({{{"type", "file"}}}));
  EXPECT_EQ(hub->read_file(pay, "docs", "main", 1000, quick).end, outcome::refused);
}

TEST_F(github_test, a_branch_is_deleted_only_where_it_was_left) {
  push(200, {{"object", {{"sha", a_commit}}}});
  EXPECT_EQ(hub->delete_branch(pay, "skein/x", std::string(40, 'd'), quick).end, outcome::refused);
  EXPECT_EQ(sent("DELETE"), 0U);
  push(200, {{"object", {{"sha", a_commit}}}});
  test::peer_reply gone;
  gone.status = 204;
  peer.push(gone);
  EXPECT_TRUE(hub->delete_branch(pay, "skein/x", a_commit, quick).done());
  EXPECT_EQ(peer.requests().back().target, "/repos/acme/pay/git/refs/heads/skein/x");
  push(404, {{"message", "Not Found"}});
  EXPECT_TRUE(hub->delete_branch(pay, "skein/x", a_commit, quick).done());
}

TEST_F(github_test, a_comment_is_written_once) {
  push(200, json::array({{{"body", "other"}}}));
  push(201, {{"id", 1}});
  EXPECT_TRUE(hub->comment(pay, 7, "hello [m1]", "[m1]", quick).done());
  push(200, json::array({{{"body", "hello [m1]"}}}));
  EXPECT_TRUE(hub->comment(pay, 7, "hello [m1]", "[m1]", quick).done());
  EXPECT_EQ(sent("POST"), 1U);
  EXPECT_EQ(hub->comment(pay, 7, "hello", "[m1]", quick).end, outcome::refused);
}

TEST_F(github_test, who_closed_it_is_asked_for) {
  push(200, pull_json(7, "skein/x", marked_body, "closed"));
  push(200, {{"closed_by", {{"login", "ann"}, {"type", "User"}}}});
  const auto got = hub->read_pull_request(pay, 7, quick);
  ASSERT_TRUE(got.done()) << got.reason;
  EXPECT_EQ(got.value->closed_by, "ann");
  EXPECT_FALSE(got.value->closed_by_bot);
  EXPECT_EQ(got.value->created_s, 1767323045);
  push(200, pull_json(7, "skein/x", marked_body, "closed"));
  push(403, {{"message", "Resource not accessible"}});
  const auto hidden = hub->read_pull_request(pay, 7, quick);
  ASSERT_TRUE(hidden.done()) << hidden.reason;
  EXPECT_EQ(hidden.value->closed_by, "");
}

TEST_F(github_test, title_body_draft_labels_and_reviewers_are_changed) {
  auto changed = pull_json(7, "skein/x", "new");
  push(200, changed);
  push(200, {{"data", {{"convertPullRequestToDraft", nullptr}}}});
  const auto got = hub->update_pull_request(pay, 7, {"T", "new", true}, quick);
  ASSERT_TRUE(got.done()) << got.reason;
  EXPECT_TRUE(got.value->draft);
  const auto asked = peer.requests();
  EXPECT_EQ(asked.at(0).method, "PATCH");
  EXPECT_EQ(json::parse(asked.at(0).body), (json{{"title", "T"}, {"body", "new"}}));
  EXPECT_EQ(asked.at(1).target, "/graphql");
  EXPECT_EQ(json::parse(asked.at(1).body)["variables"]["id"], "PR_x");
  push(200, changed);
  push(200, {{"errors", {{{"message", "no drafts here"}}}}});
  EXPECT_EQ(hub->update_pull_request(pay, 7, {"T", {}, true}, quick).end, outcome::refused);
  push(200, json::array());
  EXPECT_TRUE(hub->add_labels(pay, 7, {"a"}, quick).done());
  push(422, {{"message", "Reviews may only be requested from collaborators."}});
  EXPECT_EQ(hub->request_reviewers(pay, 7, {"x"}, {"core"}, quick).end, outcome::refused);
  EXPECT_EQ(json::parse(peer.requests().back().body),
            (json{{"reviewers", {"x"}}, {"team_reviewers", {"core"}}}));
  push(200, pull_json(7, "skein/x", "", "closed"));
  EXPECT_FALSE(hub->close_pull_request(pay, 7, quick).value->open);
}

TEST(github_options, are_refused_where_a_token_would_travel_in_the_clear) {
  github::options wanted;
  wanted.with.token = [] { return result<std::string>("t"); };
  wanted.now_ms = wanted.now_s = [] { return std::int64_t{0}; };
  for (const char* good : {"https://api.github.com", "https://ghe.example/api/v3/",
                           "http://127.0.0.1:80", "http://[::1]:8080", "http://localhost"}) {
    wanted.base_url = good;
    EXPECT_TRUE(github::checked(wanted).has_value()) << good;
  }
  for (const char* bad :
       {"", "ftp://x", "http://ghe.example", "https://u:p@x", "https://", "https://x?y",
        "http://localhost.evil.example", "https://x y", "http://127.0.0.1@evil.example"}) {
    wanted.base_url = bad;
    EXPECT_FALSE(github::checked(wanted).has_value()) << bad;
  }
}

TEST(github_replies, a_link_header_is_read_strictly) {
  const auto next = [](const std::string& link) {
    http::reply got;
    got.headers = {{"Link", link}};
    return github::next_page(got, "https://api.example/v3");
  };
  EXPECT_EQ(next("<https://api.example/v3/a?p=1>; rel=\"prev\", "
                 "<https://api.example/v3/a?p=3>; rel=\"next\""),
            "/a?p=3");
  for (const char* bad :
       {"", "<", "<x", ">;<", "<https://api.example/v3.evil/a>; rel=\"next\"",
        "<https://api.example/a>; rel=\"next\"", "<http://api.example/v3/a>; rel=\"next\"",
        "<https://api.example/v3/../admin>; rel=\"next\"",
        "<https://api.example/v3/a b>; rel=\"next\"", "<https://api.example/v3/a>; rel=\"last\""}) {
    EXPECT_EQ(next(bad), "") << bad;
  }
}

TEST(github_replies, dates_of_http_and_waits_are_bounded) {
  EXPECT_EQ(github::http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  for (const char* bad : {"", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 36 Nov 1994 08:49:37 GMT",
                          "Sun, 06 ovD 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"}) {
    EXPECT_FALSE(github::http_date(bad).has_value()) << bad;
  }
  http::reply got;
  got.status = 429;
  got.headers = {{"Retry-After", "99999999999999"}, {"x-ratelimit-reset", "9223372036854775807"}};
  EXPECT_EQ(github::limits_of(got, 0).wait_ms, 6 * 3'600'000);
  EXPECT_EQ(github::limits_of(got, 0).reset_in_ms, 6 * 3'600'000);
  got.headers = {{"Retry-After", "soon"}};
  EXPECT_EQ(github::limits_of(got, 0).wait_ms, 60'000);
}

}  // namespace
}  // namespace skein::forge
