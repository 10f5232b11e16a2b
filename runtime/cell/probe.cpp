// Tries each layer of containment for real, in throw-away cells.
#include "runtime/cell/blocking_cell.hpp"
#include "runtime/cell/control_group.hpp"
#include "runtime/cell/seccomp_filter.hpp"
#include "runtime/process/run_child.hpp"
#include "runtime/process/spawn.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

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
  const auto& filter = command_filter();
  if (!filter) return broken("libseccomp", filter.error());
  return passed("libseccomp", "filter of " + std::to_string(filter->size() / 8) + " instructions");
}

layer_report probe_control_group() {
  const std::string layer = "cgroup";
  auto group = control_group::make({});
  if (!group) {
    error why = group.error();
    if (::geteuid() == 0)
      why.message += "; as root the number of processes of a cell is then not limited";
    return broken(layer, why, false);
  }
  std::string evidence = "made " + group->folders().front().string() + ", limits:";
  if (group->limits_memory()) evidence += " memory";
  if (group->limits_processes()) evidence += " processes";
  return passed(layer, evidence, false);
}

/// What one command inside a cell must print for the layer to hold.
struct inside_probe {
  const char* layer;
  const char* line;
  const char* expected;  ///< all of the output
  const char* evidence;
};

constexpr inside_probe inside_probes[] = {
    {"command in a cell", "echo it runs", "it runs\n", "/bin/sh printed a line"},
    {"capabilities",
     "grep -E '^(Cap(Eff|Prm|Bnd|Amb)|NoNewPrivs)' /proc/self/status | tr -d '\\n\\t '",
     "CapPrm:0000000000000000CapEff:0000000000000000CapBnd:0000000000000000"
     "CapAmb:0000000000000000NoNewPrivs:1",
     "a command has none and cannot gain any"},
    {"seccomp",
     "grep -q '^Seccomp:.*2' /proc/self/status && ! unshare -U true 2>/dev/null && "
     "! mount -t tmpfs x /tmp 2>/dev/null && echo refused",
     "refused\n", "a filter is active; unshare and mount are refused"},
    {"network namespace", "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '", "lo\n",
     "the only interface is the cell's own loopback"},
    {"first process",
     "for f in environ mem maps exe; do head -c 1 /proc/1/$f >/dev/null 2>&1 && "
     "echo $f; done; ls /.cell",
     "", "its memory, environment and program are unreadable"},
    {"root file system",
     "for f in / /usr /etc /dev /proc/self/comm /proc/sys/kernel/core_pattern; "
     "do test -w $f && echo $f; done; test -e /home && echo home; "
     "test -e /run && echo run; true",
     "", "nothing outside the workspace and /tmp is writable; no home, no /run"},
};

void probe_inside(std::vector<layer_report>& reports, blocking_cell& inside) {
  for (const inside_probe& probe : inside_probes) {
    command what;
    what.line = probe.line;
    what.timeout = 20s;
    const auto ended = inside.execute(what);
    if (!ended) {
      reports.push_back(broken(probe.layer, ended.error()));
    } else if (ended->output != probe.expected) {
      reports.push_back(broken(
          probe.layer, {errc::unsupported,
                        "`" + std::string(probe.line) + "` in a cell printed: " + ended->output,
                        "do not run untrusted code on this machine; report this output"}));
    } else {
      reports.push_back(passed(probe.layer, probe.evidence));
    }
  }
}

void probe_cell(std::vector<layer_report>& reports, const fs::path& scratch) {
  const auto space = scratch_space::make(scratch);
  if (!space) return reports.push_back(broken("scratch folder", space.error()));
  blocking_cell inside;
  if (auto started = inside.start((*space)->spec(workspace::strategy::overlay)); !started)
    return reports.push_back(broken("cell", started.error()));
  reports.push_back(passed("cell", "every layer of a cell was set up"));
  const auto overlay = inside.enter_phase("overlay");
  if (overlay) {
    reports.push_back(passed("overlayfs", "mounted below " + scratch.string(), false));
    return probe_inside(reports, inside);
  }
  error why = overlay.error();
  why.message += "; workspaces are copied instead";
  reports.push_back(broken("overlayfs", why, false));
  blocking_cell copying;
  auto entered = copying.start((*space)->spec(workspace::strategy::copy));
  if (entered) entered = copying.enter_phase("copy");
  if (!entered) return reports.push_back(broken("workspace copy", entered.error()));
  probe_inside(reports, copying);
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
