// scan diff: the diff gate by itself.
#pragma once

#include "cli/invocation.hpp"

namespace CLI {
class App;
}

namespace skein::cli {

void add_scan_diff(CLI::App& scan, invocation& call);

}  // namespace skein::cli
