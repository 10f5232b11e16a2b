#include "runtime/cell/orphans.hpp"

#include <signal.h>

#include <array>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

namespace skein::cell {

namespace {

/// What the file holds; what was read so far when its process ends meanwhile: the read fails then,
/// which a stream's own `read` takes as an end and a bare stream buffer throws.
std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, 4096> block{};
  std::string text;
  do {
    in.read(block.data(), block.size());
    text.append(block.data(), static_cast<std::size_t>(in.gcount()));
  } while (in);
  return text;
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

std::size_t kill_orphans(const std::filesystem::path& workspaces,
                         const std::filesystem::path& processes) {
  const auto prefix = (workspaces / "").string();
  std::size_t killed = 0;
  std::error_code failed;
  std::filesystem::directory_iterator entry(processes, failed);
  for (; !failed && entry != std::filesystem::directory_iterator{}; entry.increment(failed)) {
    const auto name = entry->path().filename().string();
    int pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) continue;
    if (parent_of(entry->path()) != 1) continue;
    if (!is_cell_below(contents(entry->path() / "cmdline"), prefix)) continue;
    if (::kill(pid, SIGKILL) == 0) ++killed;
  }
  return killed;
}

}  // namespace skein::cell
