// Tries each layer of containment for real, in throw-away cells.
#include "runtime/cell/blocking_cell.hpp"
#include "runtime/cell/control_group.hpp"
#include "runtime/cell/forbidden.hpp"
#include "runtime/cell/seccomp_filter.hpp"
#include "runtime/process/run_child.hpp"
#include "runtime/process/spawn.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace skein::cell {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* allow_namespaces =
    "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces>0, "
    "kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor profile for bwrap; in a "
    "container, start it so that it may make them";

/// A base and a workspace with one phase of each strategy; removed at the end.
class scratch_space {
 public:
  [[nodiscard]] static result<std::unique_ptr<scratch_space>> make(const fs::path& parent) {
    std::error_code failed;
    fs::create_directories(parent, failed);
    std::string pattern = (parent / ".cell-probe-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      return errno_error("make a folder below " + parent.string(), errno);
    auto space = std::make_unique<scratch_space>(fs::absolute(pattern));
    for (const char* folder : {"base", "root/overlay/upper", "root/overlay/work", "root/copy/copy"})
      if (!fs::create_directories(space->folder_ / folder, failed))
        return error{errc::io,
                     "make " + (space->folder_ / folder).string() + ": " + failed.message(), ""};
    // It is static and knows what to attempt; of the workspace's own only this is there.
    if (const auto program = find_cell_program(); program)
      fs::copy_file(*program, space->folder_ / "base" / intruder_name, failed);
    return space;
  }
  explicit scratch_space(fs::path folder) : folder_(std::move(folder)) {}
  ~scratch_space() { static_cast<void>(workspace::remove_tree(folder_)); }
  scratch_space(const scratch_space&) = delete;
  scratch_space& operator=(const scratch_space&) = delete;

  [[nodiscard]] cell_spec spec(workspace::strategy how) const {
    cell_spec wanted;
    wanted.name = "probe";
    wanted.base = folder_ / "base";
    wanted.root = folder_ / "root";
    wanted.how = how;
    return wanted;
  }
  /// Limits small enough to be reached at once, and a share of every layer.
  [[nodiscard]] cell_spec tight_spec(workspace::strategy how) const {
    cell_spec wanted = spec(how);
    wanted.limits = tight_limits;
    return wanted;
  }

 private:
  fs::path folder_;
};

layer_report passed(std::string layer, std::string evidence, bool required = true) {
  return {std::move(layer), true, required, std::move(evidence), {}};
}

layer_report broken(std::string layer, const error& why, bool required = true) {
  return {std::move(layer), false, required, why.message, why.remedy};
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

layer_report probe_bubblewrap() {
  const auto program = process::find_program("bwrap");
  if (!program)
    return broken("bubblewrap",
                  {errc::unsupported, program.error().message, "install the package bubblewrap"});
  const auto version = process::run_child({.argv = {program->string(), "--version"},
                                           .environment = {},
                                           .directory = {},
                                           .input = {},
                                           .timeout = 10s});
  if (!version) return broken("bubblewrap", version.error());
  return passed("bubblewrap", program->string() + ": " + first_line(version->out));
}

layer_report probe_user_namespace() {
  const std::string layer = "user namespace";
  const auto tried = process::run_child(
      {.argv = {"bwrap", "--unshare-user", "--unshare-pid", "--uid", "1000", "--ro-bind", "/", "/",
                "--", "/bin/sh", "-c", "cat /proc/self/uid_map"},
       .environment = {},
       .directory = {},
       .input = {},
       .timeout = 10s});
  if (!tried) return broken(layer, tried.error());
  if (tried->exit_code != 0)
    return broken(layer, {errc::unsupported, first_line(tried->err), allow_namespaces});
  return passed(layer, "a process ran as user 1000 of a new namespace");
}

layer_report probe_filter() {
  const auto& filter = command_filter(sockets::unix_only);
  if (!filter) return broken("libseccomp", filter.error());
  return passed("libseccomp", "filter of " + std::to_string(filter->size() / 8) + " instructions");
}

layer_report probe_control_group() {
  const std::string layer = "cgroup";
  cell_limits all;
  all.cpu_percent = 100;
  auto group = control_group::make(all);
  if (!group) {
    error why = group.error();
    if (::geteuid() == 0)
      why.message += "; as root the number of processes of a cell is then not limited";
    return broken(layer, why, false);
  }
  std::string evidence = "made " + group->folders().front().string() + ", limits:";
  if (group->limits_memory()) evidence += " memory";
  if (group->limits_processes()) evidence += " processes";
  if (group->limits_cpu()) evidence += " cpu";
  return passed(layer, evidence, false);
}

bounded_by what_bounds() {
  const auto group = control_group::make({});
  bounded_by found;
  found.processes = ::geteuid() != 0 || (group && group->limits_processes());
  found.memory_group = group && group->limits_memory();
  return found;
}

void append(std::vector<layer_report>& to, std::vector<layer_report> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

void probe_own_memory(std::vector<layer_report>& reports, const scratch_space& space) {
  const std::string layer = "bounded workspaces";
  cell_spec spec = space.tight_spec(workspace::strategy::overlay);
  spec.where = storage::own_memory;
  blocking_cell inside;
  auto ready = inside.start(spec);
  if (ready)
    ready =
        workspace::prepare({inside.workspaces(), "agent", workspace::strategy::overlay}, spec.base);
  if (ready) ready = inside.enter_phase("agent");
  if (!ready) return reports.push_back(broken(layer, ready.error(), false));
  reports.push_back(fill_disk(inside));
}

void probe_cell(std::vector<layer_report>& reports, const fs::path& scratch) {
  const auto space = scratch_space::make(scratch);
  if (!space) return reports.push_back(broken("scratch folder", space.error()));
  blocking_cell inside;
  if (auto started = inside.start((*space)->tight_spec(workspace::strategy::overlay)); !started)
    return reports.push_back(broken("cell", started.error()));
  reports.push_back(passed("cell", "every layer of a cell was set up"));
  const bounded_by bounded = what_bounds();
  const auto overlay = inside.enter_phase("overlay");
  if (overlay) {
    reports.push_back(passed("overlayfs", "mounted below " + scratch.string(), false));
    probe_own_memory(reports, **space);
    return append(reports, attempt_forbidden(inside, bounded));
  }
  error why = overlay.error();
  why.message += "; workspaces are copied instead";
  reports.push_back(broken("overlayfs", why, false));
  blocking_cell copying;
  auto entered = copying.start((*space)->tight_spec(workspace::strategy::copy));
  if (entered) entered = copying.enter_phase("copy");
  if (!entered) return reports.push_back(broken("workspace copy", entered.error()));
  append(reports, attempt_forbidden(copying, bounded));
}

}  // namespace

std::vector<layer_report> probe_layers(const fs::path& scratch) {
  std::vector<layer_report> reports;
  reports.push_back(probe_bubblewrap());
  const auto program = find_cell_program();
  reports.push_back(program ? passed("skein-cell", program->string())
                            : broken("skein-cell", program.error()));
  reports.push_back(probe_filter());
  if (reports.front().works) reports.push_back(probe_user_namespace());
  reports.push_back(probe_control_group());
  for (const layer_report& report : reports)
    if (report.required && !report.works) return reports;
  probe_cell(reports, scratch);
  return reports;
}

workspace::strategy choose_strategy(const fs::path& root) {
  const auto space = scratch_space::make(root);
  if (!space) return workspace::strategy::copy;
  blocking_cell inside;
  auto tried = inside.start((*space)->spec(workspace::strategy::overlay));
  if (tried) tried = inside.enter_phase("overlay");
  return tried ? workspace::strategy::overlay : workspace::strategy::copy;
}

}  // namespace skein::cell
