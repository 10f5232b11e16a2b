#include "runtime/cell/root_layout.hpp"

#include "runtime/cell/init/protocol.hpp"

#include <array>

namespace skein::cell {
namespace {

namespace fs = std::filesystem;

// What the first process needs to mount workspaces and to end commands; see init/setup.cpp.
constexpr std::array capabilities{"CAP_SYS_ADMIN", "CAP_SYS_CHROOT",   "CAP_KILL",
                                  "CAP_CHOWN",     "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH",
                                  "CAP_FOWNER",    "CAP_FSETID",       "CAP_SETPCAP"};

void add(std::vector<std::string>& to, std::initializer_list<std::string> words) {
  to.insert(to.end(), words);
}

void add_toolchain(std::vector<std::string>& to) {
  std::error_code ignored;
  add(to, {"--ro-bind", "/usr", "/usr"});
  for (const char* folder : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    const auto status = fs::symlink_status(folder, ignored);
    if (fs::is_symlink(status)) {
      add(to, {"--symlink", fs::read_symlink(folder, ignored).string(), folder});
    } else if (fs::is_directory(status)) {
      add(to, {"--ro-bind", folder, folder});
    }
  }
  // One bind here and some by the first process: each one of bubblewrap's costs as much as ten.
  add(to, {"--ro-bind", "/etc", wire::settings_path});
}

}  // namespace

std::vector<std::string> bubblewrap_arguments(const cell_spec& spec, const fs::path& program) {
  // The toolchain does not move while we run.
  static const std::vector<std::string> toolchain = [] {
    std::vector<std::string> words;
    add_toolchain(words);
    return words;
  }();
  std::vector<std::string> words{"bwrap",         "--unshare-all",     "--as-pid-1",
                                 "--new-session", "--die-with-parent", "--clearenv"};
  add(words, {"--hostname", "cell", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"});
  for (const char* capability : capabilities) add(words, {"--cap-add", capability});
  words.insert(words.end(), toolchain.begin(), toolchain.end());
  add(words, {"--proc", "/proc", "--dev", "/dev"});
  add(words, {"--ro-bind", spec.base.string(), wire::base_path});
  add(words, {"--bind", spec.root.string(), wire::root_path});
  for (const auto& one : spec.mounts) add(words, {"--ro-bind", one.from.string(), one.to.string()});
  add(words, {"--ro-bind", program.string(), wire::program_path, "--", wire::program_path});
  return words;
}

}  // namespace skein::cell
