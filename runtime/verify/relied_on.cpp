// See relied_on.hpp. A path is found by its end: which directory a script is in when it runs
// another one is not followed.
#include "runtime/verify/relied_on.hpp"

#include "runtime/shell/analysis.hpp"

#include <fnmatch.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace skein::verify {
namespace {

constexpr std::size_t most_scripts = 64;
constexpr std::size_t most_words = 4096;

constexpr std::array interpreters = {
    std::string_view("sh"),      std::string_view("bash"),    std::string_view("dash"),
    std::string_view("zsh"),     std::string_view("ksh"),     std::string_view("ash"),
    std::string_view("perl"),    std::string_view("ruby"),    std::string_view("node"),
    std::string_view("nodejs"),  std::string_view("php"),     std::string_view("lua"),
    std::string_view("deno"),    std::string_view("bun"),     std::string_view("tsx"),
    std::string_view("ts-node"), std::string_view("Rscript"), std::string_view("awk"),
    std::string_view("gawk"),    std::string_view("sed"),     std::string_view("source"),
    std::string_view("."),       std::string_view("pypy"),    std::string_view("pwsh"),
    std::string_view("go"),      std::string_view("java"),    std::string_view("julia"),
    std::string_view("groovy"),  std::string_view("tclsh"),   std::string_view("guile")};

/// Programs that compare or cut text and run none of it.
constexpr std::array comparers = {
    std::string_view("["),    std::string_view("test"),  std::string_view("[["),
    std::string_view("grep"), std::string_view("egrep"), std::string_view("fgrep"),
    std::string_view("rg"),   std::string_view("diff"),  std::string_view("cmp"),
    std::string_view("comm"), std::string_view("wc"),    std::string_view("head"),
    std::string_view("tail"), std::string_view("sort"),  std::string_view("uniq"),
    std::string_view("cut"),  std::string_view("tr"),    std::string_view("jq")};

bool compares(std::string_view name) {
  return std::find(comparers.begin(), comparers.end(), name) != comparers.end();
}

/// Whether all that hears what command `at` prints only compares it; false when nothing does.
bool is_compared(const std::vector<shell::execution>& commands, std::size_t at) {
  bool heard = false;
  for (const auto& each : commands) {
    for (const auto& [from, end] : each.fed_by) {
      if (at < from || at >= end) continue;
      if (!compares(each.name())) return false;
      heard = true;
    }
  }
  return heard;
}

bool interprets(std::string_view name) {
  return name.starts_with("python") || name.starts_with("pypy") ||
         std::find(interpreters.begin(), interpreters.end(), name) != interpreters.end();
}

bool is_make(std::string_view name) {
  return name == "make" || name == "gmake";
}

bool runs_packages(std::string_view name) {
  return name == "npm" || name == "yarn" || name == "pnpm" || name == "bun";
}

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find(by);
    if (end != 0) out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

/// `./a//b/../c` as `a/c`; what climbs out keeps only what is below.
std::string plain_path(std::string_view text) {
  std::vector<std::string> parts;
  for (auto& part : split(text, '/')) {
    if (part == ".") continue;
    if (part != "..") {
      parts.push_back(std::move(part));
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : "/") + part;
  return out;
}

bool ends_with_path(std::string_view whole, std::string_view end) {
  return whole == end || (whole.size() > end.size() && whole.ends_with(end) &&
                          whole[whole.size() - end.size() - 1] == '/');
}

/// What each text runs, one after the other.
class reader {
 public:
  reader(const std::set<std::string>& changed, const script_fn& base)
      : changed_(changed), base_(base) {}

  void read(const std::string& line) {
    read_search_path(line);
    const auto understood = shell::analyse(line);
    bool plain = understood.has_value();
    if (understood) {
      const auto& commands = understood->commands;
      for (std::size_t i = 0; i < commands.size(); ++i) {
        // A command line of the task is all judge: only in a script of it is code under test.
        compared_ = in_script_ && is_compared(commands, i);
        plain = read(commands[i]) && plain;
      }
      compared_ = false;
    }
    if (!plain) read_words(line);
  }

  reliance take() {
    in_script_ = true;
    for (std::size_t next = 0; next < waiting_.size() && next < most_scripts; ++next) {
      if (const auto text = base_(waiting_[next])) read(*text);
    }
    for (const auto& each : found_) judged_.erase(each);
    return {std::move(found_), std::move(judged_)};
  }

 private:
  /// False when the text does not tell what it runs.
  bool read(const shell::execution& command) {
    if (command.words.empty()) return command.unknown.empty();
    if (!command.words.front().known) return false;
    runs(command.words.front().text, false);
    const auto name = command.name();
    if (name == "cd" && command.words.size() > 1) {
      folders_.insert(plain_path(command.words.back().text) + "/");
    } else if (name == "find") {
      read_find(command);
    } else if (is_make(name)) {
      read_make(command);
    } else if (runs_packages(name)) {
      read_packages();
    } else if (interprets(name)) {
      return read_arguments(command);
    }
    return command.unknown.empty();
  }

  /// The program of an interpreter is its first argument that is no option, or what -f names. False
  /// when the words do not tell it.
  bool read_arguments(const shell::execution& command) {
    for (std::size_t i = 1; i < command.words.size(); ++i) {
      const auto& text = command.words[i].text;
      if (!command.words[i].known) return false;
      const bool next = i + 1 < command.words.size();
      if (text == "-c" || text == "-e")
        return command.unknown.empty();  // what follows was read as a command, or is text
      if (text == "-m" && next) {
        runs_module(command.words[i + 1].text);
        return true;
      }
      const bool names_file = text == "-f" || text == "--file" || text == "-r" ||
                              text == "--require" || text == "--import" || text == "-jar";
      if (names_file && next) {
        runs(command.words[++i].text, false);
      } else if (!text.starts_with('-') && text != "run") {
        runs(text, false);
        return true;
      }
    }
    return command.unknown.empty();
  }

  void read_make(const shell::execution& command) {
    bool named = false;
    for (std::size_t i = 1; i + 1 < command.words.size(); ++i) {
      if (command.words[i].text != "-f") continue;
      runs(command.words[i + 1].text, false);
      named = true;
    }
    if (named) return;
    for (const char* file : {"GNUmakefile", "makefile", "Makefile"}) {
      const auto text = base_(file);
      if (!text) continue;
      // Whether the file itself is changed for the worse, the rules for builds say.
      if (!seen_.insert(file).second) return;
      for (auto& line : split(*text, '\n')) {
        if (line.front() != '\t') continue;
        line.erase(0, line.find_first_not_of("\t @+-"));
        read(line);
      }
      return;
    }
  }

  void read_packages() {
    const auto text = base_("package.json");
    if (!text || !seen_.insert("package.json").second) return;
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_object() || !json.contains("scripts") || !json["scripts"].is_object()) return;
    for (const auto& [name, line] : json["scripts"].items()) {
      if (line.is_string()) read(line.get<std::string>());
    }
  }

  /// What `find` hands to a command, by the folders and names that it looks for.
  void read_find(const shell::execution& command) {
    std::vector<std::string> folders;
    std::string name = "*";
    bool executes = false;
    for (std::size_t i = 1; i < command.words.size(); ++i) {
      const auto& text = command.words[i].text;
      const bool option = text.starts_with('-');
      if (!option && folders.size() + 1 == i) folders.push_back(plain_path(text));
      if ((text == "-name" || text == "-iname") && i + 1 < command.words.size()) {
        name = command.words[i + 1].text;
      }
      executes = executes || text.starts_with("-exec") || text.starts_with("-ok");
    }
    if (!executes) return;
    for (const auto& folder : folders) {
      // Without a name that would be everything.
      if (folder.empty() && name == "*") continue;
      for (const auto& each : changed_) {
        const auto base = each.substr(each.find_last_of('/') + 1);
        if ((folder.empty() || each.starts_with(folder + "/")) && matches(name, base)) {
          found_.insert(each);
        }
      }
    }
  }

  static bool matches(const std::string& pattern, const std::string& text) {
    return ::fnmatch(pattern.c_str(), text.c_str(), FNM_PATHNAME) == 0;
  }

  void read_words(const std::string& text) {
    std::string word;
    std::size_t words = 0;
    for (const char c : text + " ") {
      const bool part = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                        std::string_view("/._-+@*?").find(c) != std::string_view::npos;
      if (part) {
        word += c;
      } else if (!word.empty()) {
        if (++words > most_words) return;
        if (word.find_first_of("*?") == std::string::npos) {
          runs(word, true);
        } else if (word.find('/') != std::string::npos) {
          const auto pattern = plain_path(word);
          for (const auto& each : changed_) {
            if (matches(pattern, each)) found_.insert(each);
          }
        }
        word.clear();
      }
    }
  }

  /// Something is executed by this name; `loose`: what is before it is not known.
  void runs(std::string_view word, bool loose) {
    const auto path = plain_path(word);
    if (path.empty()) return;
    const bool deep = path.find('/') != std::string::npos;
    auto& into = compared_ ? judged_ : found_;
    for (const auto& each : changed_) {
      if (each == path || (deep && ends_with_path(each, path)) ||
          (deep && (loose || word.front() == '/') && ends_with_path(path, each))) {
        into.insert(each);
      }
    }
    if (compared_) return;
    if (base_(path)) waits(path);
    for (const auto& folder : folders_) {
      if (changed_.contains(folder + path)) found_.insert(folder + path);
      if (base_(folder + path)) waits(folder + path);
    }
  }

  void runs_module(const std::string& module) {
    auto path = module;
    std::replace(path.begin(), path.end(), '.', '/');
    const auto top = path.substr(0, path.find('/'));
    for (const auto& name : {path + ".py", path + "/__main__.py", path + "/__init__.py",
                             top + ".py", top + "/__init__.py"}) {
      if (changed_.contains(name)) found_.insert(name);
    }
  }

  /// Found in the text: `PATH=tools:$PATH` is not known as a whole.
  void read_search_path(std::string_view line) {
    constexpr std::string_view mark = "PATH=";
    for (auto at = line.find(mark); at != std::string_view::npos; at = line.find(mark, at + 1)) {
      if (at > 0 &&
          (std::isalnum(static_cast<unsigned char>(line[at - 1])) != 0 || line[at - 1] == '_')) {
        continue;
      }
      auto value = line.substr(at + mark.size());
      value = value.substr(0, value.find_first_of(" \t\n;&|"));
      for (auto& folder : split(value, ':')) {
        std::erase_if(folder, [](char c) { return c == '"' || c == '\''; });
        // "$PWD/tools" is tools; what is absolute is the toolchain's.
        if (folder.starts_with('$'))
          folder.erase(0, std::min(folder.size(), folder.find('/')));
        else if (folder.starts_with('/'))
          continue;
        add_path(plain_path(folder));
      }
    }
  }

  void add_path(const std::string& path) {
    if (path.empty()) return;
    folders_.insert(path + "/");
    // Whatever is new there comes before the command that is meant.
    for (const auto& each : changed_) {
      if (each.starts_with(path + "/")) found_.insert(each);
    }
  }

  void waits(const std::string& path) {
    if (seen_.insert(path).second) waiting_.push_back(path);
  }

  const std::set<std::string>& changed_;
  const script_fn& base_;
  bool in_script_ = false;
  bool compared_ = false;  ///< of the command that is read
  std::set<std::string> found_;
  std::set<std::string> judged_;
  std::set<std::string> folders_;
  std::set<std::string> seen_;
  std::vector<std::string> waiting_;
};

}  // namespace

reliance relied_on(const std::vector<std::string>& commands, const std::set<std::string>& changed,
                   const script_fn& base) {
  reader reading(changed, base);
  for (const auto& line : commands) reading.read(line);
  return reading.take();
}

}  // namespace skein::verify
