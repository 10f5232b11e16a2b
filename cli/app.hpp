// The command line: global options, every verb, and how what goes wrong while reading it is told.
#pragma once

#include "cli/invocation.hpp"

#include <CLI/App.hpp>

#include <memory>
#include <optional>
#include <string>

namespace skein::cli {

/// The parser with every verb; parsing fills `call`, which must outlive it.
[[nodiscard]] std::unique_ptr<CLI::App> make_app(invocation& call);

/// Reads the arguments. Nothing: `call.action` is to be run. A value: the process is to end with
/// it, because help or version was printed (0) or the usage is wrong (2, told on stderr).
[[nodiscard]] std::optional<int> parse(CLI::App& app, invocation& call, int argc,
                                       const char* const* argv);

/// The word of `known` that somebody who typed `word` probably meant; empty: none is close.
[[nodiscard]] std::string closest(const std::string& word, const std::vector<std::string>& known);

}  // namespace skein::cli
