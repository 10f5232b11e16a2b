#include "runtime/egress/proxy.hpp"

#include "runtime/egress/service.hpp"
#include "runtime/process/private_socket.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace skein::egress {
namespace {

namespace fs = std::filesystem;

}  // namespace

struct service_access {
  std::shared_ptr<counters> counts;
  std::string token;
  fs::path socket;
  process::service_handle service;
};

proxy::proxy(std::unique_ptr<service_access> held) : held_(std::move(held)) {}

proxy::~proxy() {
  stop();
}

result<std::unique_ptr<proxy>> proxy::start(process::io_loop& loop, options wanted) {
  if (wanted.token.empty()) {
    SKEIN_TRY(token, process::new_token());
    wanted.token = token;
  }
  process::descriptor listener;
  if (!wanted.socket.empty()) {
    SKEIN_TRY(made, process::listen_at(wanted.socket));
    listener = std::move(made);
  }
  const auto counts = std::make_shared<counters>();
  std::string token = wanted.token;
  fs::path socket = wanted.socket;
  const auto made = std::make_shared<service>(loop.context(), std::move(wanted), counts);
  return std::unique_ptr<proxy>(new proxy(std::unique_ptr<service_access>(new service_access{
      counts, std::move(token), std::move(socket), {loop, made, std::move(listener)}})));
}

std::function<void(process::descriptor)> proxy::listener() {
  return held_->service.listener();
}

result<std::string> proxy::open_to_platform() {
  const std::string attempted = "listen on the loopback";
  process::descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in own = {};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof own;
  if (!listener ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 ||
      ::listen(listener.get(), SOMAXCONN) != 0 ||
      ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0)
    return errno_error(attempted, errno);
  this->listener()(std::move(listener));
  return proxy_url(held_->token, ntohs(own.sin_port));
}

void proxy::stop() {
  if (!held_->socket.empty()) ::unlink(held_->socket.c_str());
  held_->socket.clear();
  held_->service.stop();
}

usage proxy::used() const {
  const counters& now = *held_->counts;
  return {now.attempts, now.refused, now.bytes_up, now.bytes_down, now.open};
}

const std::string& proxy::token() const {
  return held_->token;
}

const char* to_string(outcome value) noexcept {
  switch (value) {
    case outcome::relayed:
      return "relayed";
    case outcome::malformed:
      return "malformed";
    case outcome::unauthorised:
      return "unauthorised";
    case outcome::leak:
      return "leak";
    case outcome::host_not_allowed:
      return "host_not_allowed";
    case outcome::address_literal:
      return "address_literal";
    case outcome::address_refused:
      return "address_refused";
    case outcome::not_resolved:
      return "not_resolved";
    case outcome::not_reached:
      return "not_reached";
    case outcome::parent_refused:
      return "parent_refused";
    case outcome::not_tls:
      return "not_tls";
    case outcome::wrong_server_name:
      return "wrong_server_name";
    case outcome::encoded_body:
      return "encoded_body";
    case outcome::too_large:
      return "too_large";
    case outcome::attempt_limit:
      return "attempt_limit";
    case outcome::bad_response:
      return "bad_response";
    case outcome::byte_limit:
      return "byte_limit";
    case outcome::timed_out:
      return "timed_out";
    case outcome::stopped:
      return "stopped";
  }
  return "unknown";
}

}  // namespace skein::egress
