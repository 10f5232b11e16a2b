#include "cli/completion.hpp"

#include <CLI/App.hpp>

#include <algorithm>
#include <set>
#include <vector>

namespace skein::cli {

namespace {

struct option_words {
  std::vector<std::string> names;  ///< "-o", "--output"
  bool takes_value = false;
  std::vector<std::string> choices;
  std::string help;
};

struct verb_words {
  std::string path;                                        ///< "" for the program, "campaign run"
  std::vector<std::pair<std::string, std::string>> verbs;  ///< name and help
  std::vector<option_words> options;
};

/// Everything that ends up outside quotes in a script.
bool is_plain(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char each) {
    return std::isalnum(each) != 0 || each == '-' || each == '_' || each == '.';
  });
}

/// In single quotes, for every one of the three shells.
std::string quoted(const std::string& text, shell of) {
  std::string out = "'";
  for (const char each : text) {
    if (static_cast<unsigned char>(each) < ' ') {
      out += ' ';
    } else if (each == '\'') {
      out += of == shell::fish ? "\\'" : "'\\''";
    } else if (each == '\\' && of == shell::fish) {
      out += "\\\\";
    } else {
      out += each;
    }
  }
  return out + "'";
}

/// A membership check describes itself as {a,b,c}.
std::vector<std::string> choices_of(CLI::Option& option) {
  std::string text;
  try {
    text = option.get_validator(0)->get_description();
  } catch (const CLI::OptionNotFound&) {
    return {};
  }
  std::vector<std::string> out;
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return out;
  std::string word;
  for (const char each : text.substr(1, text.size() - 2) + ",") {
    if (each != ',') {
      word += each;
    } else {
      if (is_plain(word)) out.push_back(word);
      word.clear();
    }
  }
  return out;
}

void add_options(CLI::App& of, std::vector<option_words>& into) {
  for (CLI::Option* each : of.get_options({})) {
    option_words words;
    for (const auto& name : each->get_snames()) words.names.push_back("-" + name);
    for (const auto& name : each->get_lnames()) words.names.push_back("--" + name);
    std::erase_if(words.names, [](const std::string& name) { return !is_plain(name); });
    if (words.names.empty()) continue;
    words.takes_value = each->get_expected_max() > 0;
    if (words.takes_value) words.choices = choices_of(*each);
    words.help = each->get_description();
    into.push_back(std::move(words));
  }
}

void collect(CLI::App& of, const std::string& path, const std::vector<option_words>& inherited,
             std::vector<verb_words>& into) {
  verb_words here{path, {}, {}};
  add_options(of, here.options);
  const auto inner = of.get_subcommands([](CLI::App*) { return true; });
  for (CLI::App* each : inner) {
    if (each->get_name().empty()) add_options(*each, here.options);  // a group of options
    if (is_plain(each->get_name())) {
      here.verbs.emplace_back(each->get_name(), each->get_description());
    }
  }
  const auto own = here.options;
  for (const auto& each : inherited) {
    const auto taken = [&each](const option_words& mine) { return mine.names == each.names; };
    if (std::none_of(own.begin(), own.end(), taken)) here.options.push_back(each);
  }
  into.push_back(here);
  for (CLI::App* each : inner) {
    if (!is_plain(each->get_name())) continue;
    collect(*each, path.empty() ? each->get_name() : path + " " + each->get_name(), here.options,
            into);
  }
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const auto& each : words) out += (out.empty() ? "" : between) + each;
  return out;
}

/// Options whose next word is a value, never a verb.
std::string value_names(const std::vector<verb_words>& all, const char* between) {
  std::set<std::string> values;
  std::set<std::string> flags;
  for (const auto& verb : all) {
    for (const auto& each : verb.options) {
      (each.takes_value ? values : flags).insert(each.names.begin(), each.names.end());
    }
  }
  std::vector<std::string> out;
  for (const auto& each : values) {
    if (!flags.contains(each)) out.push_back(each);
  }
  return joined(out, between);
}

/// The branches that lead from one verb to the next: `'campaign:run') at='campaign run' ;;`.
std::string steps(const std::vector<verb_words>& all, shell of) {
  std::string out;
  for (const auto& verb : all) {
    for (const auto& [name, help] : verb.verbs) {
      const auto from = quoted(verb.path + ":" + name, of);
      const auto to = quoted(verb.path.empty() ? name : verb.path + " " + name, of);
      out += of == shell::fish ? "      case " + from + "\n        set at " + to + "\n"
                               : "      " + from + ") at=" + to + " ;;\n";
    }
  }
  return out;
}

