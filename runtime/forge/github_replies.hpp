// What a reply of GitHub's REST interface means. Pure: status, headers and body in, an end and
// facts out. Every string from the other end is bounded and made printable before it is repeated.
#pragma once

#include "runtime/forge/forge.hpp"
#include "runtime/forge/github_requests.hpp"
#include "runtime/forge/rate_buckets.hpp"
#include "runtime/http/client.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace skein::forge::github {

/// Of one page; larger is refused. Kept under by asking for 100 items.
inline constexpr std::uint64_t reply_limit = 10U << 20;

struct judged {
  outcome end = outcome::unknown;
  std::string reason;
  std::int64_t wait_ms = 0;
  bool exists_already = false;
  bool not_found = false;
  bool unauthorised = false;  ///< 401: the token is not, or no longer, good
};

/// By status first, then by what the body must be. A redirect is refused: it is never followed, so
/// that the token goes to one host only. What cannot be told is `unknown` for a call that may have
/// worked, also for a read: then ask again.
[[nodiscard]] judged judge(const call& asked, const http::reply& got, std::int64_t now_s);
/// Of a request that got no reply at all.
[[nodiscard]] judged judge(const call& asked, const error& failed);

/// Retry-After, x-ratelimit-*; `now_s` only where the reply has no date of its own.
[[nodiscard]] server_limits limits_of(const http::reply& got, std::int64_t now_s);

/// The target of `rel="next"`, without the base: empty when there is none or when it leads to
/// another host, scheme or out of the base path.
[[nodiscard]] std::string next_page(const http::reply& got, std::string_view base_url);

[[nodiscard]] std::optional<pull_request> read_pull_request(const nlohmann::json& from);
[[nodiscard]] std::optional<repository_facts> read_repository(const nlohmann::json& from);
[[nodiscard]] check read_check_run(const nlohmann::json& from);
[[nodiscard]] check read_status(const nlohmann::json& from);
/// Failed before pending before passed; nothing at all is pending.
void summarise(check_summary& into);

/// One line of at most 200 printable characters.
[[nodiscard]] std::string shown(std::string_view text);

/// Seconds since 1970 of an HTTP date; nothing when it is none.
[[nodiscard]] std::optional<std::int64_t> http_date(std::string_view text);

[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace skein::forge::github
