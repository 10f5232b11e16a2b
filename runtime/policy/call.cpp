#include "runtime/policy/call.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace skein::policy {

namespace {

using nlohmann::json;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

template <std::size_t N>
bool in(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 17> path_words{
    "from",   "to",      "source", "destination", "src",      "dst",  "dest",     "target",  "uri",
    "folder", "folders", "dirs",   "directories", "basename", "glob", "location", "destfile"};
constexpr std::array<std::string_view, 6> path_ends{"path",  "paths",    "file",
                                                    "files", "filename", "filenames"};
constexpr std::array<std::string_view, 8> directory_words{
    "cwd", "workdir",   "working_directory", "workingdirectory",
    "dir", "directory", "working_dir",       "workingdir"};
constexpr std::array<std::string_view, 6> command_words{"command",      "cmd",    "commandline",
                                                        "command_line", "script", "commands"};
/// These change what a command means, whatever the command says.
constexpr std::array<std::string_view, 6> environment_words{"env",  "environment", "shell",
                                                            "envs", "interpreter", "prefix"};

bool names_path(std::string_view key) {
  if (in(path_words, key) || in(directory_words, key)) return true;
  return std::any_of(path_ends.begin(), path_ends.end(),
                     [&](const auto& end) { return key.ends_with(end); }) ||
         key.ends_with("_dir") || key.ends_with("directory");
}

/// By its name; such a tool's `command` is a command line.
bool is_shell_tool(std::string_view tool) {
  const std::string name = lower(tool);
  static constexpr std::array<std::string_view, 6> words{"shell",   "bash",     "exec",
                                                         "command", "terminal", "run_cmd"};
  return std::any_of(words.begin(), words.end(),
                     [&](const auto& word) { return name.find(word) != std::string::npos; });
}

std::string quoted_word(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

class collector {
 public:
  collector(std::string_view tool, std::string_view root)
      : shell_(is_shell_tool(tool)),
        patch_(tool.find("patch") != std::string_view::npos ||
               tool.find("diff") != std::string_view::npos),
        root_(root) {}

  call_subjects out;

  void visit(const json& value, int depth) {
    if (depth > 8) {
      out.obstacle = "its arguments are nested too deeply";
      return;
    }
    for (const auto& [name, member] : value.items()) {
      const std::string key = value.is_object() ? lower(name) : std::string();
      if (shell_ && in(command_words, key)) {
        add_command(member);
      } else if (shell_ && in(environment_words, key)) {
        const bool empty = member.is_null() || (member.is_structured() && member.empty());
        if (!empty) out.obstacle = "argument " + name + " changes what the command means";
      } else if (shell_ && in(directory_words, key)) {
        if (member.is_string()) out.directory = member.get<std::string>();
        add_path(member);
      } else if (names_path(key)) {
        add_path(member);
        if (member.is_structured()) visit(member, depth + 1);
      } else if (patch_ && member.is_string()) {
        for (const std::string& path : paths_of_patch(member.get_ref<const std::string&>())) {
          add_text(path);
        }
      } else if (member.is_structured()) {
        visit(member, depth + 1);
      }
    }
  }

 private:
  void add_text(std::string_view text) {
    if (out.paths.size() >= most_paths) {
      out.obstacle = "it names too many paths";
      return;
    }
    out.paths.push_back(normalize_path(text, root_));
  }

  void add_path(const json& value) {
    if (value.is_string()) {
      add_text(value.get_ref<const std::string&>());
    } else if (value.is_array()) {
      for (const json& each : value) {
        if (each.is_string()) add_text(each.get_ref<const std::string&>());
        if (each.is_number() || each.is_boolean()) out.obstacle = "a path in it is no text";
      }
    } else if (value.is_number()) {
      out.obstacle = "a path in it is no text";
    }
  }

  void add_command(const json& value) {
    if (out.command) {
      out.obstacle = "it has more than one command";
    } else if (value.is_string()) {
      out.command = value.get<std::string>();
    } else if (value.is_array()) {
      // A list of words is what a shell would make of them quoted.
      std::string text;
      for (const json& each : value) {
        if (!each.is_string()) {
          out.obstacle = "a word of its command is no text";
          return;
        }
        text += (text.empty() ? "" : " ") + quoted_word(each.get_ref<const std::string&>());
      }
      out.command = std::move(text);
    } else {
      out.obstacle = "its command is no text";
    }
  }

  bool shell_;
  bool patch_;
  std::string_view root_;
};

error wrong_fact(const std::string& name, const char* wanted) {
  return {errc::invalid, "fact " + name + " is not " + wanted,
          "facts are requiredVerifiersAllPassed and diff {paths, files, lines, has}"};
}

result<> read_texts(const json& from, const char* name, std::vector<std::string>& into) {
  if (!from.is_array()) return wrong_fact(name, "a list of texts");
  into.clear();
  for (const json& each : from) {
    if (!each.is_string()) return wrong_fact(name, "a list of texts");
    into.push_back(each.get<std::string>());
  }
  return {};
}

}  // namespace

result<> add_facts(const json& facts, circumstances& into) {
  if (facts.is_null()) return {};
  if (!facts.is_object()) return wrong_fact("list", "a map");
  for (const auto& [name, value] : facts.items()) {
    if (name == "requiredVerifiersAllPassed") {
      if (!value.is_boolean()) return wrong_fact(name, "true or false");
      into.required_verifiers_all_passed = value.get<bool>();
    } else if (name == "diff" && value.is_object()) {
      for (const auto& [key, part] : value.items()) {
        if (key == "paths") {
          SKEIN_CHECK(read_texts(part, "diff.paths", into.diff_paths));
        } else if (key == "has") {
          SKEIN_CHECK(read_texts(part, "diff.has", into.diff_has));
        } else if ((key == "files" || key == "lines") && part.is_number_integer() &&
                   part.get<std::int64_t>() >= 0) {
          (key == "files" ? into.diff_files : into.diff_lines) = part.get<std::uint64_t>();
        } else {
          return wrong_fact("diff." + key, "known or a number");
        }
      }
    } else {
      return wrong_fact(name, "known");
    }
  }
  return {};
}

call_subjects subjects_of(std::string_view tool, const json& args,
                          std::string_view workspace_root) {
  collector collect(tool, workspace_root);
  if (args.is_object()) {
    collect.visit(args, 0);
  } else if (!args.is_null()) {
    collect.out.obstacle = "its arguments are no map";
  }
  return std::move(collect.out);
}

}  // namespace skein::policy
