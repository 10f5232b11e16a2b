// See github_replies.hpp.
#include "runtime/forge/github_replies.hpp"

#include "runtime/forge/json_facts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace skein::forge::github {
namespace {

using json = nlohmann::json;

constexpr std::int64_t secondary_wait_ms = 60'000;  // where the forge names none
constexpr std::int64_t longest_wait_s = 6 * 3600;
constexpr std::size_t longest_check_output = 4096;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
  return out;
}

std::optional<std::int64_t> number_header(const http::reply& got, std::string_view name) {
  const std::string* value = got.find(name);
  return value == nullptr ? std::nullopt : whole_number(*value);
}

bool holds(std::string text, std::string_view part) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text.find(part) != std::string::npos;
}

/// `message`, and what the entries of `errors` say.
std::string complaint(const json& body) {
  std::string out = text_in(body, "message");
  int taken = 0;
  for (const auto& one : array_in(body, "errors")) {
    if (++taken > 3) break;
    std::string text = one.is_string() ? one.get<std::string>() : text_in(one, "message");
    if (text.empty()) text = text_in(one, "field") + " " + text_in(one, "code");
    out += (out.empty() ? "" : ": ") + text;
  }
  return out;
}

bool secondary(const http::reply& got, const std::string& said) {
  return got.find("retry-after") != nullptr || holds(said, "secondary rate limit") ||
         holds(said, "abuse detection") || holds(said, "rate limit exceeded") ||
         number_header(got, "x-ratelimit-remaining") == 0;
}

}  // namespace

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (out.size() == 200) break;
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte >= 0x7f ? ' ' : c;
  }
  return out;
}

judged judge(const call& asked, const http::reply& got, std::int64_t now_s) {
  judged out;
  const auto body = parse_json(got.body);
  const std::string said = body ? complaint(*body) : std::string{};
  const std::string about = asked.method + " gave " + std::to_string(got.status);
  out.reason = about + (said.empty() ? "" : ": " + shown(said));
  if (got.status == 429 || (got.status == 403 && secondary(got, said))) {
    out.end = outcome::rate_limited;
    const server_limits limits = limits_of(got, now_s);
    out.wait_ms = std::max(limits.wait_ms, limits.remaining == 0U ? limits.reset_in_ms : 0);
    if (out.wait_ms <= 0) out.wait_ms = secondary_wait_ms;
    return out;
  }
  if (got.status >= 200 && got.status < 300) {
    if (got.status != 204 && !body) {
      out.reason = about + " with a body that is not JSON";
      return out;
    }
    out.end = outcome::done;
    return out;
  }
  if (got.status >= 300 && got.status < 400) {
    out.end = outcome::refused;
    out.reason = about + ": redirects are not followed; was the repository renamed?";
    return out;
  }
  // 5xx and 408: perhaps done. Without JSON it was not the forge that spoke: it settles nothing.
  if (got.status >= 500 || got.status == 408 || got.status < 200) return out;
  out.unauthorised = got.status == 401;
  if (!body && !out.unauthorised) {
    out.reason = about + " with a body that is not JSON";
    return out;
  }
  out.end = outcome::refused;
  out.not_found = got.status == 404;
  out.exists_already = got.status == 422 && holds(said, "already exists");
  return out;
}

judged judge(const call& asked, const error& failed) {
  judged out;
  // Our own mistakes and a wrong certificate stop a request before it is sent.
  const bool never_sent = failed.code == errc::invalid || failed.code == errc::unauthorised;
  // A page that is too long stays so; of a write it is the answer that was too long.
  const bool too_long = failed.code == errc::refused && asked.kind == request_kind::read;
  out.end = never_sent || too_long ? outcome::refused : outcome::unknown;
  out.reason = asked.method + ": " + shown(failed.message);
  return out;
}

