#include "runtime/cell/orphans.hpp"

#include <signal.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace skein::cell {

namespace {

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The parent's pid: the second field after the parenthesised name, which may hold anything.
int parent_of(const std::filesystem::path& process) {
  const auto text = contents(process / "stat");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 4 >= text.size()) return -1;
  int parent = -1;
  std::from_chars(text.data() + name_end + 4, text.data() + text.size(), parent);
  return parent;
}

bool is_cell_below(const std::string& arguments, const std::string& prefix) {
  const auto program = std::string_view{arguments}.substr(0, arguments.find('\0'));
  if (program != "bwrap" && !program.ends_with("/bwrap")) return false;
  // Arguments end in NUL, so this finds one that starts with the prefix.
  return arguments.find('\0' + prefix) != std::string::npos;
}

}  // namespace

std::size_t kill_orphans(const std::filesystem::path& workspaces) {
  const auto prefix = (workspaces / "").string();
  std::size_t killed = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", failed)) {
    const auto name = entry.path().filename().string();
    int pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) continue;
    if (parent_of(entry.path()) != 1) continue;
    if (!is_cell_below(contents(entry.path() / "cmdline"), prefix)) continue;
    if (::kill(pid, SIGKILL) == 0) ++killed;
  }
  return killed;
}

}  // namespace skein::cell
