#include "runtime/http/transfer.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace skein::http {
namespace {

constexpr std::size_t most_head_bytes = 128U << 10;
constexpr std::size_t most_headers = 256;
constexpr std::size_t most_url_bytes = 16U << 10;

bool token_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), token_character);
}

bool breaks_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n'))
    text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

long in_milliseconds(std::chrono::milliseconds time) {
  // Zero would mean "for ever".
  return static_cast<long>(
      std::clamp<std::chrono::milliseconds::rep>(time.count(), 1, 1'000'000'000));
}

/// A part of a URL, or nothing.
std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (::curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return {};
  std::string out = text;
  ::curl_free(text);
  return out;
}

struct code_row {
  CURLcode code;
  errc kind;
};
constexpr std::array codes{
    code_row{CURLE_OPERATION_TIMEDOUT, errc::timeout},
    code_row{CURLE_ABORTED_BY_CALLBACK, errc::cancelled},
    code_row{CURLE_PEER_FAILED_VERIFICATION, errc::unauthorised},
    code_row{CURLE_SSL_ISSUER_ERROR, errc::unauthorised},
    code_row{CURLE_SSL_INVALIDCERTSTATUS, errc::unauthorised},
    code_row{CURLE_SSL_PINNEDPUBKEYNOTMATCH, errc::unauthorised},
    code_row{CURLE_SSL_CACERT_BADFILE, errc::invalid},
    code_row{CURLE_OUT_OF_MEMORY, errc::internal},
    code_row{CURLE_BAD_FUNCTION_ARGUMENT, errc::internal},
};

}  // namespace

const std::string* reply::find(std::string_view name) const {
  for (const header& one : headers)
    if (same_name(one.name, name)) return &one.value;
  return nullptr;
}

transfer::transfer(request wanted, listener heard)
    : request_(std::move(wanted)),
      listener_(std::move(heard)),
      easy_(::curl_easy_init()),
      shown_(is_token(request_.method) ? request_.method : "request") {}

transfer::~transfer() {
  ::curl_easy_cleanup(easy_);
  ::curl_slist_free_all(headers_);
}

result<> transfer::prepare() {
  if (easy_ == nullptr) return error{errc::internal, "start a request: out of memory", ""};
  SKEIN_CHECK(check());
  const auto set = [this](CURLoption option, auto value) {
    return ::curl_easy_setopt(easy_, option, value) == CURLE_OK;
  };
  bool all = set(CURLOPT_URL, request_.url.c_str()) && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
             set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_NOSIGNAL, 1L) &&
             set(CURLOPT_PROXY, request_.proxy.c_str()) &&
             set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) && set(CURLOPT_SSL_VERIFYPEER, 1L) &&
             set(CURLOPT_SSL_VERIFYHOST, 2L) &&
             set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
             set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS)) &&
             set(CURLOPT_TCP_KEEPALIVE, 1L) && set(CURLOPT_FRESH_CONNECT, request_.once ? 1L : 0L) &&
             set(CURLOPT_CONNECTTIMEOUT_MS, in_milliseconds(request_.connect_timeout)) &&
             set(CURLOPT_TIMEOUT_MS, in_milliseconds(request_.total_timeout)) &&
             set(CURLOPT_HEADERFUNCTION, &transfer::on_header) &&
             set(CURLOPT_HEADERDATA, static_cast<void*>(this)) &&
             set(CURLOPT_WRITEFUNCTION, &transfer::on_data) &&
             set(CURLOPT_WRITEDATA, static_cast<void*>(this)) && set(CURLOPT_NOPROGRESS, 0L) &&
             set(CURLOPT_XFERINFOFUNCTION, &transfer::on_progress) &&
             set(CURLOPT_XFERINFODATA, static_cast<void*>(this)) &&
             // Otherwise the end of a request would wait for its name to be resolved.
             set(CURLOPT_QUICK_EXIT, 1L);
  if (all && !request_.proxy.empty()) all = set(CURLOPT_NOPROXY, "");
  if (all && !request_.ca_file.empty())
    all = set(CURLOPT_CAINFO, request_.ca_file.c_str()) &&
          set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  if (all && !request_.unix_socket.empty())
    all = set(CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
  if (!all) return error{errc::internal, shown_ + ": libcurl refused an option", ""};
  SKEIN_CHECK(set_method());
  return set_headers();
}

