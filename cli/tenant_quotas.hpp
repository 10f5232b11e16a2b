// What tenants may use, and how much of that is used and reserved: for people to look at. The
// ledgers that decide are the fleet's own.
#pragma once

#include "runtime/store/reader.hpp"
#include "schema/config.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace skein::cli {

using tenant_limits = std::map<std::string, schema::tenant_config>;

struct tenant_quota {
  store::tenant_usage used;
  double reserved_usd = 0;  ///< that runs at work may use yet
  std::uint64_t reserved_tokens = 0;
  std::uint32_t opened_hour = 0;  ///< pull requests
  std::uint32_t opened_day = 0;
  schema::tenant_config limits;  ///< 0: none, or not known
};

/// Reads them, by name. What runs may spend is in their tasks: those are remembered from one call to
/// the next, so that a call reads at most a few that it has not seen.
class tenant_quotas {
 public:
  [[nodiscard]] result<std::vector<tenant_quota>> read(const store::reader& from,
                                                       const tenant_limits& limits,
                                                       std::int64_t now_ms);

 private:
  struct budget {
    double usd = 0;
    std::uint64_t tokens = 0;
  };
  [[nodiscard]] result<budget> budget_of(const store::reader& from, const std::string& task);

  std::map<std::string, budget> budgets_;  ///< by the task's hash
};

}  // namespace skein::cli
