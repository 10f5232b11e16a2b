// Who a provider is and where its key comes from: what `providers:` of the configuration says, and
// the two that are built in. The key itself lives in a provider only, never in a setting.
#pragma once

#include "runtime/http/client.hpp"
#include "runtime/model/prices.hpp"
#include "runtime/model/wire.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace skein::model {

enum class key_from {
  nowhere,     ///< a server that asks for none
  env,         ///< a variable of our own environment
  file,        ///< its first line
  credential,  ///< a systemd credential: a file in $CREDENTIALS_DIRECTORY
};

struct key_source {
  key_from from = key_from::nowhere;
  std::string name;  ///< of the variable, file or credential

  friend bool operator==(const key_source&, const key_source&) = default;
};

struct provider_settings {
  std::string name;
  wire format = wire::anthropic;
  std::string base_url;
  key_source key;
  std::vector<std::string> models;      ///< allowed; the first is the default. Empty: any
  std::string default_model;            ///< when `models` is empty
  std::map<std::string, price> prices;  ///< over the table's
  std::string ca_file;
  std::string proxy;

  friend bool operator==(const provider_settings&, const provider_settings&) = default;
};

/// nullopt: the variable is not set.
using environment_fn = std::function<std::optional<std::string>(const std::string&)>;
/// The process's own.
[[nodiscard]] environment_fn process_environment();

/// `anthropic` and `openai`, with the base URLs that the environment names.
[[nodiscard]] std::vector<provider_settings> built_in_providers(const environment_fn& environment);

/// `not_found` when there is none, `invalid` when it cannot be one; neither says what it is.
/// Blocking for a file.
[[nodiscard]] result<std::string> read_key(const provider_settings& settings,
                                           const environment_fn& environment);

/// The headers by which this wire is told the key.
[[nodiscard]] std::vector<http::header> key_headers(wire format, const std::string& key);

/// A provider over HTTP. Reads the key now. `sender` must outlive every question.
[[nodiscard]] result<std::shared_ptr<provider>> make_provider(
    const provider_settings& settings, const price_table& prices,
    const std::shared_ptr<http::client>& sender, const environment_fn& environment);

}  // namespace skein::model
