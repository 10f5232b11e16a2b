#include "runtime/model/provider_settings.hpp"

#include "runtime/model/wire_provider.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace skein::model {
namespace {

constexpr std::size_t longest_key = 8192;

result<std::string> first_line(const std::string& path, const std::string& attempted) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return error{errc::not_found, attempted + ": cannot open " + path, ""};
  std::string text(longest_key + 2, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  return text;
}

std::string or_else(const std::optional<std::string>& value, std::string otherwise) {
  return value && !value->empty() ? *value : std::move(otherwise);
}

}  // namespace

environment_fn process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

std::vector<provider_settings> built_in_providers(const environment_fn& environment) {
  provider_settings anthropic;
  anthropic.name = "anthropic";
  anthropic.format = wire::anthropic;
  anthropic.base_url = or_else(environment("ANTHROPIC_BASE_URL"), "https://api.anthropic.com");
  anthropic.key = {key_from::env, "ANTHROPIC_API_KEY"};
  anthropic.default_model = "claude-sonnet-4-5";
  provider_settings openai;
  openai.name = "openai";
  openai.format = wire::openai_responses;
  openai.base_url = or_else(environment("OPENAI_BASE_URL"), "https://api.openai.com/v1");
  openai.key = {key_from::env, "OPENAI_API_KEY"};
  openai.default_model = "gpt-5";
  return {anthropic, openai};
}

result<std::string> read_key(const provider_settings& settings, const environment_fn& environment) {
  const std::string attempted = "read the key of provider " + settings.name;
  std::string key;
  switch (settings.key.from) {
    case key_from::nowhere:
      return std::string();
    case key_from::env: {
      const auto value = environment(settings.key.name);
      if (!value || value->empty())
        return error{errc::not_found,
                     attempted + ": the variable " + settings.key.name + " is not set",
                     "set it where skein runs"};
      key = *value;
      break;
    }
    case key_from::file: {
      SKEIN_TRY(line, first_line(settings.key.name, attempted));
      key = line;
      break;
    }
    case key_from::credential: {
      const auto folder = environment("CREDENTIALS_DIRECTORY");
      if (!folder || folder->empty())
        return error{errc::not_found, attempted + ": systemd gave no credentials",
                     "add LoadCredential=" + settings.key.name + " to the unit"};
      if (settings.key.name.find('/') != std::string::npos)
        return error{errc::invalid, attempted + ": a credential's name has no slash", ""};
      SKEIN_TRY(line, first_line(*folder + "/" + settings.key.name, attempted));
      key = line;
      break;
    }
  }
  if (key.empty() || key.size() > longest_key || std::any_of(key.begin(), key.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 32 || static_cast<unsigned char>(c) >= 127;
      }))
    return error{errc::invalid, attempted + ": it is empty, too long or has unprintable characters",
                 ""};
  return key;
}

std::vector<http::header> key_headers(wire format, const std::string& key) {
  std::vector<http::header> out;
  if (format == wire::anthropic) {
    out.push_back({"anthropic-version", "2023-06-01"});
    if (!key.empty()) out.push_back({"x-api-key", key});
  } else if (!key.empty()) {
    out.push_back({"Authorization", "Bearer " + key});
  }
  return out;
}

result<std::shared_ptr<provider>> make_provider(const provider_settings& settings,
                                                const price_table& prices,
                                                const std::shared_ptr<http::client>& sender,
                                                const environment_fn& environment) {
  if (!settings.base_url.starts_with("http://") && !settings.base_url.starts_with("https://"))
    return error{errc::invalid,
                 "provider " + settings.name + ": the base URL is neither http nor https",
                 "write baseUrl: https://…"};
  SKEIN_TRY(key, read_key(settings, environment));
  price_table own = prices;
  for (const auto& [name, value] : settings.prices) own.set(name, value);
  return std::shared_ptr<provider>(
      std::make_shared<wire_provider>(settings, std::move(own), sender, key));
}

}  // namespace skein::model
