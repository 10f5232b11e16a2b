#include "runtime/shell/wrappers.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace skein::shell::detail {

namespace {

/// A command whose options and first operands are followed by a command.
struct wrapper_row {
  std::string_view name;
  std::string_view valued;       ///< letters of options with a value
  std::string_view valued_long;  ///< " --a --b ": long options with a value of their own word
  int operands;                  ///< before the command
  bool same;                     ///< runs it as it is, when it has no options but harmless ones
  std::string_view harmless;     ///< letters of options that change nothing that matters
};

constexpr wrapper_row rows[] = {
    {"timeout", "ks", " --kill-after --signal ", 1, true, "ksv"},
    {"nice", "n", " --adjustment ", 0, true, "n0123456789"},
    {"ionice", "cnp", " --class --classdata ", 0, true, "cnt"},
    {"nohup", "", "", 0, true, ""},
    {"stdbuf", "ioe", " --input --output --error ", 0, true, "ioe"},
    {"command", "", "", 0, true, "p"},
    {"builtin", "", "", 0, true, ""},
    {"exec", "a", "", 0, true, ""},
    {"time", "fo", " --format --output ", 0, true, "pv"},
    {"setsid", "", "", 0, false, ""},
    {"chrt", "TPD", "", 1, false, ""},
    {"taskset", "", "", 1, false, ""},
    {"numactl", "mNCpi", "", 0, false, ""},
    {"prlimit", "p", "", 0, false, ""},
    {"sudo", "ugpChTtUDRr", " --user --group --host --prompt --chdir --role --type ", 0, false, ""},
    {"doas", "uCa", "", 0, false, ""},
    {"pkexec", "", " --user ", 0, false, ""},
    {"runuser", "ugGs", " --user --group --shell ", 0, false, ""},
    {"setpriv", "", "", 0, false, ""},
    {"chroot", "", "", 1, false, ""},
    {"unshare", "SGRw", " --root --wd --setuid --setgid ", 0, false, ""},
    {"nsenter", "tSGrw", " --target --root --wd ", 0, false, ""},
    {"bwrap", "", "", 0, false, ""},
    {"firejail", "", "", 0, false, ""},
    {"fakeroot", "lfbi", "", 0, false, ""},
    {"strace", "aebOopPsSuEIX", "", 0, false, ""},
    {"ltrace", "aeFnopsuxlDA", "", 0, false, ""},
    {"gdb", "x", "", 0, false, ""},
    {"valgrind", "", "", 0, false, ""},
    {"catchsegv", "", "", 0, false, ""},
    {"watch", "nq", " --interval ", 0, false, ""},
    {"flock", "wEc", " --timeout --wait --conflict-exit-code ", 1, false, ""},
    {"script", "cEIOoTBm", "", 0, false, ""},
    {"parallel", "jIaNnSE", " --jobs --arg-file --colsep ", 0, false, ""},
    {"xargs", "IEPnLsdai", " --replace --max-args --max-procs --max-lines --delimiter --arg-file ",
     0, false, ""},
    {"ssh", "bcDEeFIiJLlmOopQRSWw", "", 1, false, ""},
    {"systemd-run", "puEd", " --unit --property --setenv ", 0, false, ""},
    {"start-stop-daemon", "", "", 0, false, ""},
    {"dbus-run-session", "", "", 0, false, ""},
    {"xvfb-run", "enfswp", "", 0, false, ""},
    {"entr", "", "", 0, false, ""},
    {"env", "uC", " --unset --chdir ", 0, true, ""},
    {"busybox", "", "", 0, false, ""},
    {"toybox", "", "", 0, false, ""},
};

constexpr std::string_view shells[] = {"sh",   "bash",  "dash", "ash",         "zsh",  "ksh",
                                       "mksh", "rbash", "lksh", "yash",        "fish", "csh",
                                       "tcsh", "posh",  "pwsh", "bash-static", "oksh", "ksh93"};

bool is_assignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  return equals != std::string_view::npos && equals > 0 && text.front() != '-';
}

bool lists(std::string_view list, std::string_view word) {
  return list.find(" " + std::string(word) + " ") != std::string_view::npos;
}

