#include "runtime/cell/control_hierarchy.hpp"

#include "runtime/process/descriptor.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

namespace skein::cell {
namespace {

namespace fs = std::filesystem;

bool has_word(const std::string& text, const std::string& word, char separator) {
  std::istringstream words(text);
  for (std::string one; std::getline(words, one, separator);)
    if (one == word) return true;
  return false;
}

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// Groups of skein processes that were killed before they could remove them.
void remove_leftovers(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    pid_t owner = 0;
    std::from_chars(name.data(), name.data() + name.size(), owner);
    if (owner > 0 && owner != ::getpid() && ::kill(owner, 0) != 0 && errno == ESRCH)
      ::rmdir(entry.path().c_str());
  }
}

bool make_folder(const fs::path& folder) {
  return ::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST;
}

/// v2 hands controllers down only from groups without processes of their own: our processes move
/// into a leaf first. Only ours: when others share the group, the kernel refuses and so do we.
bool hand_down(const control_files& files, const fs::path& own) {
  if (files.write(own / "cgroup.subtree_control", "+memory +pids")) return true;
  const fs::path leaf = own / "skein.host";
  return make_folder(leaf) &&
         files.write(leaf / "cgroup.procs", std::to_string(::getpid())).has_value() &&
         files.write(own / "cgroup.subtree_control", "+memory +pids").has_value();
}

void add_unified(control_places& found, const control_files& files, const fs::path& mount,
                 const std::string& own) {
  // Root may use the top, which is exempt from the rule above and outside any login session.
  std::vector<fs::path> parents{mount / fs::path(own).relative_path()};
  if (files.root && own != "/") parents.insert(parents.begin(), mount);
  for (const fs::path& parent : parents) {
    const std::string offered = first_line(parent / "cgroup.controllers");
    if (!has_word(offered, "memory", ' ') || !has_word(offered, "pids", ' ')) continue;
    if (::access(parent.c_str(), W_OK) != 0 || !hand_down(files, parent)) continue;
    const fs::path folder = parent / "skein";
    if (!make_folder(folder) ||
        !files.write(folder / "cgroup.subtree_control", "+memory +pids").has_value())
      continue;
    // By itself: a group that may not share out processors still limits the rest.
    const bool cpu = has_word(offered, "cpu", ' ') &&
                     files.write(parent / "cgroup.subtree_control", "+cpu").has_value() &&
                     files.write(folder / "cgroup.subtree_control", "+cpu").has_value();
    found.all.push_back({folder, true, true, cpu, true});
    return;
  }
}

void add_classic(control_places& found, const fs::path& mount, const std::string& controllers,
                 const std::string& own) {
  const bool memory = has_word(controllers, "memory", ',');
  const bool processes = has_word(controllers, "pids", ',');
  const bool cpu = has_word(controllers, "cpu", ',');
  if (!memory && !processes && !cpu) return;
  const fs::path folder = mount / fs::path(own).relative_path() / "skein";
  if (!make_folder(folder)) {
    found.refused = errno_error("make " + folder.string(), errno).message;
    return;
  }
  found.all.push_back({folder, memory, processes, cpu, false});
}

}  // namespace

result<> control_files::write(const fs::path& file, const std::string& text) const {
  const process::descriptor out(::open(file.c_str(), O_WRONLY | O_CLOEXEC | open_flags, 0644));
  if (!out || ::write(out.get(), text.data(), text.size()) < 0)
    return errno_error("write " + file.string(), errno);
  return {};
}

// `/proc/self/cgroup` has `N:controllers:group`; mountinfo says where each hierarchy is.
control_places find_control_places(const control_files& files) {
  control_places found;
  std::ifstream mounts(files.mountinfo);
  std::ifstream groups_file(files.own_groups);
  const std::string groups((std::istreambuf_iterator<char>(groups_file)), {});
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string skip;
    std::string root;
    std::string mount;
    words >> skip >> skip >> skip >> root >> mount;
    const auto dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream rest(line.substr(dash + 3));
    std::string type;
    std::string options;
    rest >> type >> skip >> options;
    if (type != "cgroup" && type != "cgroup2") continue;
    std::istringstream group_lines(groups);
    for (std::string group; std::getline(group_lines, group);) {
      const auto first = group.find(':');
      const auto second = group.find(':', first + 1);
      if (second == std::string::npos) continue;
      const std::string controllers = group.substr(first + 1, second - first - 1);
      std::string own = group.substr(second + 1);
      // In a container the mount shows only our part of the hierarchy.
      if (root != "/" && own.starts_with(root)) own = own.substr(root.size());
      if (own.empty()) own = "/";
      if (type == "cgroup2") {
        if (controllers.empty()) add_unified(found, files, mount, own);
      } else if (!controllers.empty() &&
                 has_word(options, controllers.substr(0, controllers.find(',')), ',')) {
        add_classic(found, mount, controllers, own);
      }
    }
  }
  for (const control_place& one : found.all) remove_leftovers(one.folder);
  if (found.all.empty() && found.refused.empty())
    found.refused = "no memory, pids or cpu controller that this user may use";
  return found;
}

}  // namespace skein::cell
