// Commands that run other commands. Internal to the folder.
#pragma once

#include "runtime/shell/analysis.hpp"

namespace skein::shell::detail {

/// What a wrapper runs.
struct wrapped {
  bool wraps = false;
  runs_others role = runs_others::changed;
  std::vector<std::vector<argument>> commands;  ///< the words of each
  std::vector<std::string> scripts;             ///< texts for a shell
  std::vector<std::string> assignments;         ///< `env A=b`
  bool reads_program = false;                   ///< its standard input is its program
  std::string unknown;                          ///< why not everything that it runs is here
};

/// `words` are those of a command whose name is known.
[[nodiscard]] wrapped unwrap(const std::vector<argument>& words);

/// True for shells by name: sh, bash, dash, ….
[[nodiscard]] bool is_shell(std::string_view name);

/// A word without its folder.
[[nodiscard]] std::string_view base_name(std::string_view word);

}  // namespace skein::shell::detail
