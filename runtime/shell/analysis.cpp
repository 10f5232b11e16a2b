#include "runtime/shell/analysis.hpp"

#include "runtime/shell/expand.hpp"
#include "runtime/shell/wrappers.hpp"

#include <algorithm>
#include <iterator>

namespace skein::shell {

namespace {

constexpr std::size_t most_commands = 400;
constexpr std::size_t most_wrappers = 16;
constexpr std::size_t most_obstacles = 20;

using ranges = std::vector<std::pair<std::size_t, std::size_t>>;

bool is_descriptor(std::string_view text) {
  return text == "-" || (!text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || c == '-';
         }));
}

/// Where the commands of a script stand.
struct surrounding {
  std::size_t parent = no_command;
  ranges fed_by;
  std::size_t wrappers = 0;  ///< around it
};

class walker {
 public:
  explicit walker(const parse_limits& limits) : limits_(limits) {}

  analysis out;

  void visit(const script& from, const surrounding& around) {
    for (const pipeline& each : from.pipelines) {
      if (each.end == "&") obstacle("it runs something in the background");
      const std::size_t begin = out.commands.size();
      for (const command& stage : each.commands) {
        surrounding inner = around;
        if (out.commands.size() > begin) inner.fed_by.emplace_back(begin, out.commands.size());
        visit(stage, inner);
      }
    }
  }

 private:
  void obstacle(std::string what) {
    if (out.obstacles.size() >= most_obstacles) return;
    if (std::find(out.obstacles.begin(), out.obstacles.end(), what) == out.obstacles.end()) {
      out.obstacles.push_back(std::move(what));
    }
  }

  void visit(const command& from, const surrounding& around) {
    if (from.dialect) obstacle("sh and bash read it differently");
    if (from.kind == command_kind::simple) {
      simple(from, around);
      return;
    }
    if (from.kind == command_kind::function) obstacle("it defines the function " + from.name);
    if (from.kind == command_kind::iteration) obstacle("it sets the variable " + from.name);
    if (out.commands.size() >= most_commands) {
      obstacle("it runs too many commands");
      return;
    }
    surrounding inner = around;
    const std::size_t before = out.commands.size();
    if (!from.redirections.empty()) {
      execution holder;
      holder.parent = around.parent;
      out.commands.push_back(std::move(holder));
      add_files(from, before, around);
    }
    for (const word& each : from.words) {
      note(each);
      substitutions(each.parts, around);
    }
    if (out.commands.size() > before) inner.fed_by.emplace_back(before, out.commands.size());
    for (const script& body : from.bodies) visit(body, inner);
  }

  void note(const word& each) {
    const detail::expanded_word expanded = detail::expand(each);
    if (expanded.differs) obstacle("sh and bash read it differently");
    if (expanded.assigns) obstacle("an expansion in it can change a variable");
  }

  void substitutions(const std::vector<part>& parts, const surrounding& around) {
    for (const part& each : parts) {
      if (each.body) visit(*each.body, {no_command, around.fed_by, around.wrappers});
      substitutions(each.inside, around);
    }
  }

  void simple(const command& from, const surrounding& around) {
    if (out.commands.size() >= most_commands) {
      obstacle("it runs too many commands");
      return;
    }
    const std::size_t at = out.commands.size();
    execution made;
    made.parent = around.parent;
    made.fed_by = around.fed_by;
    for (const word& each : from.words) {
      detail::expanded_word expanded = detail::expand(each);
      if (expanded.differs) obstacle("sh and bash read it differently");
      if (expanded.assigns) obstacle("an expansion in it can change a variable");
      std::move(expanded.arguments.begin(), expanded.arguments.end(),
                std::back_inserter(made.words));
    }
    for (const assignment& each : from.assignments) {
      const argument value = detail::value_of(each.value);
      made.assignments.push_back(value.known && !each.array ? each.name + "=" + value.text
                                                            : each.name);
      note(each.value);
    }
    out.commands.push_back(std::move(made));
    for (const word& each : from.words) substitutions(each.parts, around);
    for (const assignment& each : from.assignments) {
      substitutions(each.value.parts, around);
      for (const word& element : each.elements) substitutions(element.parts, around);
    }
    add_files(from, at, around);
    if (out.commands.size() > at + 1) {
      out.commands[at].fed_by.emplace_back(at + 1, out.commands.size());
    }
    run_inner(at, around.wrappers);
  }

  void add_files(const command& from, std::size_t at, const surrounding& around) {
    for (const redirection& each : from.redirections) {
      opened_file file;
      const bool descriptor_op = each.op == ">&" || each.op == "<&";
      if (each.op == "<<" || each.op == "<<-") {
        file.use = file_use::text;
        take_document(*each.document, at);
        substitutions(each.document->parts, around);
        note_document(*each.document);
      } else {
        detail::expanded_word target = detail::expand(each.target);
        if (target.differs) obstacle("sh and bash read it differently");
        if (target.assigns) obstacle("an expansion in it can change a variable");
        file.target = target.arguments.front();
        file.target.known = file.target.known && target.arguments.size() == 1;
        if (each.op == "<<<") {
          file.use = file_use::text;
          take_document(each.target, at);
        } else if (descriptor_op && file.target.known && is_descriptor(file.target.text)) {
          file.use = file_use::duplicate;
        } else {
          file.use = each.op == "<" || each.op == "<&" ? file_use::read : file_use::write;
        }
        substitutions(each.target.parts, around);
      }
      out.commands[at].files.push_back(std::move(file));
    }
  }

