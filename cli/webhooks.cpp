#include "cli/webhooks.hpp"

#include "actors/forges.hpp"
#include "cli/state_view.hpp"
#include "runtime/model/provider_settings.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace skein::cli {

namespace {

constexpr std::string_view folder = "/webhooks/";
/// Refusals that get a row of their own; the rest of the minute is told with the next one.
constexpr std::uint32_t most_noted = 20;
constexpr std::int64_t note_window_ms = 60'000;
constexpr std::size_t longest_shown = 128;

endpoint_limits limits_of_webhooks() {
  endpoint_limits out;
  out.connections = 16;
  out.body = largest_webhook;
  return out;
}

/// What strangers sent goes into records only as plain characters, cut.
std::string shown(const std::string& text) {
  std::string out = text.substr(0, longest_shown);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

unsigned status_of(errc code) {
  switch (code) {
    case errc::unauthorised:
      return 401;
    case errc::not_found:
      return 404;
    case errc::invalid:
      return 400;
    case errc::refused:
      return 413;
    default:
      return 503;
  }
}

class receiver {
 public:
  receiver(actors::fleet_client& fleet, std::function<std::int64_t()> now_ms)
      : fleet_(fleet), now_ms_(std::move(now_ms)) {}

  http_answer take(const http_post& sent) {
    const auto forge = forge_of(sent.path);
    if (forge.empty()) return answer(404, "not found; there is /webhooks/FORGE");
    forge::webhook_delivery delivery;
    delivery.event = header(sent, "x-github-event");
    delivery.id = header(sent, "x-github-delivery");
    delivery.signature = header(sent, "x-hub-signature-256");
    delivery.body = sent.body;
    const auto taken = fleet_.take_webhook(forge, delivery);
    if (taken && taken->first) {
      spdlog::debug("webhook {} of {}: {} pull requests", shown(delivery.id), shown(forge),
                    taken->concerned);
      return answer(202, "taken");
    }
    if (taken) {
      refused(sent, "replayed");
      return answer(409, "this delivery was taken before");
    }
    const auto& why = taken.error();
    const auto status = status_of(why.code);
    // What is wrong here is not the stranger's fault, nor theirs to know.
    if (status == 503) {
      spdlog::error("webhook {} of {}: {}", shown(delivery.id), shown(forge), why.message);
      return answer(503, "not taken; deliver it again later");
    }
    refused(sent, status == 401   ? delivery.signature.empty() ? "unsigned" : "forged"
                  : status == 404 ? "unknown_forge"
                  : status == 413 ? "oversized"
                                  : "malformed");
    return answer(status, status == 401 ? "the signature is wrong" : "not taken");
  }

  void refused(const http_post& sent, const std::string& reason) {
    const auto now = now_ms_();
    if (now - window_ms_ >= note_window_ms || now < window_ms_) {
      window_ms_ = now;
      noted_ = 0;
    }
    if (noted_ >= most_noted) {
      ++unnoted_;
      return;
    }
    ++noted_;
    store::note_event event;
    event.kind = "webhook_refused";
    event.by = "webhook";
    event.payload = {{"reason", reason},
                     {"forge", shown(forge_of(sent.path))},
                     {"from", shown(sent.peer)},
                     {"delivery", shown(header(sent, "x-github-delivery"))},
                     {"event", shown(header(sent, "x-github-event"))}};
    if (const auto more = std::exchange(unnoted_, 0); more != 0) event.payload["moreBefore"] = more;
    spdlog::warn("webhook refused: {} from {}", reason, shown(sent.peer));
    if (auto kept = fleet_.note(event); !kept) spdlog::error("{}", kept.error().message);
  }

 private:
  static http_answer answer(unsigned status, const std::string& text) {
    return {status, "text/plain; charset=utf-8", text + "\n"};
  }
  static std::string header(const http_post& sent, const char* name) {
    const auto found = sent.headers.find(name);
    return found == sent.headers.end() ? std::string() : found->second;
  }
  /// Empty: it is no place of ours.
  static std::string forge_of(const std::string& path) {
    if (!path.starts_with(folder)) return {};
    const auto name = path.substr(folder.size());
    return name.find('/') == std::string::npos ? name : std::string();
  }

  actors::fleet_client& fleet_;
  std::function<std::int64_t()> now_ms_;
  std::int64_t window_ms_ = 0;
  std::uint32_t noted_ = 0;
  std::uint64_t unnoted_ = 0;
};

}  // namespace

result<> check_webhook_secrets(const schema::config& settings) {
  bool any = false;
  for (const auto& [name, forge] : settings.forges) {
    SKEIN_TRY(secrets, actors::read_webhook_secrets(name, forge, model::process_environment()));
    any = any || !secrets.empty();
  }
  if (any) return {};
  return error{errc::invalid, "webhooks cannot be taken: no forge has a webhook secret",
               "set forges.NAME.webhook.secret in skein.yaml to where it is kept"};
}

post_taker webhook_taker(actors::fleet_client& fleet, std::function<std::int64_t()> now_ms) {
  auto at = std::make_shared<receiver>(fleet, std::move(now_ms));
  return {[at](const http_post& sent) { return at->take(sent); },
          [at](const http_post& sent) { at->refused(sent, "oversized"); }};
}

result<std::unique_ptr<http_endpoint>> start_webhooks(actors::fleet_client& fleet,
                                                      const std::string& address) {
  return http_endpoint::start_taking(address, webhook_taker(fleet, &now_ms), limits_of_webhooks());
}

}  // namespace skein::cli
