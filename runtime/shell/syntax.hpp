// The tree of a command line: POSIX sh and the common additions of bash. What differs between the
// two is marked, because the reader cannot know which shell will run the text.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace skein::shell {

struct script;

enum class part_kind {
  text,
  parameter,   ///< $x, ${…}
  command,     ///< $(…), `…`
  arithmetic,  ///< $((…))
  process      ///< <(…), >(…)
};

/// A piece of a word.
struct part {
  part_kind kind = part_kind::text;
  std::string text;              ///< text: without its quotes; parameter: its name
  bool quoted = false;           ///< in quotes or escaped: neither split nor a pattern
  bool assigns = false;          ///< an expansion that changes a variable
  bool dialect = false;          ///< sh and bash read it differently
  std::unique_ptr<script> body;  ///< command, process
  std::vector<part> inside;      ///< parameter, arithmetic: expansions within
};

struct word {
  std::vector<part> parts;  ///< empty for ''
  std::size_t offset = 0;
};

struct redirection {
  std::string op;  ///< "<", ">", ">>", ">|", "<>", "<&", ">&", "&>", "&>>", "<<", "<<-", "<<<"
  std::string descriptor;          ///< digits, "{name}" or empty
  word target;                     ///< of a here-document: its delimiter
  std::shared_ptr<word> document;  ///< the text of a here-document
};

struct assignment {
  std::string name;
  word value;
  bool array = false;  ///< name=(…) or name[…]=
  std::vector<word> elements;
};

enum class command_kind {
  simple,
  subshell,
  group,
  conditional,  ///< if
  loop,         ///< while, until
  iteration,    ///< for, select
  choice,       ///< case
  function,
  test,       ///< [[ … ]]
  arithmetic  ///< ((…)) of a for
};

struct command {
  command_kind kind = command_kind::simple;
  std::vector<assignment> assignments;
  std::vector<word> words;  ///< simple; for: the list; case: subject and patterns
  std::vector<redirection> redirections;
  std::string name;            ///< for: the variable; function: its name
  std::vector<script> bodies;  ///< in the order of the text
  bool dialect = false;        ///< sh and bash read it differently
  std::size_t offset = 0;
};

struct pipeline {
  std::vector<command> commands;
  bool negated = false;
  bool timed = false;
  std::string end;  ///< what follows: "", ";", "\n", "&", "&&", "||"
};

struct script {
  std::vector<pipeline> pipelines;
};

}  // namespace skein::shell