std::string bash_script(const std::vector<verb_words>& all) {
  std::string out =
      "# Completion for bash: source <(skein completion bash)\n"
      "_skein() {\n"
      "  local at= words= i cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"${COMP_WORDS[i]}\" in " +
      value_names(all, "|") +
      ") ((i++)); continue ;; esac\n"
      "    case \"$at:${COMP_WORDS[i]}\" in\n" +
      steps(all, shell::bash) +
      "    esac\n"
      "  done\n"
      "  case \"$at:$before\" in\n";
  for (const auto& verb : all) {
    for (const auto& option : verb.options) {
      if (!option.takes_value) continue;
      std::vector<std::string> patterns;
      for (const auto& name : option.names) {
        patterns.push_back(quoted(verb.path + ":" + name, shell::bash));
      }
      out += "    " + joined(patterns, "|") + ") COMPREPLY=($(compgen -W " +
             quoted(joined(option.choices, " "), shell::bash) + " -- \"$cur\")); return ;;\n";
    }
  }
  out +=
      "  esac\n"
      "  case \"$at\" in\n";
  for (const auto& verb : all) {
    std::vector<std::string> names;
    for (const auto& [name, help] : verb.verbs) names.push_back(name);
    std::vector<std::string> options;
    for (const auto& each : verb.options) {
      options.insert(options.end(), each.names.begin(), each.names.end());
    }
    out += "    " + quoted(verb.path, shell::bash) +
           ") [[ $cur == -* ]] && words=" + quoted(joined(options, " "), shell::bash) +
           " || words=" + quoted(joined(names, " "), shell::bash) + " ;;\n";
  }
  return out +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -o bashdefault -o default -F _skein skein\n";
}

std::string zsh_script(const std::vector<verb_words>& all) {
  std::string out =
      "#compdef skein\n"
      "# Completion for zsh: source <(skein completion zsh), or as _skein in a folder of $fpath\n"
      "_skein() {\n"
      "  local at= i\n"
      "  local -a verbs options values\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    case \"${words[i]}\" in " +
      value_names(all, "|") +
      ") ((i++)); continue ;; esac\n"
      "    case \"$at:${words[i]}\" in\n" +
      steps(all, shell::zsh) +
      "    esac\n"
      "  done\n"
      "  case \"$at:${words[CURRENT-1]}\" in\n";
  for (const auto& verb : all) {
    for (const auto& option : verb.options) {
      if (!option.takes_value) continue;
      std::vector<std::string> patterns;
      for (const auto& name : option.names) {
        patterns.push_back(quoted(verb.path + ":" + name, shell::zsh));
      }
      out += "    " + joined(patterns, "|") + ") ";
      out += option.choices.empty() ? "_files" : "compadd -- " + joined(option.choices, " ");
      out += "; return ;;\n";
    }
  }
  out +=
      "  esac\n"
      "  case \"$at\" in\n";
  for (const auto& verb : all) {
    out += "    " + quoted(verb.path, shell::zsh) + ")\n      verbs=(";
    for (const auto& [name, help] : verb.verbs) out += " " + quoted(name + ":" + help, shell::zsh);
    out += " )\n      options=(";
    for (const auto& each : verb.options) {
      for (const auto& name : each.names) {
        out += " " + quoted(name + ":" + each.help, shell::zsh);
      }
    }
    out += " ) ;;\n";
  }
  return out +
         "  esac\n"
         "  if [[ ${words[CURRENT]} == -* ]]; then\n"
         "    _describe -o option options\n"
         "  elif (( ${#verbs} )); then\n"
         "    _describe verb verbs\n"
         "  else\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "if [[ ${funcstack[1]} == _skein ]]; then\n"
         "  _skein \"$@\"\n"
         "else\n"
         "  compdef _skein skein\n"
         "fi\n";
}

std::string fish_script(const std::vector<verb_words>& all) {
  std::string out =
      "# Completion for fish: skein completion fish | source\n"
      "function __skein_at\n"
      "  set -l at ''\n"
      "  set -l skip no\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    if test $skip = yes\n"
      "      set skip no\n"
      "      continue\n"
      "    end\n"
      "    if contains -- $word " +
      value_names(all, " ") +
      "\n"
      "      set skip yes\n"
      "      continue\n"
      "    end\n"
      "    switch \"$at:$word\"\n" +
      steps(all, shell::fish) +
      "    end\n"
      "  end\n"
      "  test \"$at\" = \"$argv[1]\"\n"
      "end\n";
  for (const auto& verb : all) {
    const auto when =
        "complete -c skein -n " + quoted("__skein_at \"" + verb.path + "\"", shell::fish);
    for (const auto& [name, help] : verb.verbs) {
      out += when + " -f -a " + name + " -d " + quoted(help, shell::fish) + "\n";
    }
    for (const auto& option : verb.options) {
      out += when;
      for (const auto& name : option.names) {
        const bool is_long = name.starts_with("--");
        out += (is_long ? " -l " : " -s ") + name.substr(is_long ? 2 : 1);
      }
      if (!option.choices.empty()) {
        out += " -x -a " + quoted(joined(option.choices, " "), shell::fish);
      } else if (option.takes_value) {
        out += " -r";
      }
      out += " -d " + quoted(option.help, shell::fish) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string completion_script(CLI::App& app, shell of) {
  std::vector<verb_words> all;
  collect(app, {}, {}, all);
  switch (of) {
    case shell::bash:
      return bash_script(all);
    case shell::zsh:
      return zsh_script(all);
    case shell::fish:
      return fish_script(all);
  }
  return {};
}

}  // namespace skein::cli
