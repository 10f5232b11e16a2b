#include "runtime/agent/in_cell/tools.hpp"

#include <fcntl.h>
#include <fnmatch.h>

namespace skein::agent::in_cell {
namespace {

constexpr std::size_t most_names_of_a_folder = 100'000;

struct listing {
  const tree& workspace;
  std::string glob;
  std::size_t most = 0;
  nlohmann::json entries = nlohmann::json::array();
  bool cut = false;

  void walk(const std::string& folder, unsigned levels) {
    const opened_file opened = workspace.open(folder, O_RDONLY | O_DIRECTORY);
    if (!opened) return;
    for (const entry& one : entries_of(opened, most_names_of_a_folder, cut)) {
      if (entries.size() >= most) {
        cut = true;
        return;
      }
      const std::string path = folder == "." ? one.name : folder + "/" + one.name;
      if (folder == "." && one.name == ".git") continue;
      if (fits(path, one.name)) add(path, one.kind);
      if (one.kind == 'd' && levels > 1) walk(path, levels - 1);
    }
  }

  [[nodiscard]] bool fits(const std::string& path, const std::string& name) const {
    return glob.empty() || ::fnmatch(glob.c_str(), name.c_str(), 0) == 0 ||
           ::fnmatch(glob.c_str(), path.c_str(), 0) == 0;
  }

  void add(const std::string& path, char kind) {
    nlohmann::json told = {{"path", path}};
    if (kind == 'f') {
      const opened_file file = workspace.open(path, O_PATH);
      struct stat status = {};
      if (file && ::fstat(file.get(), &status) == 0) told["bytes"] = status.st_size;
    }
    told["kind"] = kind == 'f' ? "file" : kind == 'd' ? "folder" : kind == 'l' ? "link" : "other";
    entries.push_back(std::move(told));
  }
};

}  // namespace

nlohmann::json list_files(const tree& workspace, const nlohmann::json& args) {
  const std::string asked = args.value("path", std::string{"."});
  const std::string path = relative_path(asked);
  if (path.empty()) return refusal("outside", asked + " is not in the workspace");
  if (const opened_file there = workspace.open(path, O_RDONLY | O_DIRECTORY); !there)
    return workspace.why_not(path);
  listing found{workspace, args.value("glob", std::string{}), args.value("maxEntries", std::size_t{500})};
  found.walk(path, args.value("depth", found.glob.empty() ? 2U : 32U));
  return {{"entries", std::move(found.entries)}, {"cut", found.cut}};
}

}  // namespace skein::agent::in_cell
