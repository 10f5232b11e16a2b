#include "runtime/cell/forbidden.hpp"

#include "runtime/cell/environment.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <string_view>

namespace skein::cell {

const cell_limits tight_limits{.memory_bytes = 256ULL << 20,
                               .processes = 64,
                               .file_bytes = 64ULL << 20,
                               .open_files = 256,
                               .cpu = std::chrono::seconds(20),
                               .disk_bytes = 32ULL << 20,
                               .disk_files = 4000,
                               .cpu_percent = 0};

namespace {

using namespace std::chrono_literals;

constexpr const char* stop_remedy =
    "do not run untrusted code on this machine before this is explained; report this output";

/// Attempts of `skein-cell attempt` that one layer must refuse.
struct layer_attempts {
  const char* layer;
  std::span<const std::string_view> names;
  const char* evidence;
};

constexpr std::array<std::string_view, 11> namespaces{
    "unshare", "clone",  "clone3",    "setns",      "mount",     "umount2",
    "chroot",  "fsopen", "open_tree", "move_mount", "pivot_root"};
constexpr std::array<std::string_view, 18> kernel{"ptrace",
                                                  "process_vm_readv",
                                                  "process_vm_writev",
                                                  "keyctl",
                                                  "add_key",
                                                  "request_key",
                                                  "bpf",
                                                  "perf_event_open",
                                                  "userfaultfd",
                                                  "io_uring_setup",
                                                  "kexec_load",
                                                  "init_module",
                                                  "finit_module",
                                                  "reboot",
                                                  "clock_settime",
                                                  "open_by_handle_at",
                                                  "personality",
                                                  "tiocsti"};
#if defined(__x86_64__)
constexpr std::array<std::string_view, 2> foreign{"i386", "x32"};
#endif
constexpr std::array<std::string_view, 6> socket_families{
    "socket_inet", "socket_inet6", "socket_netlink", "socket_packet", "socket_vsock", "socket_alg"};
constexpr std::array<std::string_view, 5> capabilities{"capset", "setuid", "ambient",
                                                       "bounding_set", "new_privileges"};
constexpr std::array<std::string_view, 9> first_process{
    "limits_of_1",   "/proc/1/mem", "/proc/1/environ", "/proc/1/maps", "/proc/1/exe",
    "/proc/1/root/", "/proc/1/fd",  "/proc/1/ns/mnt",  "/proc/1/fd/3"};
constexpr std::array<std::string_view, 10> written{"/x",
                                                   "/usr/x",
                                                   "/etc/x",
                                                   "/dev/x",
                                                   "/proc/self/../x",
                                                   "/etc/passwd",
                                                   "/proc/sys/kernel/core_pattern",
                                                   "/proc/sysrq-trigger",
                                                   "device_mode",
                                                   "device_node"};
constexpr std::array<std::string_view, 12> host_files{
    "/home",      "/root",       "/run",        "/var",       "/sys",           "/.cell/root",
    "/.cell/etc", "/etc/shadow", "/proc/kcore", "/proc/keys", "/proc/kallsyms", "/proc/1/root/etc"};
constexpr std::array<std::string_view, 1> descriptors{"descriptors"};
constexpr std::array<std::string_view, 4> limits{"open_files", "core", "file_size", "memory"};
constexpr std::array<std::string_view, 1> processes{"processes"};

constexpr layer_attempts layers[] = {
    {"mounts and namespaces", namespaces, "each call that makes or enters one was refused"},
    {"kernel interfaces", kernel,
     "ptrace, keys, bpf, perf, io_uring, modules, kexec and the like were refused"},
#if defined(__x86_64__)
    {"foreign system calls", foreign, "i386 and x32 calls killed the process that made them"},
#endif
    {"sockets", socket_families, "without a grant only sockets inside the cell can be made"},
    {"capabilities", capabilities, "a command has none and cannot gain any"},
    {"first process", first_process,
     "its memory, environment, files and limits are out of reach, and no signal ends it"},
    {"read-only root", written, "nothing outside the workspace and /tmp can be written"},
    {"host files", host_files, "no home, no /run, no /sys, no sources of the mounts"},
    {"descriptors", descriptors, "a command has its three streams and nothing else"},
    {"limits", limits, "open files, file size, memory and core files are bounded"},
};

layer_report passed(std::string layer, std::string evidence, bool required = true) {
  return {std::move(layer), true, required, std::move(evidence), {}};
}

layer_report broken(std::string layer, std::string evidence, std::string remedy = stop_remedy) {
  return {std::move(layer), false, true, std::move(evidence), std::move(remedy)};
}

/// Evidence is one line of bounded length, whatever a cell printed.
std::string shortened(std::string text) {
  if (text.size() > 300) text = text.substr(0, 300) + " …";
  std::replace_if(
      text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0x20; },
      ' ');
  return text;
}

result<command_result> run(blocking_cell& inside, const std::string& line,
                           std::chrono::milliseconds timeout = 10s) {
  command what;
  what.line = line;
  what.timeout = timeout;
  return inside.execute(what);
}

std::map<std::string, std::string, std::less<>> outcomes(const std::string& output) {
  std::map<std::string, std::string, std::less<>> all;
  std::istringstream words(output);
  std::string name;
  std::string outcome;
  while (words >> name >> outcome) all[name] = outcome;
  return all;
}

template <class Outcomes>
layer_report judge(const layer_attempts& layer, const Outcomes& all) {
  std::string wrong;
  for (const std::string_view name : layer.names) {
    const auto found = all.find(name);
    const std::string outcome = found == all.end() ? "not attempted" : found->second;
    if (outcome == "ok" || outcome == "not attempted")
      wrong += (wrong.empty() ? "" : ", ") + std::string(name) + ": " + outcome;
  }
  if (!wrong.empty()) return broken(layer.layer, "in a cell: " + shortened(wrong));
  return passed(layer.layer, layer.evidence);
}

/// A line that must print exactly `expected`.
layer_report compare(blocking_cell& inside, const char* layer, const std::string& line,
                     const std::string& expected, const char* evidence) {
  const auto ended = run(inside, line);
  if (!ended) return broken(layer, ended.error().message, ended.error().remedy);
  if (ended->output != expected)
    return broken(layer, "`" + shortened(line) + "` printed: " + shortened(ended->output));
  return passed(layer, evidence);
}

/// Leaves processes behind that leave their session, ignore signals or stand still, and counts.
layer_report outlive(blocking_cell& inside) {
  const char* const layer = "nothing outlives a command";
  const auto left =
      run(inside,
          "trap '' TERM INT HUP; (setsid sh -c '(sleep 1000 &) ; exec sleep 1000' &) ; "
          "sleep 1000 & sh -c 'kill -STOP $$' & sleep 1000",
          100ms);
  if (!left) return broken(layer, left.error().message, left.error().remedy);
  if (left->end != command_end::timed_out)
    return broken(layer, "a command that ignores signals was not ended by its timeout");
  return compare(inside, layer, "cat /proc/[0-9]*/comm | grep -c -E '^(sleep|setsid)$'", "0\n",
                 "processes in another session, deaf or stopped were dead after the timeout");
}

std::string expected_environment() {
  std::vector<std::string> names{"PWD"};  // the shell's own
  for (const std::string& variable : standard_environment())
    names.push_back(variable.substr(0, variable.find('=')));
  std::sort(names.begin(), names.end());
  std::string lines;
  for (const std::string& name : names) lines += name + "\n";
  return lines;
}

}  // namespace

