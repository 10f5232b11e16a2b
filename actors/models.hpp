// The providers that this fleet may ask, made once from the configuration and the environment: each
// behind its retries and fallbacks. The keys stay inside; what is given out is what to search for
// in texts.
#pragma once

#include "runtime/http/client.hpp"
#include "runtime/model/provider.hpp"
#include "runtime/model/provider_settings.hpp"
#include "runtime/scan/held_secret.hpp"
#include "schema/config.hpp"
#include "schema/error.hpp"
#include "schema/task.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace skein::actors {

struct model_source {
  std::shared_ptr<model::provider> ask;  ///< empty: see `unavailable`
  std::string unavailable;
  model::provider_settings settings;
};

struct model_sources {
  std::map<std::string, model_source> by_name;
  /// Who works for a task that names nobody: the first provider with a key.
  std::optional<schema::agent_spec> default_agent;
  std::vector<scan::held_secret> held;
  std::shared_ptr<http::client> client;  ///< outlives every question
};

/// Blocking: reads keys. A provider without its key is unavailable, which is the error of whoever
/// names it; a wrong setting is an error here.
[[nodiscard]] result<model_sources> open_models(const schema::config& config,
                                                const model::environment_fn& environment);

}  // namespace skein::actors