server_limits limits_of(const http::reply& got, std::int64_t now_s) {
  server_limits out;
  std::int64_t server_now = now_s;
  if (const std::string* date = got.find("date")) server_now = http_date(*date).value_or(now_s);
  const auto in_ms = [](std::int64_t seconds) {
    return std::clamp<std::int64_t>(seconds, 0, longest_wait_s) * 1000;
  };
  if (const std::string* after = got.find("retry-after")) {
    if (const auto seconds = whole_number(*after)) {
      out.wait_ms = in_ms(*seconds);
    } else if (const auto until = http_date(*after)) {
      out.wait_ms = in_ms(*until - server_now);
    } else {
      out.wait_ms = secondary_wait_ms;
    }
  }
  const std::string* resource = got.find("x-ratelimit-resource");
  if (resource != nullptr && *resource != "core") return out;  // has a budget of its own
  const auto remaining = number_header(got, "x-ratelimit-remaining");
  if (remaining && *remaining >= 0) out.remaining = static_cast<std::uint64_t>(*remaining);
  if (const auto reset = number_header(got, "x-ratelimit-reset")) {
    // Against overflow: a date in seconds has at most eleven digits.
    out.reset_in_ms = in_ms(std::clamp<std::int64_t>(*reset, 0, 99'999'999'999) - server_now);
  }
  return out;
}

std::string next_page(const http::reply& got, std::string_view base_url) {
  const std::string* link = got.find("link");
  if (link == nullptr || link->size() > 8192) return {};
  std::string_view rest = *link;
  while (true) {
    const std::size_t open = rest.find('<');
    const std::size_t close = rest.find('>', open == std::string_view::npos ? rest.size() : open);
    if (close == std::string_view::npos) return {};
    const std::string_view address = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
    // Parameters end where the next address begins.
    const std::string_view parameters = rest.substr(0, rest.find('<'));
    if (parameters.find("rel=\"next\"") == std::string_view::npos) continue;
    if (!address.starts_with(base_url)) return {};
    const std::string_view target = address.substr(base_url.size());
    if (!target.starts_with('/') || target.find("..") != std::string_view::npos) return {};
    const bool plain = std::all_of(target.begin(), target.end(),
                                   [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
    return plain ? std::string(target) : std::string{};
  }
}

std::optional<pull_request> read_pull_request(const json& from) {
  pull_request out;
  const json& head = object_in(from, "head");
  out.number = number_in(from, "number");
  out.head_branch = text_in(head, "ref");
  if (out.number <= 0 || out.head_branch.empty()) return std::nullopt;
  out.url = text_in(from, "html_url");
  out.title = text_in(from, "title");
  out.body = text_in(from, "body");
  out.head_commit = text_in(head, "sha");
  out.head_repository = text_in(object_in(head, "repo"), "full_name");
  out.base_branch = text_in(object_in(from, "base"), "ref");
  out.author = text_in(object_in(from, "user"), "login");
  out.open = text_in(from, "state") == "open";
  out.draft = flag_in(from, "draft");
  // Lists have no `merged`, but both have the time.
  out.merged = flag_in(from, "merged") || !text_in(from, "merged_at").empty();
  const auto mergeable = from.find("mergeable");
  if (mergeable != from.end() && mergeable->is_boolean()) out.mergeable = mergeable->get<bool>();
  out.behind = text_in(from, "mergeable_state") == "behind";
  out.created_s = time_in(from, "created_at");
  out.updated_s = time_in(from, "updated_at");
  for (const auto& label : array_in(from, "labels")) {
    out.labels.push_back(text_in(label, "name"));
  }
  return out;
}

std::optional<repository_facts> read_repository(const json& from) {
  const auto name = parse_repository_name(text_in(from, "full_name"));
  if (!name) return std::nullopt;
  repository_facts out;
  out.name = *name;
  out.default_branch = text_in(from, "default_branch");
  if (!is_branch_name(out.default_branch)) return std::nullopt;
  out.clone_url = text_in(from, "clone_url");
  out.archived = flag_in(from, "archived") || flag_in(from, "disabled");
  out.is_private = flag_in(from, "private");
  out.fork = flag_in(from, "fork");
  return out;
}

check read_check_run(const json& from) {
  const json& output = object_in(from, "output");
  std::string said;
  for (const char* part : {"title", "summary", "text"}) {
    const auto text = text_in(output, part);
    if (!text.empty()) said += (said.empty() ? "" : "\n") + text;
    if (said.size() >= longest_check_output) break;
  }
  return {text_in(from, "name"),
          check_run_state(text_in(from, "status"), text_in(from, "conclusion")),
          text_in(from, "html_url"), said.substr(0, longest_check_output)};
}

check read_status(const json& from) {
  return {text_in(from, "context"), commit_status_state(text_in(from, "state")),
          text_in(from, "target_url"),
          text_in(from, "description").substr(0, longest_check_output)};
}

void summarise(check_summary& into) {
  into.state = into.checks.empty() ? check_state::pending : check_state::passed;
  for (const auto& one : into.checks) {
    if (one.state == check_state::failed) {
      into.state = check_state::failed;
      return;
    }
    if (one.state == check_state::pending) into.state = check_state::pending;
  }
  // What was not read may have failed.
  if (!into.complete) into.state = check_state::pending;
}

std::optional<std::int64_t> http_date(std::string_view text) {
  // Sun, 06 Nov 1994 08:49:37 GMT; the two older forms are not sent any more.
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t month = months.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  const auto day = whole_number(text.substr(5, 2));
  const auto year = whole_number(text.substr(12, 4));
  const auto hour = whole_number(text.substr(17, 2));
  const auto minute = whole_number(text.substr(20, 2));
  const auto second = whole_number(text.substr(23, 2));
  if (!day || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                         std::chrono::month{static_cast<unsigned>(month / 3 + 1)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date}.time_since_epoch() / std::chrono::seconds{1} + *hour * 3600 +
         *minute * 60 + *second;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  bool ended = false;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      ended = true;
      continue;
    }
    int value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = c - 'A';
    } else if (c >= 'a' && c <= 'z') {
      value = c - 'a' + 26;
    } else if (c >= '0' && c <= '9') {
      value = c - '0' + 52;
    } else if (c == '+') {
      value = 62;
    } else if (c == '/') {
      value = 63;
    } else {
      return std::nullopt;
    }
    if (ended) return std::nullopt;
    held = (held << 6U | static_cast<std::uint32_t>(value)) & 0xffffffU;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(held >> static_cast<unsigned>(bits) & 0xffU);
    }
  }
  return out;
}

}  // namespace skein::forge::github