/// `sh`, `bash` and their family.
wrapped unwrap_shell(const std::vector<argument>& words) {
  wrapped out;
  out.wraps = true;
  out.role = runs_others::same;
  bool takes_script = false;
  bool reads_input = false;
  std::size_t at = 1;
  for (; at < words.size(); ++at) {
    const argument& each = words[at];
    if (!each.known) {
      out.unknown = "an argument of the shell is not known";
      return out;
    }
    const std::string_view text = each.text;
    if (text == "--") {
      ++at;
      break;
    }
    if (text.size() < 2 || (text[0] != '-' && text[0] != '+')) break;
    if (text.starts_with("--")) {
      out.unknown = "the shell's option " + each.text + " changes what it runs";
      if (text == "--rcfile" || text == "--init-file") ++at;
      continue;
    }
    for (const char letter : text.substr(1)) {
      if (letter == 'c' && text[0] == '-') {
        takes_script = true;
      } else if (letter == 's') {
        reads_input = true;
      } else if (letter == 'o') {
        ++at;
      } else if (std::string_view("euxfvn").find(letter) == std::string_view::npos) {
        out.unknown = "the shell's option -" + std::string(1, letter) + " changes what it runs";
      }
    }
  }
  if (takes_script) {
    if (at >= words.size()) {
      out.unknown = "the shell's -c has no text";
    } else if (!words[at].known) {
      out.unknown = "the text that the shell runs is not known";
    } else {
      out.scripts.push_back(words[at].text);
    }
  } else if (at < words.size() && !reads_input) {
    out.unknown = words[at].known && words[at].text != "-"
                      ? "what the file " + words[at].text + " holds is not known"
                      : "the file that the shell runs is not known";
  } else {
    out.reads_program = true;
  }
  return out;
}

wrapped unwrap_find(const std::vector<argument>& words) {
  wrapped out;
  for (std::size_t at = 1; at < words.size(); ++at) {
    const std::string& text = words[at].text;
    if (!words[at].known) continue;
    if (text != "-exec" && text != "-execdir" && text != "-ok" && text != "-okdir") continue;
    out.wraps = true;
    std::vector<argument> inner;
    for (++at; at < words.size(); ++at) {
      if (words[at].known && (words[at].text == ";" || words[at].text == "+")) break;
      argument next = words[at];
      if (const std::size_t hole = next.text.find("{}"); hole != std::string::npos) {
        next.text.resize(hole);
        next.known = false;
      }
      inner.push_back(std::move(next));
    }
    if (!inner.empty()) out.commands.push_back(std::move(inner));
  }
  return out;
}

/// The places where git takes a command.
wrapped unwrap_git(const std::vector<argument>& words) {
  wrapped out;
  std::string sub;
  for (std::size_t at = 1; at < words.size(); ++at) {
    const std::string_view text = words[at].text;
    const std::string_view next = at + 1 < words.size() ? std::string_view(words[at + 1].text) : "";
    if (sub.empty() && text == "-c") {
      // Values that are commands: aliases, pagers, editors, helpers.
      if (const std::size_t equals = next.find('='); equals != std::string_view::npos) {
        std::string_view value = next.substr(equals + 1);
        if (value.starts_with('!')) value.remove_prefix(1);
        out.wraps = true;
        out.scripts.emplace_back(value);
      }
      ++at;
    } else if (sub.empty() && (text == "-C" || text == "--git-dir" || text == "--work-tree" ||
                               text == "--exec-path" || text == "--namespace")) {
      ++at;
    } else if (sub.empty() && !text.starts_with('-')) {
      sub = text;
    } else if ((sub == "rebase" && (text == "-x" || text == "--exec")) ||
               (sub == "difftool" && (text == "-x" || text == "--extcmd"))) {
      out.wraps = true;
      if (!next.empty()) out.scripts.emplace_back(next);
      ++at;
    } else if (text.starts_with("--exec=") || text.starts_with("--extcmd=")) {
      out.wraps = true;
      out.scripts.emplace_back(text.substr(text.find('=') + 1));
    } else if ((sub == "bisect" && text == "run") || (sub == "submodule" && text == "foreach")) {
      out.wraps = true;
      std::vector<argument> inner(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end());
      while (!inner.empty() && inner.front().text.starts_with("--")) inner.erase(inner.begin());
      if (inner.size() == 1 && inner.front().known && sub == "submodule") {
        out.scripts.push_back(inner.front().text);
      } else if (!inner.empty()) {
        out.commands.push_back(std::move(inner));
      }
      return out;
    } else if (sub == "filter-branch" && text.ends_with("-filter") && !next.empty()) {
      out.wraps = true;
      out.scripts.emplace_back(next);
      ++at;
    }
  }
  return out;
}

wrapped unwrap_eval(const std::vector<argument>& words) {
  wrapped out;
  out.wraps = true;
  out.role = runs_others::same;
  std::string text;
  for (std::size_t at = 1; at < words.size(); ++at) {
    if (!words[at].known) {
      out.unknown = "the text that eval runs is not known";
      return out;
    }
    text += (at > 1 ? " " : "") + words[at].text;
  }
  out.scripts.push_back(std::move(text));
  return out;
}

/// env's own: `-S`, and assignments before the command.
void env_words(const std::vector<argument>& words, std::size_t& at, wrapped& out) {
  for (; at < words.size() && words[at].known && is_assignment(words[at].text); ++at) {
    out.assignments.push_back(words[at].text);
  }
}

