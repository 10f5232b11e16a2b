// One conversation with one GitHub: signs a call, asks the rate limits, sends it, judges the reply,
// remembers ETags. What is asked is in github_requests.hpp. Not thread-safe; the client is shared.
#pragma once

#include "runtime/forge/credentials.hpp"
#include "runtime/forge/github_replies.hpp"
#include "runtime/forge/github_requests.hpp"
#include "runtime/forge/rate_buckets.hpp"
#include "runtime/http/client.hpp"

#include <functional>
#include <list>
#include <map>
#include <string>
#include <unordered_map>

namespace skein::forge::github {

struct options {
  std::string base_url = "https://api.github.com";  ///< an Enterprise server's ends in `/api/v3`
  std::string user_agent = "skein";
  std::string api_version = "2022-11-28";
  std::string ca_file;  ///< empty: the system's
  std::string proxy;    ///< empty: none
  std::size_t most_pages = 10;
  credentials with;
  std::function<std::int64_t()> now_ms;  ///< for rates; need not be the time of day
  std::function<std::int64_t()> now_s;   ///< time of day, for tokens
};

/// `invalid` for a base URL that is not https (http only to this machine), has a user, query or
/// fragment. A slash at its end is cut off.
[[nodiscard]] result<options> checked(options wanted);

/// The reply of a call that is `done`, parsed; else only the end.
struct spoken {
  judged how;
  int status = 0;
  nlohmann::json body;
  std::string next;   ///< target of the next page; empty: none that may be followed
  bool more = false;  ///< the forge says that there is one
};

class session {
 public:
  /// `rates` and `client` outlive this. `wanted` was checked.
  session(options wanted, http::client& client, rate_buckets& rates);

  /// Blocking, at most for what is left of the deadline. `about`: the repository that an App's
  /// token is for.
  [[nodiscard]] spoken ask(const call& what, const repository_name& about,
                           const call_limits& limits, std::chrono::steady_clock::time_point until);

  /// The token that a call about this repository would carry; else `how` says why not.
  [[nodiscard]] result<std::string> secret(const repository_name& about, judged& how,
                                           const call_limits& limits,
                                           std::chrono::steady_clock::time_point until);

  [[nodiscard]] const options& settings() const { return options_; }

 private:
  struct installed {
    std::string token;
    std::int64_t good_until_s = 0;
  };
  struct remembered {
    std::string etag;
    http::reply reply;
    std::list<std::string>::iterator place;
  };
  /// The Authorization header's value.
  [[nodiscard]] result<std::string> authorise(const repository_name& about, judged& how,
                                              const call_limits& limits,
                                              std::chrono::steady_clock::time_point until);
  [[nodiscard]] result<installed> install(const repository_name& about, const std::string& app,
                                          judged& how, const call_limits& limits,
                                          std::chrono::steady_clock::time_point until);
  [[nodiscard]] spoken send(const call& what, const std::string& authorisation,
                            const call_limits& limits, std::chrono::steady_clock::time_point until);
  void remember(const std::string& target, const http::reply& got);

  options options_;
  http::client& client_;
  rate_buckets& rates_;
  std::map<std::string, installed> tokens_;  ///< by owner/name
  std::unordered_map<std::string, remembered> pages_;
  std::list<std::string> page_order_;  ///< least lately used first
  std::size_t page_bytes_ = 0;
};

}  // namespace skein::forge::github
