// Which commands a command line really runs: those in substitutions, branches and loops, and those
// that other commands run for it (`sh -c`, `env`, `xargs`, `find -exec`, `timeout`, `eval`, …),
// with their words as the shell would make them, as far as the text alone tells.
#pragma once

#include "runtime/shell/parser.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::shell {

/// A word after expansion.
struct argument {
  std::string text;    ///< up to the first part that is not known
  bool known = true;   ///< text is all of it
  bool split = false;  ///< not known, and may become several words
  friend bool operator==(const argument&, const argument&) = default;
};

enum class file_use { read, write, duplicate, text };

/// A file that a redirection opens.
struct opened_file {
  argument target;
  file_use use = file_use::read;
  friend bool operator==(const opened_file&, const opened_file&) = default;
};

enum class runs_others {
  no,
  same,    ///< it only runs the commands below it, as they are (`timeout`, `sh -c`)
  changed  ///< it runs them elsewhere, otherwise or with more arguments
};

inline constexpr std::size_t no_command = static_cast<std::size_t>(-1);

/// One simple command.
struct execution {
  std::vector<argument> words;           ///< empty: only assignments or redirections
  std::vector<std::string> assignments;  ///< "NAME=value"; a value that is not known is left out
  std::vector<opened_file> files;
  std::string input;  ///< the here-document it reads, when known
  bool has_input = false;
  std::size_t parent = no_command;  ///< the command that runs it
  runs_others role = runs_others::no;
  /// First and last+1 of commands whose output may become its input or its words.
  std::vector<std::pair<std::size_t, std::size_t>> fed_by;
  std::string unknown;  ///< why what it runs is not known; empty: it is

  /// The first word without its folder; empty when it is not known.
  [[nodiscard]] std::string_view name() const;
};

struct analysis {
  std::vector<execution> commands;
  std::vector<std::string> obstacles;  ///< why the line as a whole is not plain
  bool sequence = false;               ///< more than one pipeline, a pipe, or a compound command
};

/// `invalid` when the text is not understood; see parse.
[[nodiscard]] result<analysis> analyse(std::string_view text, const parse_limits& limits = {});

/// The arguments of a line that needs no shell: one simple command of constant words, no
/// redirection, no assignment, and no builtin whose effect or output depends on the shell. Callers
/// can execute them as they are. `unsupported` says what needs a shell.
[[nodiscard]] result<std::vector<std::string>> direct_arguments(std::string_view text);

/// The commands with single spaces and their quotes gone: `rm -rf / | sh`. For people and patterns.
[[nodiscard]] std::string plain_text(const execution& command);

}  // namespace skein::shell