wrapped unwrap_row(const wrapper_row& row, const std::vector<argument>& words) {
  wrapped out;
  out.wraps = true;
  out.role = row.same ? runs_others::same : runs_others::changed;
  const bool env = row.name == "env";
  std::size_t at = 1;
  for (; at < words.size(); ++at) {
    const argument& each = words[at];
    const std::string_view text = each.text;
    if (!each.known) {
      out.unknown = "an argument of " + std::string(row.name) + " is not known";
      return out;
    }
    if (text == "--") {
      ++at;
      break;
    }
    if (env && text == "-") {
      out.role = runs_others::changed;
      continue;
    }
    if (text.size() < 2 || text[0] != '-') break;
    if (env && (text.starts_with("-S") || text.starts_with("--split-string"))) {
      // Its own quoting is near enough to a shell's to be read as one, but not to be trusted.
      std::string rest(text.starts_with("-S") ? text.substr(2)
                       : text.find('=') == std::string_view::npos
                           ? std::string_view{}
                           : text.substr(text.find('=') + 1));
      for (++at; at < words.size(); ++at) {
        rest += (rest.empty() ? "" : " ") + words[at].text;
        if (!words[at].known) break;
      }
      out.scripts.push_back(std::move(rest));
      out.role = runs_others::changed;
      out.unknown = "env -S makes words of its own";
      return out;
    }
    if (text.starts_with("--")) {
      out.role = runs_others::changed;
      if (text == "--foreground" || text == "--preserve-status") out.role = runs_others::same;
      if (lists(row.valued_long, text)) ++at;
      continue;
    }
    if (row.name == "flock" || row.name == "script" || row.name == "runuser") {
      if (text == "-c" || text.ends_with('c')) {
        if (at + 1 < words.size() && words[at + 1].known) out.scripts.push_back(words[at + 1].text);
      }
    }
    if (row.name == "command" && (text == "-v" || text == "-V")) return {};
    if (row.harmless.find(text[1]) == std::string_view::npos) out.role = runs_others::changed;
    // A value in the same word ends the cluster.
    for (std::size_t letter = 1; letter < text.size(); ++letter) {
      if (row.valued.find(text[letter]) == std::string_view::npos) continue;
      if (row.name == "nice" && letter == 1 && text.size() > 2) break;
      if (letter + 1 == text.size()) ++at;
      break;
    }
  }
  if (env || row.name == "sudo" || row.name == "doas") env_words(words, at, out);
  for (int skipped = 0; skipped < row.operands && at < words.size(); ++skipped) ++at;
  if (at >= words.size()) {
    if (row.name == "xargs") {
      out.unknown = "the words that xargs adds are not known";
    }
    return out;
  }
  std::vector<argument> inner(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  if (row.name == "flock" && inner.front().text == "-c") {
    if (inner.size() > 1 && inner[1].known) out.scripts.push_back(inner[1].text);
    return out;
  }
  if (row.name == "xargs" || row.name == "parallel" || row.name == "entr") {
    inner.push_back({"", false, true});
  }
  if ((row.name == "ssh" || row.name == "watch" || row.name == "parallel") &&
      std::all_of(inner.begin(), inner.end(), [](const auto& each) { return each.known; })) {
    std::string joined;
    for (const argument& each : inner) joined += (joined.empty() ? "" : " ") + each.text;
    out.scripts.push_back(std::move(joined));
    return out;
  }
  out.commands.push_back(std::move(inner));
  return out;
}

wrapped opaque(std::string why) {
  wrapped out;
  out.wraps = true;
  out.unknown = std::move(why);
  return out;
}

}  // namespace

std::string_view base_name(std::string_view word) {
  const std::size_t slash = word.rfind('/');
  return slash == std::string_view::npos ? word : word.substr(slash + 1);
}

bool is_shell(std::string_view name) {
  return std::find(std::begin(shells), std::end(shells), name) != std::end(shells);
}

wrapped unwrap(const std::vector<argument>& words) {
  const std::string_view name = base_name(words.front().text);
  if (is_shell(name)) return unwrap_shell(words);
  if (name == "find") return unwrap_find(words);
  if (name == "git") return unwrap_git(words);
  if (name == "eval") return unwrap_eval(words);
  if (name == "." || name == "source") {
    wrapped out = opaque("what the file " + (words.size() > 1 ? words[1].text : std::string()) +
                         " holds is not known");
    return out;
  }
  if (name == "trap" && words.size() > 1) {
    wrapped out = opaque("trap runs commands later");
    if (words[1].known && words[1].text != "-") out.scripts.push_back(words[1].text);
    return out;
  }
  if (name == "alias" || name == "unalias" || name == "enable" || name == "hash") {
    return opaque(std::string(name) + " changes what commands mean");
  }
  if (name == "su") {
    wrapped out = opaque("su changes the user");
    for (std::size_t at = 1; at + 1 < words.size(); ++at) {
      if (words[at].text == "-c" || words[at].text.starts_with("--command")) {
        out.scripts.push_back(words[at + 1].text);
      }
    }
    return out;
  }
  const auto* row = std::find_if(std::begin(rows), std::end(rows),
                                 [&](const wrapper_row& each) { return each.name == name; });
  return row == std::end(rows) ? wrapped{} : unwrap_row(*row, words);
}

}  // namespace skein::shell::detail
