#include "runtime/shell/allowlist.hpp"

#include "runtime/shell/argument_risk.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <array>

namespace skein::shell {

namespace {

using schema::detail::in_quotes;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

/// One text for the assignments and words of a command; empty when a word is not known.
std::string key_of(const execution& command) {
  std::string out;
  for (const std::string& each : command.assignments) {
    // "NAME" alone: its value is not known.
    if (each.find('=') == std::string::npos) return {};
    out.append(each).append(1, '\x01');
  }
  for (const argument& each : command.words) {
    if (!each.known) return {};
    out.append(each.text).append(1, '\0');
  }
  return out;
}

constexpr std::array<std::string_view, 5> operand_kinds{"paths", "writes", "text", "numbers",
                                                        "any"};
constexpr std::array<std::string_view, 5> value_kinds{"NUMBER", "TEXT", "PATH", "OUT", "ANY"};

bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.size() < 20 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

error wrong_entry(std::string what, std::string remedy) {
  return {errc::invalid, std::move(what), std::move(remedy)};
}

/// The files of redirections that any command may use.
bool is_harmless_device(std::string_view path) {
  return path == "/dev/null" || path == "/dev/stdout" || path == "/dev/stderr" ||
         path == "/dev/stdin";
}

std::string file_refusal(const execution& command, const file_judge& files) {
  for (const opened_file& each : command.files) {
    if (each.use == file_use::duplicate || each.use == file_use::text) continue;
    if (!each.target.known) return "the target of a redirection is not known";
    if (is_harmless_device(each.target.text)) continue;
    if (each.target.text.starts_with("/dev/")) {
      return "redirection to the device " + each.target.text;
    }
    if (auto why = files(each.target.text, each.use == file_use::write); !why.empty()) {
      return "redirection to " + in_quotes(each.target.text, 40) + ": " + why;
    }
  }
  return {};
}

}  // namespace

result<> allowlist::add_exact(const std::string& text) {
  ++listed_;
  texts_.emplace(trimmed(text));
  auto parsed = analyse(text);
  if (!parsed) return parsed.error();
  // A compound line is allowed as written; a simple command also when written differently.
  if (parsed->sequence || !parsed->obstacles.empty()) return {};
  const execution& first = parsed->commands.front();
  if (!first.files.empty() || !first.unknown.empty()) return {};
  if (std::string key = key_of(first); !key.empty()) exact_.insert(std::move(key));
  return {};
}

result<> allowlist::add_prefix(const std::string& text) {
  ++listed_;
  auto parsed = analyse(text);
  if (!parsed) return parsed.error();
  const bool simple = !parsed->sequence && parsed->obstacles.empty() &&
                      parsed->commands.size() == 1 && parsed->commands.front().files.empty() &&
                      parsed->commands.front().assignments.empty();
  if (!simple || key_of(parsed->commands.front()).empty()) {
    return wrong_entry("a prefix must be the first words of one command: " + in_quotes(text),
                       "write a simple command such as git diff");
  }
  std::vector<std::string> words;
  for (const argument& each : parsed->commands.front().words) words.push_back(each.text);
  prefixes_.push_back(std::move(words));
  return {};
}

result<> allowlist::add_form(const schema::policy_command& from) {
  ++listed_;
  auto words = direct_arguments(from.command);
  if (!words) return words.error();
  command_form out;
  out.words = std::move(*words);
  for (const std::string& each : from.flags) {
    flag made;
    const std::size_t cut = each.find_first_of("= ");
    made.name = each.substr(0, cut);
    if (cut != std::string::npos) made.value = each.substr(cut + 1);
    const bool word = made.name.size() > 1 && made.name[0] == '-' && made.name != "--";
    const bool known = made.value.empty() || std::find(value_kinds.begin(), value_kinds.end(),
                                                       made.value) != value_kinds.end();
    if (!word || !known) {
      return wrong_entry("flag " + in_quotes(each) + " is not understood",
                         "write -r, \"-m NUMBER\" or --include=TEXT (NUMBER, TEXT, PATH, OUT)");
    }
    out.flags.push_back(std::move(made));
  }
  for (const std::string& each : from.operands) {
    if (std::find(operand_kinds.begin(), operand_kinds.end(), each) == operand_kinds.end()) {
      return wrong_entry("operands " + in_quotes(each) + " is not understood",
                         "one of none, paths, writes, text, numbers, any");
    }
    out.operands.push_back(each);
  }
  out.max_operands = from.max_operands;
  const std::string name = out.words.front();
  forms_[name].push_back(std::move(out));
  return {};
}

result<allowlist> allowlist::compile(const schema::policy_rule& rule) {
  allowlist out;
  const auto at_entry = [](const char* list, std::size_t index, error failed) {
    failed.message = std::string(list) + "/" + std::to_string(index) + ": " + failed.message;
    return failed;
  };
  for (std::size_t at = 0; at < rule.allow.size(); ++at) {
    if (auto added = out.add_exact(rule.allow[at]); !added) {
      return at_entry("allow", at, added.error());
    }
  }
  for (std::size_t at = 0; at < rule.allow_commands.size(); ++at) {
    if (auto added = out.add_form(rule.allow_commands[at]); !added) {
      return at_entry("allow", at, added.error());
    }
  }
  for (std::size_t at = 0; at < rule.allow_prefixes.size(); ++at) {
    if (auto added = out.add_prefix(rule.allow_prefixes[at]); !added) {
      return at_entry("allowPrefixes", at, added.error());
    }
  }
  SKEIN_TRY(patterns, deny_patterns::compile(rule.deny_patterns));
  out.patterns_ = std::move(patterns);
  return out;
}

std::string allowlist::check_operand(const std::string& kind, const argument& value,
                                     const file_judge& files) {
  if (kind == "NUMBER" || kind == "numbers") {
    return value.known && is_number(value.text) ? "" : "a number was expected";
  }
  if (kind == "TEXT" || kind == "text" || kind == "ANY" || kind == "any") {
    // A value that is not known may be any text, but only one word of it.
    if (!value.known && value.split) return "an argument is not known";
    return value.known || !value.text.empty() ? "" : "an argument is not known";
  }
  if (!value.known) return "a path is not known";
  const bool write = kind == "OUT" || kind == "writes";
  return files(value.text, write);
}

std::string allowlist::refusal_by_form(const command_form& form, const execution& command,
                                       const file_judge& files) const {
  std::size_t operands = 0;
  bool only_operands = false;
  for (std::size_t at = form.words.size(); at < command.words.size(); ++at) {
    const argument& each = command.words[at];
    const std::string& text = each.text;
    if (each.known && !only_operands && text == "--") {
      only_operands = true;
      continue;
    }
    if (only_operands || text.size() < 2 || text[0] != '-') {
      if (!each.known && text.empty() && !only_operands) return "an argument is not known";
      if (form.operands.empty()) return "it may have no operands";
      if (++operands > form.max_operands) return "it has too many operands";
      const std::string& kind = form.operands[std::min(operands, form.operands.size()) - 1];
      if (auto why = check_operand(kind, each, files); !why.empty()) return why;
      continue;
    }
    const std::size_t equals = text.find('=');
    const std::string key = text.substr(0, equals);
    const auto named = [&form](std::string_view name) {
      return std::find_if(form.flags.begin(), form.flags.end(),
                          [&](const flag& one) { return one.name == name; });
    };
    auto found = named(key);
    argument value = each;
    bool has_value = equals != std::string::npos;
    if (has_value) value.text = text.substr(equals + 1);
    if (found == form.flags.end() && text[1] != '-') {
      // A cluster: plain letters, of which the last may have a value.
      bool fits = each.known;
      for (std::size_t letter = 1; fits && letter < text.size(); ++letter) {
        const auto one = named(std::string("-") + text[letter]);
        if (one == form.flags.end()) {
          fits = false;
        } else if (!one->value.empty()) {
          found = one;
          has_value = letter + 1 < text.size();
          if (has_value) value.text = text.substr(letter + 1);
          break;
        }
      }
      if (!fits) return "option " + in_quotes(text, 40) + " is not listed";
      if (found == form.flags.end()) continue;
    }
    if (found == form.flags.end()) return "option " + in_quotes(text, 40) + " is not listed";
    if (found->value.empty()) {
      if (has_value || !each.known) return "option " + in_quotes(text, 40) + " has a value";
      continue;
    }
    if (!has_value) {
      if (++at >= command.words.size()) return "option " + in_quotes(text, 40) + " has no value";
      value = command.words[at];
    }
    if (auto why = check_operand(found->value, value, files); !why.empty()) return why;
  }
  return {};
}

std::string allowlist::refusal(const analysis& parsed, std::size_t at,
                               const file_judge& files) const {
  const execution& command = parsed.commands[at];
  if (auto why = file_refusal(command, files); !why.empty()) return why;
  if (command.words.empty()) {
    return command.assignments.empty() ? "" : "it sets the variable " + command.assignments[0];
  }
  if (const std::string key = key_of(command); !key.empty() && exact_.contains(key)) return {};
  if (!command.words.front().known) return "the name of a command is not known";
  if (!command.assignments.empty()) {
    const std::string& first = command.assignments.front();
    return "it sets the variable " + first.substr(0, first.find('='));
  }
  if (command.role == runs_others::same && command.unknown.empty()) {
    // What it runs is judged by itself.
    bool any = false;
    for (std::size_t inner = at + 1; inner < parsed.commands.size(); ++inner) {
      any = any || parsed.commands[inner].parent == at;
    }
    if (any) return {};
  }
  if (!command.unknown.empty()) return command.unknown;
  std::string nearest;
  for (const auto& prefix : prefixes_) {
    if (prefix.size() > command.words.size()) continue;
    const bool fits = std::equal(prefix.begin(), prefix.end(), command.words.begin(),
                                 [](const std::string& wanted, const argument& word) {
                                   return word.known && word.text == wanted;
                                 });
    if (!fits) continue;
    nearest = detail::risk_of_arguments(command, prefix.size(), files);
    if (nearest.empty()) return {};
  }
  if (const auto found = forms_.find(command.words.front().text); found != forms_.end()) {
    for (const command_form& form : found->second) {
      if (form.words.size() > command.words.size()) continue;
      const bool fits = std::equal(form.words.begin(), form.words.end(), command.words.begin(),
                                   [](const std::string& wanted, const argument& word) {
                                     return word.known && word.text == wanted;
                                   });
      if (!fits) continue;
      if (command.role != runs_others::no) {
        nearest = "it runs other commands";
        continue;
      }
      nearest = refusal_by_form(form, command, files);
      if (nearest.empty()) return {};
    }
  }
  const std::string shown = in_quotes(plain_text(command), 80);
  return nearest.empty() ? "command " + shown + " is not allowed"
                         : "command " + shown + " is not allowed: " + nearest;
}

verdict allowlist::judge_patterns(std::string_view text) const {
  if (const std::string* pattern = patterns_.in_text(text)) {
    return {verdict::kind::forbidden, "the command has what is never allowed: " + *pattern};
  }
  return {};
}

verdict allowlist::judge_patterns(std::string_view text, const analysis& parsed) const {
  if (patterns_.empty()) return {};
  if (verdict found = judge_patterns(text); found.what == verdict::kind::forbidden) return found;
  if (const std::string* pattern = patterns_.in_meaning(parsed)) {
    return {verdict::kind::forbidden, "the command means what is never allowed: " + *pattern};
  }
  return {};
}

verdict allowlist::judge(std::string_view text, const analysis& parsed,
                         const file_judge& files) const {
  if (verdict found = judge_patterns(text, parsed); found.what == verdict::kind::forbidden) {
    return found;
  }
  if (texts_.contains(std::string(trimmed(text)))) return {verdict::kind::allowed, {}};
  if (parsed.commands.empty()) return {verdict::kind::not_listed, "there is no command"};
  if (!parsed.obstacles.empty()) return {verdict::kind::not_listed, parsed.obstacles.front()};
  const bool moves =
      std::any_of(parsed.commands.begin(), parsed.commands.end(), [](const execution& each) {
        return each.name() == "cd" || each.name() == "pushd" || each.name() == "popd";
      });
  const file_judge moved = [&](std::string_view path, bool write) -> std::string {
    if (moves && !path.starts_with('/')) return "after cd it is not known where it is";
    return files(path, write);
  };
  for (std::size_t at = 0; at < parsed.commands.size(); ++at) {
    // What an exactly listed command runs was listed with it.
    bool covered = false;
    for (std::size_t up = parsed.commands[at].parent; up != no_command && !covered;
         up = parsed.commands[up].parent) {
      const std::string key = key_of(parsed.commands[up]);
      covered = !key.empty() && exact_.contains(key);
    }
    if (covered) continue;
    if (auto why = refusal(parsed, at, moved); !why.empty()) {
      return {verdict::kind::not_listed, std::move(why)};
    }
  }
  return {verdict::kind::allowed, {}};
}

}  // namespace skein::shell