result<> transfer::check() {
  const auto wrong = [this](const std::string& what) {
    return error{errc::invalid, shown_ + ": " + what, ""};
  };
  if (!is_token(request_.method)) return wrong("the method is not one");
  SKEIN_CHECK(check_url());
  for (const header& one : request_.headers)
    if (!is_token(one.name) || breaks_line(one.value))
      return wrong("a header's name or value cannot be sent");
  if (breaks_line(request_.unix_socket) || request_.unix_socket.size() > 107)
    return wrong("the socket's path cannot be used, or is longer than 107 bytes");
  if (!request_.ca_file.empty() && ::access(request_.ca_file.c_str(), R_OK) != 0)
    return wrong("the certificate file " + request_.ca_file + " cannot be read");
  const std::string_view proxy = request_.proxy;
  if (!proxy.empty() &&
      (breaks_line(proxy) || (!proxy.starts_with("http://") && !proxy.starts_with("https://"))))
    return wrong("the proxy has to be http://host:port or https://host:port");
  return {};
}

result<> transfer::check_url() {
  const auto wrong = [this](const std::string& what) {
    return error{errc::invalid, shown_ + ": " + what, "give a whole http:// or https:// URL"};
  };
  const std::string& text = request_.url;
  if (text.size() > most_url_bytes) return wrong("the URL is too long");
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= 32 || c == 127; }))
    return wrong("the URL has a space or a control character");
  CURLU* url = ::curl_url();
  const bool parsed = ::curl_url_set(url, CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  const std::string scheme = part_of(url, CURLUPART_SCHEME);
  const std::string host = part_of(url, CURLUPART_HOST);
  const std::string port = part_of(url, CURLUPART_PORT);
  const bool credentials =
      !part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty();
  ::curl_url_cleanup(url);
  if (!parsed || host.empty()) return wrong("the URL is not one");
  if (scheme != "http" && scheme != "https") return wrong("the URL is neither http nor https");
  if (credentials) return wrong("the URL carries a user or password");
  shown_ += " " + host + (port.empty() ? "" : ":" + port);
  return {};
}

result<> transfer::set_method() {
  const std::string& method = request_.method;
  bool all = true;
  if (method == "HEAD") {
    all = ::curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L) == CURLE_OK;
  } else if (!request_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    all = ::curl_easy_setopt(easy_, CURLOPT_POST, 1L) == CURLE_OK &&
          ::curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_.body.data()) == CURLE_OK &&
          ::curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(request_.body.size())) == CURLE_OK;
  }
  if (all && method != "GET" && method != "HEAD" && method != "POST")
    all = ::curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method.c_str()) == CURLE_OK;
  if (all && method == "GET" && !request_.body.empty())
    all = ::curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, "GET") == CURLE_OK;
  if (!all) return error{errc::internal, shown_ + ": libcurl refused the method", ""};
  return {};
}

result<> transfer::set_headers() {
  std::vector<std::string> lines;
  const auto given = [this](std::string_view name) {
    return std::any_of(request_.headers.begin(), request_.headers.end(),
                       [name](const header& one) { return same_name(one.name, name); });
  };
  // A wait for "100 Continue" and a guessed type are libcurl's own ideas.
  lines.emplace_back("Expect:");
  if (!given("content-type")) lines.emplace_back("Content-Type:");
  for (const header& one : request_.headers)
    lines.push_back(one.value.empty() ? one.name + ";" : one.name + ": " + one.value);
  for (const std::string& line : lines) {
    curl_slist* longer = ::curl_slist_append(headers_, line.c_str());
    if (longer == nullptr) return error{errc::internal, shown_ + ": out of memory", ""};
    headers_ = longer;
  }
  ::curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  ::curl_easy_setopt(easy_, CURLOPT_PROXYHEADER, nullptr);
  ::curl_easy_setopt(easy_, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  return {};
}

// ── What libcurl calls ────────────────────────────────────────────────────────────────────────

std::size_t transfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto* const mine = static_cast<transfer*>(self);
  mine->heard_ = clock::now();
  return mine->take_header({bytes, size * count}) ? size * count : 0;
}

