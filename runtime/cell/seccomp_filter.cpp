#include "runtime/cell/seccomp_filter.hpp"

#include "runtime/cell/init/protocol.hpp"
#include "runtime/process/descriptor.hpp"

#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>

namespace skein::cell {
namespace {

// By name: a call this libseccomp or this architecture does not know cannot be reached through it
// under a number either, unless the kernel is newer; those that matter there are in `by_number`.
constexpr std::array denied{
    // other processes' memory and state
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
    "move_pages", "migrate_pages", "perf_event_open", "lookup_dcookie",
    // mounts and namespaces
    "mount", "umount", "umount2", "pivot_root", "chroot", "setns", "unshare", "open_tree",
    "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "open_by_handle_at",
    "name_to_handle_at", "quotactl", "quotactl_fd", "acct", "swapon", "swapoff", "fanotify_init",
    // kernel keys, programs, modules, machine state
    "keyctl", "add_key", "request_key", "bpf", "userfaultfd", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "create_module", "query_module", "reboot", "sethostname", "setdomainname",
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime", "syslog", "iopl",
    "ioperm", "vhangup", "nfsservctl", "uselib", "_sysctl", "sysfs", "ustat", "vm86", "vm86old",
    "modify_ldt", "get_kernel_syms"};

// Newer than the library: open_tree_attr (467), mseal is harmless, listmount and statmount (457,
// 458) would name the host's paths.
constexpr std::array by_number{457, 458, 467};

constexpr std::array namespace_flags{CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                     CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};

using context = std::unique_ptr<void, decltype(&seccomp_release)>;

/// Collects the first failure, so that the rules below read as a list.
class rules {
 public:
  explicit rules(void* filter) : filter_(filter) {}

  void deny(int call, int with = EPERM) {
    keep(seccomp_rule_add_array(filter_, SCMP_ACT_ERRNO(static_cast<unsigned>(with)), call, 0,
                                nullptr));
  }
  void deny_if(int call, scmp_arg_cmp argument, int with = EPERM) {
    keep(seccomp_rule_add_array(filter_, SCMP_ACT_ERRNO(static_cast<unsigned>(with)), call, 1,
                                &argument));
  }
  void keep(int outcome) {
    if (failure_ == 0 && outcome != 0) failure_ = -outcome;
  }
  [[nodiscard]] int failure() const { return failure_; }

 private:
  void* filter_;
  int failure_ = 0;
};

scmp_arg_cmp argument(unsigned number, scmp_compare how, scmp_datum_t a, scmp_datum_t b = 0) {
  return scmp_arg_cmp{number, how, a, b};
}

void add_rules(rules& all) {
  for (const char* name : denied) {
    const int call = seccomp_syscall_resolve_name(name);
    // A negative number stands for a call this architecture does not have.
    if (call >= 0) all.deny(call);
  }
  for (const int call : by_number) all.deny(call);

  // clone3 passes its flags in memory where no filter can look; libraries fall back to clone.
  all.deny(SCMP_SYS(clone3), ENOSYS);
  for (const int flag : namespace_flags) {
    const auto bits = static_cast<scmp_datum_t>(static_cast<unsigned>(flag));
    all.deny_if(SCMP_SYS(clone), argument(0, SCMP_CMP_MASKED_EQ, bits, bits));
  }
  // Local, IPv4 and IPv6 sockets only: every other family is kernel code nobody here needs.
  static_assert(AF_UNIX == 1 && AF_INET == 2 && AF_INET6 == 10);
  all.deny_if(SCMP_SYS(socket), argument(0, SCMP_CMP_EQ, 0), EAFNOSUPPORT);
  for (scmp_datum_t family = AF_INET + 1; family < AF_INET6; ++family)
    all.deny_if(SCMP_SYS(socket), argument(0, SCMP_CMP_EQ, family), EAFNOSUPPORT);
  all.deny_if(SCMP_SYS(socket), argument(0, SCMP_CMP_GT, AF_INET6), EAFNOSUPPORT);
  all.deny_if(SCMP_SYS(socketpair), argument(0, SCMP_CMP_NE, AF_UNIX), EAFNOSUPPORT);
  // Limits of another process: PID 1 has the same user.
  all.deny_if(SCMP_SYS(prlimit64), argument(0, SCMP_CMP_NE, 0));
  all.deny_if(SCMP_SYS(personality), argument(0, SCMP_CMP_NE, 0));
  // Typing into a terminal that is not one's own.
  for (const unsigned long request : {TIOCSTI, TIOCLINUX})
    all.deny_if(SCMP_SYS(ioctl), argument(1, SCMP_CMP_MASKED_EQ, 0xffffffffU, request));
}

result<std::string> compile() {
  const auto refuse = [](const std::string& what, int code) {
    error why = errno_error("make the seccomp filter: " + what, code);
    why.code = errc::unsupported;
    why.remedy = "install libseccomp 2.5 or newer";
    return why;
  };
  const context filter(seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (!filter) return refuse("start", ENOMEM);
  rules all(filter.get());
  all.keep(seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
  all.keep(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
  add_rules(all);
  if (all.failure() != 0) return refuse("add a rule", all.failure());

  const process::descriptor file(::memfd_create("filter", MFD_CLOEXEC));
  if (!file) return refuse("open a file in memory", errno);
  if (const int failed = seccomp_export_bpf(filter.get(), file.get()); failed != 0)
    return refuse("export it", -failed);
  std::string program(wire::max_filter + 1, '\0');
  const ssize_t size = ::pread(file.get(), program.data(), program.size(), 0);
  if (size <= 0 || static_cast<std::size_t>(size) > wire::max_filter)
    return refuse("read it back", E2BIG);
  program.resize(static_cast<std::size_t>(size));
  return program;
}

}  // namespace

const result<std::string>& command_filter() {
  static const result<std::string> filter = compile();
  return filter;
}

}  // namespace skein::cell
