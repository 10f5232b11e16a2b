#include "runtime/cell/control_group.hpp"

#include "runtime/process/descriptor.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

namespace skein::cell {
namespace {

namespace fs = std::filesystem;

/// Where our groups can be made: `<controllers' mount>/<our own group>/skein`.
struct place {
  fs::path folder;
  bool memory = false;
  bool processes = false;
  bool unified = false;
};

struct places {
  std::vector<place> all;
  std::string refused;  ///< why there is none
};

result<> write_text(const fs::path& file, const std::string& text) {
  const process::descriptor out(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!out || ::write(out.get(), text.data(), text.size()) < 0)
    return errno_error("write " + file.string(), errno);
  return {};
}

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
bool hand_down(const fs::path& own) {
  if (write_text(own / "cgroup.subtree_control", "+memory +pids")) return true;
  const fs::path leaf = own / "skein.host";
  return make_folder(leaf) &&
         write_text(leaf / "cgroup.procs", std::to_string(::getpid())).has_value() &&
         write_text(own / "cgroup.subtree_control", "+memory +pids").has_value();
}

void add_unified(places& found, const fs::path& mount, const std::string& own) {
  // Root may use the top, which is exempt from the rule above and outside any login session.
  std::vector<fs::path> parents{mount / fs::path(own).relative_path()};
  if (::geteuid() == 0 && own != "/") parents.insert(parents.begin(), mount);
  for (const fs::path& parent : parents) {
    const std::string offered = first_line(parent / "cgroup.controllers");
    if (!has_word(offered, "memory", ' ') || !has_word(offered, "pids", ' ')) continue;
    if (::access(parent.c_str(), W_OK) != 0 || !hand_down(parent)) continue;
    const fs::path folder = parent / "skein";
    if (!make_folder(folder) ||
        !write_text(folder / "cgroup.subtree_control", "+memory +pids").has_value())
      continue;
    found.all.push_back({folder, true, true, true});
    return;
  }
}

void add_classic(places& found, const fs::path& mount, const std::string& controllers,
                 const std::string& own) {
  const bool memory = has_word(controllers, "memory", ',');
  const bool processes = has_word(controllers, "pids", ',');
  if (!memory && !processes) return;
  const fs::path folder = mount / fs::path(own).relative_path() / "skein";
  if (!make_folder(folder)) {
    found.refused = errno_error("make " + folder.string(), errno).message;
    return;
  }
  found.all.push_back({folder, memory, processes, false});
}

/// `/proc/self/cgroup` has `N:controllers:group`; mountinfo says where each hierarchy is.
places find_places() {
  places found;
  std::ifstream mounts("/proc/self/mountinfo");
  std::ifstream groups_file("/proc/self/cgroup");
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
        if (controllers.empty()) add_unified(found, mount, own);
      } else if (!controllers.empty() &&
                 has_word(options, controllers.substr(0, controllers.find(',')), ',')) {
        add_classic(found, mount, controllers, own);
      }
    }
  }
  for (const place& one : found.all) remove_leftovers(one.folder);
  if (found.all.empty() && found.refused.empty())
    found.refused = "no memory and pids controller that this user may use";
  return found;
}

}  // namespace

control_group& control_group::operator=(control_group&& other) noexcept {
  if (this == &other) return *this;
  remove();
  folders_ = std::move(other.folders_);
  other.folders_.clear();
  memory_ = other.memory_;
  processes_ = other.processes_;
  return *this;
}

result<control_group> control_group::make(const cell_limits& limits) {
  static const places usable = find_places();
  static std::atomic<std::uint64_t> number{0};
  if (usable.all.empty())
    return error{errc::unsupported, "make a control group: " + usable.refused,
                 "run skein as root, or in a delegated scope: systemd-run --user --scope "
                 "-p Delegate=yes skein …"};
  const std::string name = std::to_string(::getpid()) + "-" + std::to_string(++number);
  control_group group;
  for (const place& one : usable.all) {
    const fs::path folder = one.folder / name;
    if (::mkdir(folder.c_str(), 0755) != 0) return errno_error("make " + folder.string(), errno);
    group.folders_.push_back(folder);
    if (one.memory && limits.memory_bytes != 0) {
      SKEIN_CHECK(write_text(folder / (one.unified ? "memory.max" : "memory.limit_in_bytes"),
                             std::to_string(limits.memory_bytes)));
      // Without it the limit would only push the cell into swap.
      if (one.unified) static_cast<void>(write_text(folder / "memory.swap.max", "0"));
      group.memory_ = true;
    }
    if (one.processes && limits.processes != 0) {
      SKEIN_CHECK(write_text(folder / "pids.max", std::to_string(limits.processes)));
      group.processes_ = true;
    }
  }
  return group;
}

result<> control_group::add(pid_t pid) {
  for (const fs::path& folder : folders_)
    SKEIN_CHECK(write_text(folder / "cgroup.procs", std::to_string(pid)));
  return {};
}

void control_group::remove() noexcept {
  for (const fs::path& folder : folders_) ::rmdir(folder.c_str());
  folders_.clear();
}

}  // namespace skein::cell
