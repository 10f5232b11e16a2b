// Completion scripts made from the command line's own description, so that they cannot lag behind.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace skein::cli {

enum class shell { bash, zsh, fish };

/// The whole script. `app` is the root; it is only read.
[[nodiscard]] std::string completion_script(CLI::App& app, shell of);

}  // namespace skein::cli
