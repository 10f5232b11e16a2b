#include "runtime/agent/in_cell/tools.hpp"

#include <fcntl.h>

namespace skein::agent::in_cell {

nlohmann::json write_file(const tree& workspace, const nlohmann::json& args) {
  const std::string asked = args.value("path", std::string{});
  const std::string path = relative_path(asked);
  if (path.empty() || path == ".") return refusal("outside", asked + " is no file of the workspace");
  const std::string content = args.value("content", std::string{});
  std::string name;
  const opened_file folder = workspace.open_parent(path, true, name);
  if (!folder) return workspace.why_not(path);
  struct stat before = {};
  const bool there = ::fstatat(folder.get(), name.c_str(), &before, AT_SYMLINK_NOFOLLOW) == 0;
  if (!replace_file(folder, name, content, args.value("executable", false)))
    return workspace.why_not(path);
  return {{"path", path}, {"bytes", content.size()}, {"created", !there}};
}

}  // namespace skein::agent::in_cell
