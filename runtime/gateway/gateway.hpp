// How an agent in a cell reaches a model: an HTTP server of one run, in the wire formats of
// Anthropic and OpenAI. It asks for the run's token, lets through what may be asked, counts against
// the run's budget, and adds the real key on the way out. Not a proxy: it goes to its one upstream
// only.
//
//   agent ── run's token ──▶ gateway ─ screen, observe, reserve ── real key ──▶ provider
//     ◀────── stream, piece by piece ────── meter, observe, settle ◀──────────────┘
#pragma once

#include "runtime/http/client.hpp"
#include "runtime/model/prices.hpp"
#include "runtime/model/provider_settings.hpp"
#include "runtime/process/descriptor.hpp"
#include "runtime/process/io_loop.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein::gateway {

/// How a request ended. All but the first three were refused before anything was sent.
enum class outcome {
  answered,         ///< whatever the provider said, errors and all
  cut,              ///< the agent left, the provider broke off, or a limit of ours was passed
  upstream_failed,  ///< no answer at all
  malformed,        ///< not HTTP, not JSON, or one that could be read in two ways
  unauthorised,     ///< without the run's token
  not_found,        ///< a path that is not served
  model_not_allowed,
  not_allowed,  ///< it would make the provider fetch, run or remember something
  refused,      ///< by the observer
  budget,       ///< by `reserve`
  too_large,
  busy,     ///< too many requests at once
  revoked,  ///< by revoke()
};
/// The stable text, as in events (`"model_not_allowed"`).
[[nodiscard]] const char* to_string(outcome value) noexcept;

/// One request to a model.
struct exchange {
  std::chrono::system_clock::time_point time;  ///< of its first byte
  std::string path;
  std::string model;  ///< empty when there was none to read
  outcome reason = outcome::answered;
  std::string detail;  ///< for people; may be empty
  int status = 0;      ///< that the agent got
  model::usage used;
  double usd = 0;
  std::string request;  ///< JSON as sent to the provider; empty when refused before
  std::string reply;    ///< as received, bounded
  bool truncated = false;
  std::chrono::milliseconds duration{0};
};

struct limits {
  std::uint32_t connections = 32;  ///< at once; more wait to be accepted
  std::uint32_t requests = 16;     ///< with the provider at once
  std::size_t head_bytes = 32U << 10;
  std::size_t body_bytes = 16U << 20;
  std::uint64_t reply_bytes = 32U << 20;
  std::uint64_t recorded_bytes = 4U << 20;  ///< of a reply
  std::uint32_t output_tokens = 32'768;     ///< asked for more: cut to it; for none: counted so
  std::chrono::milliseconds head{15'000};   ///< until a head is there
  std::chrono::milliseconds body{60'000};
  std::chrono::milliseconds idle{300'000};     ///< of the provider, and between requests
  std::chrono::milliseconds total{1'200'000};  ///< of one request
};

/// Everything is called on the loop's thread and must not block.
struct options {
  std::string run;               ///< for messages
  std::filesystem::path socket;  ///< made with mode 0600; empty: none
  std::string token;             ///< empty: a new one
  /// At most one of each family (Anthropic, OpenAI), whose host is the only one ever asked.
  std::vector<model::provider_settings> upstreams;
  std::vector<std::string> models;  ///< allowed; empty: none
  model::price_table prices = model::price_table::shipped();
  model::environment_fn environment = model::process_environment();
  limits bounds;
  /// What the request may cost at most. An error refuses it, with its message for the agent. Empty:
  /// no budget.
  std::function<result<>(const model::spending& most)> reserve;
  /// What became of a reservation; once for each.
  std::function<void(const model::spending& reserved, const model::spending& actual)> settle;
  /// Before a request is sent; an error refuses it.
  std::function<result<>(const exchange&)> on_request;
  /// Every piece of a reply, before the agent gets it; false: cut.
  std::function<bool(std::string_view)> on_piece;
  /// Every request, at its end.
  std::function<void(const exchange&)> on_end;
};

struct service_access;

/// Any thread may call it. The loop must outlive the client.
class gateway {
 public:
  /// Answers the socket from here on. Reads the keys now.
  [[nodiscard]] static result<std::unique_ptr<gateway>> start(process::io_loop& loop,
                                                              std::shared_ptr<http::client> sender,
                                                              options wanted);
  /// As revoke().
  ~gateway();
  gateway(const gateway&) = delete;
  gateway& operator=(const gateway&) = delete;

  /// Takes listening stream sockets to answer, such as a port of the cell's loopback. May outlive
  /// the gateway; then it closes what it gets.
  [[nodiscard]] std::function<void(process::descriptor)> listener();

  /// Closes every listener and connection and cancels every request in the loop's next turn; each
  /// is settled. The token is worth nothing any more. May be called twice.
  void revoke();

  [[nodiscard]] const std::string& token() const;

 private:
  explicit gateway(std::unique_ptr<service_access> held);
  std::unique_ptr<service_access> held_;
};

}  // namespace skein::gateway
