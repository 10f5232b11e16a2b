#include "runtime/cell/request_check.hpp"

#include "runtime/shell/analysis.hpp"

#include <algorithm>
#include <set>

namespace skein::cell {
namespace {

bool has_zero(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

/// What a cell is made of; nothing may be put over it.
bool belongs_to_cell(const std::filesystem::path& where) {
  static const std::set<std::string> own{"",     ".cell", "workspace", "proc",  "dev",
                                         "etc",  "tmp",   "sys",       "usr",   "bin",
                                         "sbin", "lib",   "lib32",     "lib64", "libx32"};
  const auto below = where.relative_path();  // its parts live as long as it does
  return below.empty() || own.contains(below.begin()->string());
}

bool good_mount(const mount& one) {
  return one.from.is_absolute() && one.to.is_absolute() && !has_zero(one.from.native()) &&
         !has_zero(one.to.native()) && one.to == one.to.lexically_normal() &&
         !belongs_to_cell(one.to);
}

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

/// False when it is none.
bool put_variable(std::vector<std::string>& into, const std::string& variable) {
  const auto equals = variable.find('=');
  if (equals == std::string::npos || equals == 0 || has_zero(variable)) return false;
  const auto key = variable.substr(0, equals + 1);
  std::erase_if(into, [&key](const std::string& known) { return known.starts_with(key); });
  into.push_back(variable);
  return true;
}

}  // namespace

result<> check_spec(const cell_spec& spec) {
  for (const auto* path : {&spec.base, &spec.root}) {
    if (!path->is_absolute() || has_zero(path->native()))
      return error{errc::invalid,
                   "cell " + spec.name + ": path " + path->string() + " is not absolute", ""};
  }
  constexpr std::size_t most_mounts = 8;
  if (spec.mounts.size() > most_mounts ||
      !std::all_of(spec.mounts.begin(), spec.mounts.end(), good_mount))
    return error{errc::invalid,
                 "cell " + spec.name +
                     ": more than 8 mounts, one that is not absolute, or one over a folder that a "
                     "cell has already",
                 ""};
  const auto usable = [](const loopback_port& port) {
    return port.number >= 1024 && port.listening != nullptr;
  };
  if (spec.ports.size() > wire::max_ports ||
      !std::all_of(spec.ports.begin(), spec.ports.end(), usable))
    return error{errc::invalid,
                 "cell " + spec.name +
                     ": more than 4 loopback ports, one below 1024, or one that " +
                     "nothing answers",
                 ""};
  return {};
}

result<> check_phase(const std::string& phase) {
  if (phase.empty() || phase.size() > wire::max_phase ||
      !std::all_of(phase.begin(), phase.end(), plain))
    return error{errc::invalid, "enter phase '" + phase + "': not a plain folder name",
                 "use letters, digits, - and _"};
  return {};
}

result<packed_command> pack_command(const command& what, const std::vector<std::string>& own,
                                    std::vector<std::string> standard) {
  if (has_zero(what.line) || what.line.size() > wire::max_line)
    return error{errc::invalid,
                 "run a command of " + std::to_string(what.line.size()) + " bytes: longer than " +
                     std::to_string(wire::max_line) + " or with a zero byte in it",
                 "put the script into a file of the workspace"};
  std::vector<std::string> all = std::move(standard);
  for (const auto* list : {&own, &what.environment})
    for (const std::string& variable : *list)
      if (!put_variable(all, variable))
        return error{errc::invalid, "run a command: a variable is not of the form NAME=value", ""};
  packed_command packed;
  // What needs no shell gets none: then nobody reads the line a second time, and otherwise.
  const auto words = shell::direct_arguments(what.line);
  if (words && words->size() <= wire::max_words &&
      put_variable(all, "PWD=" + std::string(wire::workspace_path))) {  // as a shell would
    for (const std::string& word : *words) (packed.rest += word).push_back('\0');
    packed.head.words = static_cast<std::uint32_t>(words->size());
  } else {
    packed.rest = what.line;
    packed.rest.push_back('\0');
  }
  packed.head.line_bytes = static_cast<std::uint32_t>(packed.rest.size());
  for (const std::string& variable : all) {
    packed.rest += variable;
    packed.rest.push_back('\0');
  }
  const std::size_t bytes = packed.rest.size() - packed.head.line_bytes;
  if (bytes > wire::max_environment || all.size() > wire::max_variables)
    return error{errc::invalid,
                 "run a command: " + std::to_string(bytes) + " bytes of variables, allowed are " +
                     std::to_string(wire::max_environment),
                 "pass large values in files"};
  packed.head.environment_bytes = static_cast<std::uint32_t>(bytes);
  packed.head.variables = static_cast<std::uint32_t>(all.size());
  return packed;
}

}  // namespace skein::cell
