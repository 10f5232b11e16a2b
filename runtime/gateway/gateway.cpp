#include "runtime/gateway/gateway.hpp"

#include "runtime/gateway/service.hpp"
#include "runtime/process/private_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

namespace skein::gateway {
namespace {

namespace fs = std::filesystem;

result<std::vector<upstream>> read_upstreams(const options& wanted) {
  const std::string attempted = "start the model gateway of run " + wanted.run;
  std::vector<upstream> out;
  for (const model::provider_settings& one : wanted.upstreams) {
    for (const upstream& before : out)
      if ((before.settings.format == model::wire::anthropic) ==
          (one.format == model::wire::anthropic))
        return error{errc::invalid,
                     attempted + ": " + before.settings.name + " and " + one.name +
                         " would answer the same requests",
                     "name one provider of each family"};
    SKEIN_TRY(key, model::read_key(one, wanted.environment));
    out.push_back({one, key});
  }
  if (out.empty()) return error{errc::invalid, attempted + ": no provider is named", ""};
  return out;
}

}  // namespace

struct service_access {
  std::string token;
  fs::path socket;
  process::service_handle service;
};

gateway::gateway(std::unique_ptr<service_access> held) : held_(std::move(held)) {}

gateway::~gateway() {
  revoke();
}

result<std::unique_ptr<gateway>> gateway::start(process::io_loop& loop,
                                                std::shared_ptr<http::client> sender,
                                                options wanted) {
  if (wanted.token.empty()) {
    // In the form that agents expect of a key.
    SKEIN_TRY(token, process::new_token("sk-skein-"));
    wanted.token = token;
  }
  SKEIN_TRY(upstreams, read_upstreams(wanted));
  process::descriptor listener;
  if (!wanted.socket.empty()) {
    SKEIN_TRY(made, process::listen_at(wanted.socket));
    listener = std::move(made);
  }
  std::string token = wanted.token;
  fs::path socket = wanted.socket;
  const auto made =
      std::make_shared<service>(loop, std::move(sender), std::move(wanted), std::move(upstreams));
  return std::unique_ptr<gateway>(new gateway(std::unique_ptr<service_access>(
      new service_access{std::move(token), std::move(socket), {loop, made, std::move(listener)}})));
}

std::function<void(process::descriptor)> gateway::listener() {
  return held_->service.listener();
}

void gateway::revoke() {
  if (!held_->socket.empty()) ::unlink(held_->socket.c_str());
  held_->socket.clear();
  held_->service.stop();
}

const std::string& gateway::token() const {
  return held_->token;
}

const char* to_string(outcome value) noexcept {
  switch (value) {
    case outcome::answered:
      return "answered";
    case outcome::cut:
      return "cut";
    case outcome::upstream_failed:
      return "upstream_failed";
    case outcome::malformed:
      return "malformed";
    case outcome::unauthorised:
      return "unauthorised";
    case outcome::not_found:
      return "not_found";
    case outcome::model_not_allowed:
      return "model_not_allowed";
    case outcome::not_allowed:
      return "not_allowed";
    case outcome::refused:
      return "refused";
    case outcome::budget:
      return "budget";
    case outcome::too_large:
      return "too_large";
    case outcome::busy:
      return "busy";
    case outcome::revoked:
      return "revoked";
  }
  return "unknown";
}

}  // namespace skein::gateway
