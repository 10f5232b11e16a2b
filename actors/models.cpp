#include "actors/models.hpp"

#include "runtime/model/model_client.hpp"

#include <algorithm>

namespace skein::actors {

namespace {

result<model::provider_settings> settings_of(const std::string& name,
                                             const schema::provider_config& from) {
  model::provider_settings out;
  out.name = name;
  const auto format = model::parse_wire(from.wire);
  if (!format) return error{errc::invalid, "provider " + name + ": there is no wire " + from.wire, ""};
  out.format = *format;
  out.base_url = from.base_url;
  if (out.base_url.empty())
    out.base_url = *format == model::wire::anthropic ? "https://api.anthropic.com" : "https://api.openai.com/v1";
  if (!from.key_env.empty()) out.key = {model::key_from::env, from.key_env};
  if (!from.key_file.empty()) out.key = {model::key_from::file, from.key_file};
  if (!from.key_credential.empty()) out.key = {model::key_from::credential, from.key_credential};
  out.models = from.models;
  for (const auto& [model, each] : from.prices)
    out.prices[model] = {each.input, each.output, each.cache_read, each.cache_write};
  out.ca_file = from.ca_file;
  return out;
}

std::string first_model(const model::provider_settings& settings) {
  return settings.models.empty() ? settings.default_model : settings.models.front();
}

/// The model that the task names, then the others of the list in its order.
std::shared_ptr<model::provider> with_fallbacks(const model::provider_settings& settings,
                                                const std::shared_ptr<model::provider>& asked,
                                                const std::shared_ptr<model::timers>& time) {
  auto down = std::make_shared<model::breaker>();
  std::vector<model::route> routes{{asked, "", down}};
  for (std::size_t i = 1; i < settings.models.size(); ++i)
    routes.push_back({asked, settings.models[i], down});
  return std::make_shared<model::model_client>(std::move(routes), time);
}

}  // namespace

result<model_sources> open_models(const schema::config& config,
                                  const model::environment_fn& environment) {
  model_sources out;
  out.client = std::make_shared<http::client>();
  const auto time = model::http_timers(out.client);
  auto all = model::built_in_providers(environment);
  for (const auto& [name, each] : config.providers) {
    SKEIN_TRY(settings, settings_of(name, each));
    std::erase_if(all, [&own = name](const auto& one) { return one.name == own; });
    all.push_back(std::move(settings));
  }
  // The configuration's own come first when somebody has to be chosen.
  std::rotate(all.begin(), all.end() - static_cast<std::ptrdiff_t>(config.providers.size()), all.end());
  for (auto& settings : all) {
    model_source source;
    source.settings = settings;
    auto made = model::make_provider(settings, model::price_table::shipped(), out.client, environment);
    if (made) {
      source.ask = with_fallbacks(settings, *made, time);
      if (auto key = model::read_key(settings, environment); key && key->size() >= 8)
        out.held.push_back({"key of provider " + settings.name, *key});
      if (!out.default_agent) {
        schema::agent_spec agent;
        agent.kind = schema::agent_kind::model;
        agent.provider = settings.name;
        agent.model = first_model(settings);
        out.default_agent = std::move(agent);
      }
    } else if (made.error().code == errc::not_found) {
      source.unavailable = made.error().message;
    } else {
      return made.error();
    }
    out.by_name.emplace(settings.name, std::move(source));
  }
  return out;
}

}  // namespace skein::actors