  void note_document(const word& document) {
    for (const part& each : document.parts) {
      if (each.assigns) obstacle("an expansion in it can change a variable");
    }
  }

  void take_document(const word& document, std::size_t at) {
    const argument value = detail::value_of(document);
    out.commands[at].has_input = value.known;
    out.commands[at].input = value.known ? value.text : std::string();
  }

  /// The commands that the command at `at` runs.
  void run_inner(std::size_t at, std::size_t wrappers) {
    if (out.commands[at].words.empty()) return;
    if (!out.commands[at].words.front().known) {
      out.commands[at].unknown = "the name of a command is not known";
      return;
    }
    detail::wrapped inner = detail::unwrap(out.commands[at].words);
    if (!inner.wraps) return;
    out.commands[at].role = inner.role;
    out.commands[at].unknown = inner.unknown;
    if (inner.reads_program) {
      if (out.commands[at].has_input) {
        inner.scripts.push_back(out.commands[at].input);
      } else {
        out.commands[at].unknown = "what the shell reads is not known";
      }
    }
    if (wrappers >= most_wrappers) {
      out.commands[at].unknown = "commands run commands too often";
      return;
    }
    for (std::string& each : inner.assignments) {
      out.commands[at].assignments.push_back(std::move(each));
    }
    const surrounding around{at, out.commands[at].fed_by, wrappers + 1};
    for (std::vector<argument>& words : inner.commands) {
      if (out.commands.size() >= most_commands) {
        obstacle("it runs too many commands");
        return;
      }
      execution child;
      child.words = std::move(words);
      child.parent = at;
      child.fed_by = around.fed_by;
      child.has_input = out.commands[at].has_input;
      child.input = out.commands[at].input;
      out.commands.push_back(std::move(child));
      run_inner(out.commands.size() - 1, wrappers + 1);
    }
    for (const std::string& text : inner.scripts) {
      const auto parsed = parse(text, limits_);
      if (!parsed) {
        out.commands[at].unknown = parsed.error().message;
        continue;
      }
      visit(*parsed, around);
    }
  }

  parse_limits limits_;
};

constexpr std::string_view builtins[] = {
    ".",       ":",         "[",        "alias",   "bg",       "bind",    "break",    "builtin",
    "caller",  "cd",        "command",  "compgen", "complete", "compopt", "continue", "declare",
    "dirs",    "disown",    "echo",     "enable",  "eval",     "exec",    "exit",     "export",
    "fc",      "fg",        "getopts",  "hash",    "help",     "history", "jobs",     "kill",
    "let",     "local",     "logout",   "mapfile", "popd",     "printf",  "pushd",    "pwd",
    "read",    "readarray", "readonly", "return",  "set",      "shift",   "shopt",    "source",
    "suspend", "test",      "time",     "times",   "trap",     "type",    "typeset",  "ulimit",
    "umask",   "unalias",   "unset",    "wait"};

error needs_shell(const std::string& why) {
  return {errc::unsupported, "the command needs a shell: " + why, "run it with sh -c"};
}

}  // namespace

std::string_view execution::name() const {
  if (words.empty() || !words.front().known) return {};
  return detail::base_name(words.front().text);
}

result<analysis> analyse(std::string_view text, const parse_limits& limits) {
  SKEIN_TRY(parsed, parse(text, limits));
  walker walk(limits);
  walk.visit(parsed, {});
  walk.out.sequence = parsed.pipelines.size() != 1;
  for (const pipeline& each : parsed.pipelines) {
    walk.out.sequence = walk.out.sequence || each.commands.size() != 1 || each.negated ||
                        each.timed || each.commands.front().kind != command_kind::simple;
  }
  return std::move(walk.out);
}

result<std::vector<std::string>> direct_arguments(std::string_view text) {
  SKEIN_TRY(parsed, parse(text));
  if (parsed.pipelines.empty()) return needs_shell("it is empty");
  const pipeline& only = parsed.pipelines.front();
  const command& simple = only.commands.front();
  if (parsed.pipelines.size() != 1 || only.commands.size() != 1 || only.end == "&") {
    return needs_shell("it is more than one command");
  }
  if (only.negated || only.timed || simple.kind != command_kind::simple || simple.dialect) {
    return needs_shell("it is not a simple command");
  }
  if (!simple.assignments.empty()) return needs_shell("it sets a variable");
  if (!simple.redirections.empty()) return needs_shell("it has a redirection");
  std::vector<std::string> out;
  for (const word& each : simple.words) {
    const detail::expanded_word expanded = detail::expand(each);
    if (expanded.differs || expanded.arguments.size() != 1 || !expanded.arguments.front().known) {
      return needs_shell("it has an expansion");
    }
    out.push_back(expanded.arguments.front().text);
  }
  if (std::find(std::begin(builtins), std::end(builtins), out.front()) != std::end(builtins)) {
    return needs_shell(out.front() + " is part of it");
  }
  if (out.front().empty()) return needs_shell("its name is empty");
  return out;
}

std::string plain_text(const execution& command) {
  std::string out;
  for (const std::string& each : command.assignments) out += (out.empty() ? "" : " ") + each;
  for (const argument& each : command.words) {
    if (!out.empty()) out += ' ';
    out += each.known ? each.text : each.text + "…";
  }
  return out;
}

}  // namespace skein::shell
