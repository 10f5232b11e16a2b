// The state of a fleet elsewhere, behind the interface of the local database.
#pragma once

#include "actors/console/link.hpp"
#include "cli/tenant_quotas.hpp"
#include "runtime/store/reader.hpp"

#include <memory>

namespace skein::cli::remote {

/// Every call is one question, or one a page.
[[nodiscard]] std::unique_ptr<store::reader> open_remote_reader(
    std::shared_ptr<console::link> through);

/// What the tenants that this operator sees may use, as the fleet was configured. Blocking.
[[nodiscard]] result<tenant_limits> ask_limits(console::link& through);

/// An artifact that run `run` speaks of. Blocking.
[[nodiscard]] result<std::string> fetch_artifact(console::link& through, const std::string& run,
                                                 const std::string& ref);

}  // namespace skein::cli::remote
