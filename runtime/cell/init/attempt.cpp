// `skein-cell attempt`, run as a command of a cell: tries what the cell must refuse and prints one
// line `NAME OUTCOME` each, where the outcome is `ok` or the errno's name. For `skein doctor`; not
// part of PID 1. `attempt disk` only fills the workspace.
#include "runtime/cell/init/init.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>

namespace skein::cell::init {
namespace {

void report(const char* name, long outcome) {
  const char* const why = outcome >= 0 ? "ok" : ::strerrorname_np(errno);
  std::printf("%s %s\n", name, why != nullptr ? why : "unknown");
}

/// Runs `act` in a child, because it may be killed for it: `killed`, or what it returned.
void report_of_child(const char* name, bool (*act)()) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act() ? 0 : 1);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return report(name, -1);
  std::printf("%s %s\n", name,
              WIFSIGNALED(status)        ? "killed"
              : WEXITSTATUS(status) == 0 ? "ok"
                                         : "refused");
}

long open_for(const char* path, int flags) {
  const long file = ::open(path, flags | O_CLOEXEC, 0600);
  const int why = errno;
  if (file >= 0) ::close(static_cast<int>(file));
  errno = why;
  return file;
}

long new_namespace(unsigned long flags) {
  const long pid = ::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) ::_exit(0);
  if (pid > 0) ::waitpid(static_cast<pid_t>(pid), nullptr, 0);
  return pid;
}

void mounts_and_namespaces() {
  report("unshare", ::unshare(CLONE_NEWUSER));
  report("clone", new_namespace(CLONE_NEWUSER));
  report("clone3", ::syscall(SYS_clone3, nullptr, 0));
  report("setns", ::setns(-1, 0));
  report("mount", ::mount("x", "/tmp", "tmpfs", 0, nullptr));
  report("umount2", ::umount2("/tmp", MNT_DETACH));
  report("pivot_root", ::syscall(SYS_pivot_root, "/tmp", "/tmp"));
  report("chroot", ::chroot("/tmp"));
  report("open_tree", ::syscall(SYS_open_tree, AT_FDCWD, "/", 0));
  report("fsopen", ::syscall(SYS_fsopen, "tmpfs", 0));
  report("move_mount", ::syscall(SYS_move_mount, -1, "", -1, "", 0));
}

void kernel() {
  report("ptrace", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
  report("process_vm_readv", ::process_vm_readv(1, nullptr, 0, nullptr, 0, 0));
  report("process_vm_writev", ::process_vm_writev(1, nullptr, 0, nullptr, 0, 0));
  report("keyctl", ::syscall(SYS_keyctl, 0, 0, 0));
  report("add_key", ::syscall(SYS_add_key, "user", "x", "y", 1, -3));
  report("request_key", ::syscall(SYS_request_key, "user", "x", nullptr, 0));
  report("bpf", ::syscall(SYS_bpf, 0, nullptr, 0));
  report("perf_event_open", ::syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0));
  report("userfaultfd", ::syscall(SYS_userfaultfd, 0));
  report("io_uring_setup", ::syscall(SYS_io_uring_setup, 1, nullptr));
  report("kexec_load", ::syscall(SYS_kexec_load, 0, 0, nullptr, 0));
  report("init_module", ::syscall(SYS_init_module, nullptr, 0, ""));
  report("finit_module", ::syscall(SYS_finit_module, -1, "", 0));
  report("reboot", ::syscall(SYS_reboot, 0, 0, 0, nullptr));
  report("clock_settime", ::syscall(SYS_clock_settime, 0, nullptr));
  report("open_by_handle_at", ::syscall(SYS_open_by_handle_at, AT_FDCWD, nullptr, O_RDONLY));
  report("personality", ::personality(ADDR_NO_RANDOMIZE));
  report("tiocsti", ::ioctl(0, TIOCSTI, "x"));
}

void foreign_calls() {
#if defined(__x86_64__)
  report_of_child("i386", [] {
    long outcome = 0;
    __asm__ volatile("int $0x80" : "=a"(outcome) : "a"(20L) : "memory");  // getpid
    return outcome > 0;
  });
  report_of_child("x32", [] { return ::syscall(0x40000000 | SYS_getpid) > 0; });
#endif
}

void socket_families() {
  report("socket_unix", ::socket(AF_UNIX, SOCK_STREAM, 0));
  report("socket_inet", ::socket(AF_INET, SOCK_STREAM, 0));
  report("socket_inet6", ::socket(AF_INET6, SOCK_DGRAM, 0));
  report("socket_netlink", ::socket(AF_NETLINK, SOCK_RAW, 0));
  report("socket_packet", ::socket(AF_PACKET, SOCK_RAW, 0));
  report("socket_vsock", ::socket(AF_VSOCK, SOCK_STREAM, 0));
  report("socket_alg", ::socket(AF_ALG, SOCK_SEQPACKET, 0));
}

void capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct all[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}};
  report("capset", ::syscall(SYS_capset, &header, all));
  report("setuid", ::setuid(0));
  report("ambient", ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0));
  long bounding = -1;
  errno = EPERM;
  for (int capability = 0; capability <= 63; ++capability)
    if (::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1) bounding = capability;
  errno = EPERM;
  report("bounding_set", bounding);
  errno = EPERM;
  report("new_privileges", ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -1 : 0);
}

void first_process_of_cell() {
  for (const int number : {SIGKILL, SIGSTOP, SIGTERM, SIGSEGV, SIGCHLD}) ::kill(1, number);
  const rlimit limit = {0, 0};
  report("limits_of_1", ::prlimit(1, RLIMIT_NOFILE, &limit, nullptr));
  for (const char* file : {"/proc/1/mem", "/proc/1/environ", "/proc/1/maps", "/proc/1/exe",
                           "/proc/1/root/", "/proc/1/fd", "/proc/1/ns/mnt", "/proc/1/fd/3"})
    report(file, open_for(file, O_RDONLY));
}

void files() {
  for (const char* file : {"/x", "/usr/x", "/etc/x", "/dev/x", "/proc/self/../x"})
    report(file, open_for(file, O_WRONLY | O_CREAT));
  for (const char* file : {"/etc/passwd", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"})
    report(file, open_for(file, O_WRONLY));
  report("device_mode", ::chmod("/dev/null", 0666));
  report("device_node", ::mknod("/tmp/disk", S_IFBLK | 0600, 254 << 8));
  for (const char* path :
       {"/home", "/root", "/run", "/var", "/sys", "/.cell/root", "/.cell/etc", "/etc/shadow",
        "/proc/kcore", "/proc/keys", "/proc/kallsyms", "/proc/1/root/etc"}) {
    char byte = 0;
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    errno = file < 0 ? errno : ENODATA;
    struct stat status = {};
    const bool something = file >= 0 && ::fstat(file, &status) == 0 &&
                           (S_ISDIR(status.st_mode) || ::read(file, &byte, 1) > 0);
    report(path, something ? 0 : -1);
  }
}

void limits() {
  int last = -1;
  long opened = 0;
  for (; opened < 100'000; ++opened) {
    last = ::dup(0);
    if (last < 0) break;
  }
  report("open_files", opened < 100'000 ? -1 : 0);
  ::syscall(SYS_close_range, 3U, ~0U, 0);
  rlimit core = {};
  ::getrlimit(RLIMIT_CORE, &core);
  errno = EPERM;
  report("core", core.rlim_max == 0 ? -1 : 0);
  ::signal(SIGXFSZ, SIG_IGN);
  const int big = ::open("big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  // A hole: only the offset matters.
  report("file_size", ::pwrite(big, "x", 1, 1LL << 40));
  ::close(big);
  report_of_child("memory", [] {
    constexpr std::size_t step = 16 << 20;
    for (std::size_t all = 0; all < (8ULL << 30); all += step) {
      void* const more =
          ::mmap(nullptr, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (more == MAP_FAILED) return false;
      for (std::size_t at = 0; at < step; at += 4096) static_cast<volatile char*>(more)[at] = 1;
    }
    return true;
  });
  // Children that wait until their common end of a pipe is closed.
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) return report("processes", -1);
  long made = 0;
  int why = 0;
  for (; made < 5000; ++made) {
    const pid_t child = ::fork();
    why = errno;
    if (child == 0) {
      ::close(ends[1]);
      char byte = 0;
      ::_exit(static_cast<int>(::read(ends[0], &byte, 1)));
    }
    if (child < 0) break;
  }
  errno = why;
  report("processes", made < 5000 ? -1 : 0);
  ::close(ends[0]);
  ::close(ends[1]);
  while (::wait(nullptr) > 0) continue;
}

/// Writes until it is refused, then removes what it wrote.
void disk() {
  alignas(16) static char block[1 << 20];
  constexpr long most = 256;
  long files = 0;
  int why = 0;
  char name[32];
  for (; files < most; ++files) {
    std::snprintf(name, sizeof name, "fill%ld", files);
    const int file = ::open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const bool wrote = file >= 0 && ::write(file, block, sizeof block) == sizeof block;
    why = errno;
    if (file >= 0) ::close(file);
    if (!wrote) break;
  }
  errno = why != 0 ? why : ENOSPC;
  report("disk", files < most ? -1 : 0);
  for (; files >= 0; --files) {
    std::snprintf(name, sizeof name, "fill%ld", files);
    ::unlink(name);
  }
}

void descriptors() {
  long found = -1;
  for (int number = 3; number < 1024; ++number)
    if (::fcntl(number, F_GETFD) >= 0) found = number;
  errno = EBADF;
  report("descriptors", found);
}

}  // namespace

int attempt_all(bool only_disk) {
  ::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (only_disk) {
    disk();
    return 0;
  }
  descriptors();
  mounts_and_namespaces();
  kernel();
  foreign_calls();
  socket_families();
  ::syscall(SYS_close_range, 3U, ~0U, 0);
  capabilities();
  first_process_of_cell();
  files();
  limits();
  return 0;
}

}  // namespace skein::cell::init
