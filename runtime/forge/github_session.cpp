// See github_session.hpp.
#include "runtime/forge/github_session.hpp"

#include "runtime/forge/json_facts.hpp"

#include <algorithm>
#include <future>
#include <utility>

namespace skein::forge::github {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::int64_t refresh_before_s = 300;  // installation tokens live for an hour
constexpr std::size_t most_tokens = 1000;
constexpr std::size_t most_pages = 256;
constexpr std::size_t most_page_bytes = 8U << 20;

bool on_this_machine(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

judged refused(std::string why) {
  judged out;
  out.end = outcome::refused;
  out.reason = std::move(why);
  return out;
}

/// Sends and waits; `stop` ends it at once.
result<http::reply> exchange_with(http::client& client, http::request wanted,
                                  const std::stop_token& stop) {
  auto promise = std::make_shared<std::promise<result<http::reply>>>();
  auto answered = promise->get_future();
  http::listener heard;
  heard.done = [promise](result<http::reply> got) { promise->set_value(std::move(got)); };
  const auto under_way = client.start(std::move(wanted), std::move(heard));
  const std::stop_callback ending(stop, [&under_way] { under_way->cancel(); });
  return answered.get();
}

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

result<options> checked(options wanted) {
  std::string& url = wanted.base_url;
  while (url.ends_with('/')) url.pop_back();
  const bool tls = url.starts_with("https://");
  const std::string_view rest =
      std::string_view(url).substr(tls ? 8 : std::min<std::size_t>(7, url.size()));
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const bool bracketed = authority.starts_with('[');
  const std::string_view host = authority.substr(
      0, bracketed ? authority.find(']') + 1 : std::min(authority.find(':'), authority.size()));
  const bool plain = std::all_of(url.begin(), url.end(), [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("@?#\\\"<>").find(c) == std::string_view::npos;
  });
  if (!plain || host.empty() || (!tls && !url.starts_with("http://"))) {
    return error{errc::invalid, "the forge's address is no http address: " + shown(url),
                 "write for example https://api.github.com"};
  }
  if (!tls && !on_this_machine(host)) {
    return error{errc::invalid, "the forge's address is not https: " + shown(url),
                 "a token is sent there: use https"};
  }
  if (!wanted.now_ms || !wanted.now_s || (!wanted.with.token && !wanted.with.app)) {
    return error{errc::invalid, "the forge has no clock or no credentials", ""};
  }
  return wanted;
}

session::session(options wanted, http::client& client, rate_buckets& rates)
    : options_(std::move(wanted)), client_(client), rates_(rates) {}

spoken session::ask(const call& what, const repository_name& about, const call_limits& limits,
                    clock::time_point until) {
  spoken out;
  auto authorisation = authorise(about, out.how, limits, until);
  if (!authorisation) return out;
  out = send(what, *authorisation, limits, until);
  if (out.how.unauthorised && tokens_.erase(about.owner + "/" + about.name) > 0) {
    // An installation's token was taken back before its time: one more try, with a new one. The
    // first was certainly not carried out.
    spoken again;
    authorisation = authorise(about, again.how, limits, until);
    if (!authorisation) return again;
    return send(what, *authorisation, limits, until);
  }
  return out;
}

result<std::string> session::secret(const repository_name& about, judged& how,
                                    const call_limits& limits, clock::time_point until) {
  SKEIN_TRY(header, authorise(about, how, limits, until));
  return header.substr(header.find(' ') + 1);
}

result<std::string> session::authorise(const repository_name& about, judged& how,
                                       const call_limits& limits, clock::time_point until) {
  if (options_.with.token) {
    auto token = options_.with.token();
    if (token && is_token(*token)) return "Bearer " + *token;
    const error failed = token ? error{errc::invalid,
                                       "the forge's token holds characters that "
                                       "no token has",
                                       ""}
                               : token.error();
    how = refused(failed.message);
    return failed;
  }
  const std::string name = about.owner + "/" + about.name;
  const auto known = tokens_.find(name);
  const std::int64_t now = options_.now_s();
  // A clock that went back an hour would keep a dead token: 401 then gets a new one.
  if (known != tokens_.end() && now < known->second.good_until_s - refresh_before_s) {
    return "Bearer " + known->second.token;
  }
  auto app = options_.with.app();
  auto proof = app ? app_token(*app, now) : result<std::string>(app.error());
  if (!proof) {
    how = refused(proof.error().message);
    return proof.error();
  }
  auto made = install(about, "Bearer " + *proof, how, limits, until);
  if (!made) return made.error();
  if (tokens_.size() >= most_tokens) tokens_.clear();
  tokens_[name] = *made;
  return "Bearer " + made->token;
}

result<session::installed> session::install(const repository_name& about, const std::string& app,
                                            judged& how, const call_limits& limits,
                                            clock::time_point until) {
  const auto failed = [&how](const spoken& got, const char* what) {
    how = got.how;
    how.unauthorised = false;
    // Nothing of the caller's own request was sent yet.
    if (how.end == outcome::done || how.end == outcome::unknown) how.end = outcome::rate_limited;
    if (how.end == outcome::rate_limited && how.wait_ms == 0) how.wait_ms = 1000;
    how.not_found = false;
    how.exists_already = false;
    how.reason = std::string(what) + ": " + got.how.reason;
    return error{errc::unavailable, how.reason, ""};
  };
  const spoken found = send(find_installation(about), app, limits, until);
  const std::int64_t number = number_in(found.body, "id");
  if (found.how.end != outcome::done || number <= 0) {
    return failed(found, "find the app's installation for the repository");
  }
  const spoken made = send(make_installation_token(number, about.name), app, limits, until);
  installed out{text_in(made.body, "token"), time_in(made.body, "expires_at")};
  if (made.how.end != outcome::done || !is_token(out.token)) {
    return failed(made, "get a token for the repository");
  }
  // Never longer than the forge gives them, whatever it says.
  const std::int64_t now = options_.now_s();
  out.good_until_s =
      out.good_until_s == 0 ? now + refresh_before_s + 60 : std::min(out.good_until_s, now + 3600);
  return out;
}

spoken session::send(const call& what, const std::string& authorisation, const call_limits& limits,
                     clock::time_point until) {
  spoken out;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now());
  if (left.count() <= 0 || limits.stop.stop_requested()) {
    // Not sent: there is nothing to look for.
    out.how.end = outcome::rate_limited;
    out.how.wait_ms = 1000;
    out.how.reason = what.method + " was not sent: the deadline passed or it was cancelled";
    return out;
  }
  const std::int64_t now = options_.now_ms();
  if (!rates_.take(what.kind, now)) {
    out.how.end = outcome::rate_limited;
    out.how.wait_ms = std::max<std::int64_t>(1, rates_.when(what.kind, now) - now);
    out.how.reason = "the forge's rate limit is used up";
    return out;
  }
  http::request wanted;
  wanted.method = what.method;
  wanted.once = what.method != "GET";
  wanted.url = options_.base_url + what.target;
  if (what.target == "/graphql" && options_.base_url.ends_with("/api/v3")) {
    wanted.url = options_.base_url.substr(0, options_.base_url.size() - 2) + "graphql";
  }
  wanted.headers = {{"Accept", "application/vnd.github+json"},
                    {"X-GitHub-Api-Version", options_.api_version},
                    {"User-Agent", options_.user_agent},
                    {"Authorization", authorisation}};
  if (!what.body.empty()) wanted.headers.push_back({"Content-Type", "application/json"});
  const auto page = what.method == "GET" ? pages_.find(what.target) : pages_.end();
  if (page != pages_.end()) wanted.headers.push_back({"If-None-Match", page->second.etag});
  wanted.body = what.body;
  wanted.ca_file = options_.ca_file;
  wanted.proxy = options_.proxy;
  wanted.total_timeout = left;
  wanted.connect_timeout = std::min(wanted.connect_timeout, left);
  wanted.idle_timeout = std::min(wanted.idle_timeout, left);
  wanted.max_reply_bytes = reply_limit;
  auto got = exchange_with(client_, std::move(wanted), limits.stop);
  if (!got) {
    out.how = judge(what, got.error());
    return out;
  }
  rates_.observe(limits_of(*got, options_.now_s()), options_.now_ms());
  if (got->status == 304 && page != pages_.end()) {
    page_order_.splice(page_order_.end(), page_order_, page->second.place);
    *got = page->second.reply;
  } else if (what.method == "GET") {
    remember(what.target, *got);
  }
  out.status = got->status;
  out.how = judge(what, *got, options_.now_s());
  if (out.how.end != outcome::done) return out;
  if (auto body = parse_json(got->body)) out.body = std::move(*body);
  out.next = next_page(*got, options_.base_url);
  const std::string* link = got->find("link");
  out.more = link != nullptr && link->find("rel=\"next\"") != std::string::npos;
  return out;
}

void session::remember(const std::string& target, const http::reply& got) {
  const auto forget = [this](const std::string& which) {
    const auto at = pages_.find(which);
    if (at == pages_.end()) return;
    page_bytes_ -= at->second.reply.body.size();
    page_order_.erase(at->second.place);
    pages_.erase(at);
  };
  forget(target);
  const std::string* etag = got.find("etag");
  if (got.status != 200 || etag == nullptr || etag->size() > 256 ||
      got.body.size() > most_page_bytes / 8) {
    return;
  }
  http::reply kept{got.status, {}, got.body};
  if (const std::string* link = got.find("link")) kept.headers.push_back({"Link", *link});
  page_bytes_ += kept.body.size();
  const auto place = page_order_.insert(page_order_.end(), target);
  pages_[target] = {*etag, std::move(kept), place};
  while (pages_.size() > most_pages || page_bytes_ > most_page_bytes) {
    const std::string oldest = page_order_.front();
    forget(oldest);
  }
}

}  // namespace skein::forge::github
