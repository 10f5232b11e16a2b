#include "runtime/model/wire_provider.hpp"

#include "runtime/model/json_text.hpp"
#include "runtime/model/usage_reading.hpp"
#include "runtime/model/wire_attempt.hpp"

#include <algorithm>

namespace skein::model {
namespace {

class sent final : public pending {
 public:
  explicit sent(std::shared_ptr<http::exchange> running) : running_(std::move(running)) {}
  void cancel() override { running_->cancel(); }

 private:
  std::shared_ptr<http::exchange> running_;
};

std::uint64_t size_of(const std::vector<untrusted_span>& spans) {
  constexpr std::uint64_t frame = 300;
  std::uint64_t out = 0;
  for (const untrusted_span& one : spans) out += one.text.size() + frame;
  return out;
}

/// Without building the request: what it will carry, and a little for its form.
std::uint64_t request_bytes(const conversation& said) {
  constexpr std::uint64_t form = 200;
  std::uint64_t out = 2048 + said.system.size() + said.task.size() + size_of(said.context);
  for (const tool_definition& one : said.tools)
    out += form + one.name.size() + one.description.size() + write_json(one.schema).size();
  for (const turn& one : said.turns) {
    out += form + one.text.size() + size_of(one.spans);
    if (!one.opaque.is_null()) out += write_json(one.opaque).size();
    for (const tool_request& call : one.calls) out += form + write_json(call.arguments).size();
    for (const tool_reply& reply : one.replies) out += 2 * form + reply.content.text.size();
  }
  return out;
}

}  // namespace

wire_provider::wire_provider(provider_settings settings, price_table prices,
                             std::shared_ptr<http::client> sender, std::string key)
    : settings_(std::move(settings)),
      prices_(std::move(prices)),
      sender_(std::move(sender)),
      key_(std::move(key)) {}

std::string wire_provider::model_of(const ask_settings& settings) const {
  if (!settings.model.empty()) return settings.model;
  return settings_.models.empty() ? settings_.default_model : settings_.models.front();
}

bool wire_provider::allows(const std::string& model) const {
  return !model.empty() &&
         (settings_.models.empty() || std::find(settings_.models.begin(), settings_.models.end(),
                                                model) != settings_.models.end());
}

spending wire_provider::worst_case(const conversation& said, const ask_settings& settings) const {
  usage most;
  // What is written to the cache costs more than what is only read.
  most.cache_write = estimated_tokens(request_bytes(said));
  most.output = settings.max_output_tokens;
  const price value = prices_.find(model_of(settings)).value;
  usage plain = most;
  std::swap(plain.input, plain.cache_write);
  return {most.total(), std::max(value.usd(most), value.usd(plain))};
}

std::shared_ptr<pending> wire_provider::ask(const conversation& said, const ask_settings& settings,
                                            done_fn done) {
  ask_settings asked = settings;
  asked.model = model_of(settings);
  if (!allows(asked.model)) {
    failure refused;
    refused.kind = failure_kind::invalid_request;
    refused.provider = settings_.name;
    refused.model = asked.model;
    refused.text = asked.model.empty()
                       ? "no model was named"
                       : "the model is not one of those the provider's settings allow";
    return std::make_shared<sent>(
        sender_->after({}, [done = std::move(done), refused] { done(refused); }));
  }
  const auto [value, known] = prices_.find(asked.model);
  wire_traits traits;
  traits.provider = settings_.name;
  traits.encrypted_reasoning = value.encrypted_reasoning;
  traits.max_completion_tokens = settings_.base_url.starts_with("https://api.openai.com/");
  http::request wanted;
  wanted.method = "POST";
  wanted.url = endpoint(settings_.format, settings_.base_url);
  wanted.headers = key_headers(settings_.format, key_);
  wanted.headers.push_back({"Content-Type", "application/json"});
  wanted.headers.push_back({"Accept", "text/event-stream, application/json"});
  wanted.headers.push_back({"User-Agent", "skein"});
  wanted.body = build_request(settings_.format, said, asked, traits);
  wanted.ca_file = settings_.ca_file;
  wanted.proxy = settings_.proxy;
  wanted.idle_timeout = asked.idle_timeout;
  wanted.total_timeout = asked.total_timeout;
  wanted.max_reply_bytes = asked.max_reply_bytes;
  const auto one = std::make_shared<wire_attempt>(
      attempt_terms{settings_.format, settings_.name, asked, value, known, key_}, wanted.body,
      std::move(done));
  const auto running = sender_->start(
      std::move(wanted), {[one](const http::reply& head) { one->begin(head); },
                          [one](std::string_view piece) { return one->take(piece); },
                          [one](const result<http::reply>& ended) { one->end(ended); }});
  return std::make_shared<sent>(running);
}

}  // namespace skein::model
