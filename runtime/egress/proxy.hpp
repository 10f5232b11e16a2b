// The way out of a cell: a forward proxy of one run, in the worker's process. It answers a Unix
// socket, and a port of the cell's loopback; it asks for the run's token, lets through what the
// allowlist names, and reports every attempt. Not a cache, and not a terminator of TLS: what is
// inside a tunnel it cannot see, only whom the tunnel is for.
//
//   cell ── 127.0.0.1:3128 ──▶ proxy ── checked address ──▶ allowed host
//                                  └── or the platform's own proxy ──▶ …
#pragma once

#include "runtime/egress/allowlist.hpp"
#include "runtime/egress/parent_proxy.hpp"
#include "runtime/process/descriptor.hpp"
#include "runtime/process/io_loop.hpp"
#include "schema/error.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::egress {

/// Where a proxy listens in every cell that has one.
constexpr std::uint16_t loopback_port = 3128;

/// How an attempt ended. Everything but the first and the last four is a refusal, before a byte of
/// the client reached anything.
enum class outcome {
  relayed,            ///< as far as either side wanted
  malformed,          ///< not a request, or one that could be read in two ways
  unauthorised,       ///< without the run's token
  leak,               ///< a held secret or canary in it
  host_not_allowed,   ///< not on the list
  address_literal,    ///< an address in place of a name
  address_refused,    ///< the name leads to a private or special address
  not_resolved,       ///< no such name, or no answer
  not_reached,        ///< no connection to any address
  parent_refused,     ///< the platform's own proxy said no
  not_tls,            ///< a tunnel that does not begin with a ClientHello
  wrong_server_name,  ///< TLS for another host, for none, or for a hidden one
  encoded_body,       ///< a compressed request body cannot be inspected
  too_large,          ///< head or body
  attempt_limit,      ///< the run has used up its attempts
  bad_response,       ///< an answer that could be read in two ways
  byte_limit,         ///< the run has used up its bytes
  timed_out,
  stopped,  ///< by stop()
};
/// The stable text, as in events (`"host_not_allowed"`).
[[nodiscard]] const char* to_string(outcome value) noexcept;

/// One attempt. Holds nothing of a refused request but its host, and of a leak not even that.
struct event {
  std::chrono::system_clock::time_point time;  ///< of its first byte
  std::string host;                            ///< empty when there was none to read
  std::uint16_t port = 0;
  std::string method;
  bool allowed = false;  ///< bytes of the client were let through
  outcome reason = outcome::relayed;
  std::string detail;  ///< for people; may be empty
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::chrono::milliseconds duration{0};
};

struct limits {
  std::uint32_t connections = 64;      ///< at once; more of them wait to be accepted
  std::uint32_t attempts = 50'000;     ///< of the run; then everything is refused, unreported
  std::uint64_t bytes_up = 64U << 20;  ///< of the run
  std::uint64_t bytes_down = 8ULL << 30;
  std::size_t head_bytes = 16U << 10;
  std::size_t body_bytes = 1U << 20;  ///< of a plain request: it is inspected as a whole
  std::chrono::milliseconds head{std::chrono::seconds{15}};     ///< until a head or hello is there
  std::chrono::milliseconds connect{std::chrono::seconds{20}};  ///< resolution and connection
  std::chrono::milliseconds idle{std::chrono::minutes{2}};
  std::chrono::milliseconds total{std::chrono::minutes{30}};  ///< of one connection
};

using addresses = std::vector<boost::asio::ip::address>;
using resolved_fn = std::function<void(result<addresses>)>;

struct options {
  std::string run;               ///< for messages
  std::filesystem::path socket;  ///< made with mode 0600; empty: none
  allowlist allowed;
  std::string token;  ///< empty: a new one
  std::optional<parent_proxy> parent;
  limits bounds;
  std::function<void(const event&)> on_event;  ///< on the loop's thread
  /// Whether a text holds a secret that must not leave; on the loop's thread.
  std::function<bool(std::string_view)> leaks;
  /// Calls back on the loop's thread, once. Empty: the system's resolver.
  std::function<void(const std::string& host, resolved_fn)> resolve;
};

struct usage {
  std::uint64_t attempts = 0;
  std::uint64_t refused = 0;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::uint32_t open = 0;  ///< connections now
};

struct service_access;

/// Any thread may call it. The loop must live as long.
class proxy {
 public:
  /// Answers the socket from here on. `io` when it cannot be made.
  [[nodiscard]] static result<std::unique_ptr<proxy>> start(process::io_loop& loop, options wanted);
  /// As stop().
  ~proxy();
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;

  /// Takes listening stream sockets to answer: for cell::loopback_port. May outlive the proxy; then
  /// it closes what it gets.
  [[nodiscard]] std::function<void(process::descriptor)> listener();

  /// Also answers a port of this machine's own loopback, for what the platform itself does in the
  /// run's name; the URL that leads there, with the token.
  [[nodiscard]] result<std::string> open_to_platform();

  /// Closes every listener and connection in the loop's next turn; the open attempts end as
  /// `stopped`. May be called twice.
  void stop();

  [[nodiscard]] usage used() const;
  [[nodiscard]] const std::string& token() const;

 private:
  explicit proxy(std::unique_ptr<service_access> held);
  std::unique_ptr<service_access> held_;
};

/// Where a proxy is, with the token that it asks for.
[[nodiscard]] std::string proxy_url(const std::string& token, std::uint16_t port);

/// What programs in the cell need to find the proxy and to trust the machine's certificates:
/// HTTP_PROXY and its relatives for curl, git, npm, pip, cargo and go, properties for Gradle.
[[nodiscard]] std::vector<std::string> environment(const std::string& token,
                                                   std::uint16_t port = loopback_port);

/// Maven takes a proxy's password from a file only: the text for `~/.m2/settings.xml` in the cell.
[[nodiscard]] std::string maven_settings(const std::string& token,
                                         std::uint16_t port = loopback_port);

}  // namespace skein::egress
