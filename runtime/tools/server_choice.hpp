// Which servers a run needs for the tools that its task names. Nothing is looked for: a server is
// what approved descriptors say it is.
#pragma once

#include "runtime/tools/registry.hpp"

#include <string>
#include <vector>

namespace skein::tools {

struct chosen_server {
  schema::tool_origin origin;      ///< as every one of its tools says; its `tool` is empty
  std::vector<std::string> tools;  ///< those that were asked for, by the registry's names
};

/// In the order of their names. `unsupported` for a name that no descriptor has, `refused` for a
/// tool that is disabled, `invalid` when two tools describe the same server differently.
[[nodiscard]] result<std::vector<chosen_server>> servers_of(const registry& from,
                                                            const std::vector<std::string>& names);

}  // namespace skein::tools