bool transfer::take_header(std::string_view line) {
  head_bytes_ += line.size();
  if (head_bytes_ > most_head_bytes || reply_.headers.size() >= most_headers) {
    own_ = error{errc::refused, shown_ + ": the reply's head is longer than allowed", ""};
    return false;
  }
  if (head_done_) return true;  // trailers
  if (line.starts_with("HTTP/")) {
    reply_ = {};
    const auto space = line.find(' ');
    if (space != std::string_view::npos && space + 4 <= line.size())
      for (const char digit : line.substr(space + 1, 3))
        if (digit >= '0' && digit <= '9') reply_.status = reply_.status * 10 + (digit - '0');
    return true;
  }
  if (trimmed(line).empty()) {
    if (reply_.status < 200) return true;
    head_done_ = true;
    if (listener_.head) listener_.head(reply_);
    return true;
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos)
    reply_.headers.push_back({std::string(trimmed(line.substr(0, colon))),
                              std::string(trimmed(line.substr(colon + 1)))});
  return true;
}

std::size_t transfer::on_data(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto* const mine = static_cast<transfer*>(self);
  const std::string_view piece(bytes, size * count);
  if (mine->paused_) return CURL_WRITEFUNC_PAUSE;
  mine->heard_ = clock::now();
  mine->body_bytes_ += piece.size();
  if (mine->body_bytes_ > mine->request_.max_reply_bytes) {
    mine->own_ = error{errc::refused,
                       mine->shown_ + ": the reply is longer than the " +
                           std::to_string(mine->request_.max_reply_bytes) + " bytes allowed",
                       ""};
    return 0;
  }
  if (!mine->listener_.data) {
    mine->reply_.body += piece;
  } else if (!mine->listener_.data(piece)) {
    mine->own_ = error{errc::cancelled, mine->shown_ + ": given up while reading the reply", ""};
    return 0;
  }
  return piece.size();
}

int transfer::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto* const mine = static_cast<transfer*>(self);
  if (sent != mine->sent_) mine->heard_ = clock::now();
  mine->sent_ = sent;
  return 0;
}

// ── Its end ───────────────────────────────────────────────────────────────────────────────────

void transfer::finish(CURLcode code) {
  if (code != CURLE_OK) return fail(own_ ? *own_ : failure(code));
  if (done_) return;
  done_ = true;
  if (listener_.done) listener_.done(std::move(reply_));
}

void transfer::fail(error why) {
  if (done_) return;
  done_ = true;
  if (listener_.done) listener_.done(std::move(why));
}

error transfer::failure(CURLcode code) const {
  const auto found = std::find_if(codes.begin(), codes.end(),
                                  [code](const code_row& row) { return row.code == code; });
  // The fixed text of the code: the detailed one may quote what the other end sent.
  return {found == codes.end() ? errc::unavailable : found->kind,
          shown_ + ": " + ::curl_easy_strerror(code), ""};
}

void transfer::pause() {
  paused_ = true;
}

bool transfer::resume() {
  if (!paused_) return true;
  paused_ = false;
  heard_ = clock::now();
  ::curl_easy_pause(easy_, CURLPAUSE_CONT);
  return !own_;
}

transfer::clock::time_point transfer::quiet_until() const {
  const auto idle = std::chrono::milliseconds(in_milliseconds(request_.idle_timeout));
  return (paused_ ? clock::now() : heard_) + idle;
}

}  // namespace skein::http