std::vector<layer_report> attempt_forbidden(blocking_cell& inside, const bounded_by& bounded) {
  std::vector<layer_report> reports;
  reports.push_back(
      compare(inside, "command in a cell", "echo it runs", "it runs\n", "/bin/sh printed a line"));
  const auto tried = run(inside, std::string("./") + intruder_name + " attempt");
  if (!tried || (tried->end != command_end::exited && tried->end != command_end::signalled)) {
    reports.push_back(
        broken("attempts", tried ? "they took longer than 10 s" : tried.error().message));
    return reports;
  }
  const auto all = outcomes(tried->output);
  for (const layer_attempts& layer : layers) reports.push_back(judge(layer, all));
  layer_report count =
      judge({"process limit", processes, "no more than the limit could be started"}, all);
  if (!count.works && !bounded.processes) {
    count.required = false;
    count.evidence += "; the kernel counts no processes of root";
    count.remedy = "run skein as another user, or where it may make control groups";
  }
  reports.push_back(std::move(count));
  reports.push_back(compare(inside, "network namespace",
                            "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '", "lo\n",
                            "the only interface is the cell's own loopback"));
  reports.push_back(
      compare(inside, "environment", "env | cut -d= -f1 | grep -v '^_$' | LC_ALL=C sort",
              expected_environment(), "nothing of the host's; package managers run no scripts"));
  reports.push_back(outlive(inside));
  return reports;
}

layer_report fill_disk(blocking_cell& inside) {
  const char* const layer = "bounded workspaces";
  const auto tried = run(inside, std::string("./") + intruder_name + " attempt disk");
  if (!tried) return broken(layer, tried.error().message, tried.error().remedy);
  const auto all = outcomes(tried->output);
  const auto found = all.find("disk");
  if (found == all.end() || found->second != "ENOSPC")
    return broken(
        layer, "a cell with memory of its own wrote more than it may: " + shortened(tried->output));
  return passed(layer, "writing beyond the size of a cell's own memory was refused");
}

}  // namespace skein::cell
