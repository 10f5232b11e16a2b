// See webhook.hpp.
#include "runtime/forge/webhook.hpp"

#include "runtime/forge/json_facts.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace skein::forge {
namespace {

using json = nlohmann::json;

constexpr std::string_view signature_prefix = "sha256=";

bool plain_word(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

bool signed_by(const std::string& secret, const webhook_delivery& delivery) {
  const std::string right = webhook_signature(secret, delivery.body);
  return right.size() == delivery.signature.size() &&
         CRYPTO_memcmp(right.data(), delivery.signature.data(), right.size()) == 0;
}

error lacks(const webhook_delivery& delivery, const char* what) {
  return {errc::invalid,
          "webhook delivery " + delivery.id + " (" + delivery.event + ") has no valid " + what, ""};
}

result<webhook_event> read_pull_request(const webhook_delivery& delivery, const json& body) {
  const json& pull = object_in(body, "pull_request");
  const json& head = object_in(pull, "head");
  pull_request_event out;
  out.repository = text_in(object_in(body, "repository"), "full_name");
  out.number = number_in(pull, "number");
  out.action = text_in(body, "action");
  out.head_branch = text_in(head, "ref");
  out.head_commit = text_in(head, "sha");
  out.head_repository = text_in(object_in(head, "repo"), "full_name");
  out.base_branch = text_in(object_in(pull, "base"), "ref");
  out.body = text_in(pull, "body");
  out.sender = text_in(object_in(body, "sender"), "login");
  out.sender_is_bot = text_in(object_in(body, "sender"), "type") == "Bot";
  out.draft = flag_in(pull, "draft");
  out.open = text_in(pull, "state") == "open";
  out.merged = flag_in(pull, "merged");
  if (out.number <= 0) return lacks(delivery, "pull request number");
  if (out.head_branch.empty() || !is_commit(out.head_commit)) return lacks(delivery, "head");
  return out;
}

result<webhook_event> read_check(const webhook_delivery& delivery, const json& body) {
  const json& check = object_in(body, delivery.event.c_str());
  check_event out;
  out.repository = text_in(object_in(body, "repository"), "full_name");
  out.commit = text_in(check, "head_sha");
  const bool suite = delivery.event == "check_suite";
  out.branch = text_in(suite ? check : object_in(check, "check_suite"), "head_branch");
  out.name = suite ? text_in(object_in(check, "app"), "name") : text_in(check, "name");
  out.state = check_run_state(text_in(check, "status"), text_in(check, "conclusion"));
  if (!is_commit(out.commit)) return lacks(delivery, "commit");
  return out;
}

result<webhook_event> read_status(const webhook_delivery& delivery, const json& body) {
  check_event out;
  out.repository = text_in(object_in(body, "repository"), "full_name");
  out.commit = text_in(body, "sha");
  out.name = text_in(body, "context");
  out.state = commit_status_state(text_in(body, "state"));
  if (!is_commit(out.commit)) return lacks(delivery, "commit");
  return out;
}

result<webhook_event> read_push(const webhook_delivery& delivery, const json& body) {
  push_event out;
  out.repository = text_in(object_in(body, "repository"), "full_name");
  out.reference = text_in(body, "ref");
  out.before = text_in(body, "before");
  out.after = text_in(body, "after");
  out.deleted = flag_in(body, "deleted");
  out.forced = flag_in(body, "forced");
  if (!out.reference.starts_with("refs/")) return lacks(delivery, "reference");
  if (!is_commit(out.after)) return lacks(delivery, "commit");
  return out;
}

}  // namespace

std::string webhook_signature(std::string_view secret, std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned length = 0;
  // One call; it fails only for want of memory, and then an empty signature matches nothing.
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(body.data()), body.size(), mac.data(),
           &length) == nullptr) {
    return {};
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(signature_prefix);
  for (unsigned i = 0; i < length; ++i) {
    out += digits[mac[i] >> 4U];
    out += digits[mac[i] & 15U];
  }
  return out;
}

result<webhook_event> read_webhook(const webhook_delivery& delivery,
                                   const std::vector<std::string>& secrets) {
  if (delivery.body.size() > webhook_limit) {
    return error{
        errc::refused,
        "webhook delivery has " + std::to_string(delivery.body.size()) + " bytes, more than 25 MB",
        ""};
  }
  if (!plain_word(delivery.id, 128)) {
    return error{errc::invalid, "webhook delivery has no valid X-GitHub-Delivery", ""};
  }
  if (!plain_word(delivery.event, 64)) {
    return error{errc::invalid, "webhook delivery " + delivery.id + " has no valid X-GitHub-Event",
                 ""};
  }
  bool right = false;
  bool any = false;
  for (const auto& secret : secrets) {
    if (secret.empty()) continue;
    any = true;
    right = signed_by(secret, delivery) || right;
  }
  if (!any) {
    return error{errc::unauthorised,
                 "no webhook secret is set: delivery " + delivery.id + " cannot be checked",
                 "set the webhook's secret"};
  }
  if (!right) {
    return error{errc::unauthorised,
                 delivery.signature.empty()
                     ? "webhook delivery " + delivery.id + " is not signed"
                     : "webhook delivery " + delivery.id + " has a wrong signature",
                 "give the forge's webhook the secret of this server"};
  }
  const auto body = parse_json(delivery.body);
  if (!body || !body->is_object()) {
    return error{errc::invalid, "webhook delivery " + delivery.id + " is not a JSON object",
                 "set the webhook's content type to application/json"};
  }
  const bool followed = delivery.event == "pull_request" || delivery.event == "check_suite" ||
                        delivery.event == "check_run" || delivery.event == "status" ||
                        delivery.event == "push";
  if (!followed) return webhook_event{other_event{delivery.event}};
  if (!is_repository_name(text_in(object_in(*body, "repository"), "full_name"))) {
    return lacks(delivery, "repository");
  }
  if (delivery.event == "pull_request") return read_pull_request(delivery, *body);
  if (delivery.event == "push") return read_push(delivery, *body);
  if (delivery.event == "status") return read_status(delivery, *body);
  return read_check(delivery, *body);
}

}  // namespace skein::forge
