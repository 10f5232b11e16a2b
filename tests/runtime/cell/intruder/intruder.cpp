// What hostile code would try from inside a cell, one line per attempt: `name result`, where the
// result is `ok` or the errno's name. Run by the tests; it never succeeds in a cell that works.
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
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

namespace {

void report(const char* name, long outcome) {
  std::printf("%s %s\n", name, outcome >= 0 ? "ok" : strerrorname_np(errno));
}

long clone_with(unsigned long flags) {
  const long pid = ::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) ::_exit(0);
  if (pid > 0) ::waitpid(static_cast<pid_t>(pid), nullptr, 0);
  return pid;
}

long open_for(const char* path, int flags) {
  return ::open(path, flags | O_CLOEXEC, 0600);
}

void namespaces() {
  report("unshare_user", ::unshare(CLONE_NEWUSER));
  report("unshare_mount", ::unshare(CLONE_NEWNS));
  report("unshare_net", ::unshare(CLONE_NEWNET));
  report("clone_user", clone_with(CLONE_NEWUSER));
  report("clone_pid", clone_with(CLONE_NEWPID));
  report("clone_high_bits", clone_with(0xffffffff00000000UL | CLONE_NEWUSER));
  report("clone3", ::syscall(SYS_clone3, nullptr, 0));
  report("setns", ::setns(open_for("/proc/self/ns/mnt", O_RDONLY), 0));
  report("mount", ::mount("x", "/tmp", "tmpfs", 0, nullptr));
  report("umount", ::umount2("/.cell", MNT_DETACH));
  report("umount_workspace", ::umount2("/workspace", MNT_DETACH));
  report("pivot_root", ::syscall(SYS_pivot_root, "/tmp", "/tmp"));
  report("chroot", ::chroot("/tmp"));
  report("open_tree", ::syscall(SYS_open_tree, AT_FDCWD, "/", 0));
  report("fsopen", ::syscall(SYS_fsopen, "tmpfs", 0));
  report("move_mount", ::syscall(SYS_move_mount, -1, "", -1, "", 0));
  report("mount_setattr", ::syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, nullptr, 0));
  report("statmount", ::syscall(457, nullptr, nullptr, 0, 0));
  report("listmount", ::syscall(458, nullptr, nullptr, 0, 0));
  report("open_by_handle_at", ::syscall(SYS_open_by_handle_at, AT_FDCWD, nullptr, O_RDONLY));
}

void kernel() {
  report("ptrace", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
  report("process_vm_readv", ::process_vm_readv(1, nullptr, 0, nullptr, 0, 0));
  report("bpf", ::syscall(SYS_bpf, 0, nullptr, 0));
  report("perf_event_open", ::syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0));
  report("userfaultfd", ::syscall(SYS_userfaultfd, 0));
  report("io_uring_setup", ::syscall(SYS_io_uring_setup, 1, nullptr));
  report("keyctl", ::syscall(SYS_keyctl, 0, 0, 0));
  report("add_key", ::syscall(SYS_add_key, "user", "x", "y", 1, -3));
  report("kexec_load", ::syscall(SYS_kexec_load, 0, 0, nullptr, 0));
  report("init_module", ::syscall(SYS_init_module, nullptr, 0, ""));
  report("reboot", ::syscall(SYS_reboot, 0, 0, 0, nullptr));
  report("sethostname", ::sethostname("x", 1));
  report("personality", ::personality(0x0040000));
  report("tiocsti", ::ioctl(0, TIOCSTI, "x"));
  report("tiocsti_high_bits", ::syscall(SYS_ioctl, 0, 0xffffffff00000000UL | TIOCSTI, "x"));
  report("tioclinux", ::ioctl(0, TIOCLINUX, "x"));
  report("tiocsetd", ::ioctl(0, TIOCSETD, "x"));
  report("process_vm_writev", ::process_vm_writev(1, nullptr, 0, nullptr, 0, 0));
  report("pidfd_getfd", ::syscall(SYS_pidfd_getfd, 0, 0, 0));
  report("kcmp", ::syscall(SYS_kcmp, 1, 1, 0, 0, 0));
  report("io_uring_enter", ::syscall(SYS_io_uring_enter, 0, 0, 0, 0, nullptr, 0));
  report("io_uring_register", ::syscall(SYS_io_uring_register, 0, 0, nullptr, 0));
  report("request_key", ::syscall(SYS_request_key, "user", "x", nullptr, 0));
  report("kexec_file_load", ::syscall(SYS_kexec_file_load, 0, 0, 0, nullptr, 0));
  report("finit_module", ::syscall(SYS_finit_module, 0, "", 0));
  report("delete_module", ::syscall(SYS_delete_module, "", 0));
  report("swapon", ::syscall(SYS_swapon, "/workspace/x", 0));
  report("acct", ::syscall(SYS_acct, "/workspace/x"));
  report("quotactl", ::syscall(SYS_quotactl, 0, nullptr, 0, nullptr));
  report("clock_settime", ::syscall(SYS_clock_settime, 0, nullptr));
  report("settimeofday", ::syscall(SYS_settimeofday, nullptr, nullptr));
  report("name_to_handle_at", ::syscall(SYS_name_to_handle_at, 0, "/", nullptr, nullptr, 0));
  report("fanotify_init", ::syscall(SYS_fanotify_init, 0, 0));
  report("syslog", ::syscall(SYS_syslog, 3, nullptr, 0));
  report("process_madvise", ::syscall(SYS_process_madvise, -1, nullptr, 0, 0, 0));
  report("open_tree_attr", ::syscall(467, AT_FDCWD, "/", 0, nullptr, 0));
#if defined(__x86_64__)
  report("iopl", ::syscall(SYS_iopl, 3));
  report("ioperm", ::syscall(SYS_ioperm, 0, 1, 1));
  report("modify_ldt", ::syscall(SYS_modify_ldt, 0, nullptr, 0));
  report("lookup_dcookie", ::syscall(SYS_lookup_dcookie, 0, nullptr, 0));
#endif
  report("newer", ::syscall(470));
}

void sockets() {
  report("unix_stream", ::socket(AF_UNIX, SOCK_STREAM, 0));
  int pair[2];
  report("unix_pair", ::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
  report("inet_stream", ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  report("inet6_stream", ::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP));
  report("inet_datagram", ::socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP));
  report("inet_raw", ::socket(AF_INET, SOCK_RAW, 1));
  report("inet_seqpacket", ::socket(AF_INET, SOCK_SEQPACKET, 0));
  report("inet_mptcp", ::socket(AF_INET, SOCK_STREAM, 262));
  report("netlink", ::socket(AF_NETLINK, SOCK_RAW, 0));
  report("packet", ::socket(AF_PACKET, SOCK_RAW, 0));
  report("vsock", ::socket(40, SOCK_STREAM, 0));
  report("alg", ::socket(38, SOCK_SEQPACKET, 0));
  report("high_bits", ::syscall(SYS_socket, 0x100000010UL, SOCK_RAW, 0));
}

void allowed() {
  static char space[256];
  const unsigned long how[3] = {O_RDONLY, 0, 0};
  report("socket_unix", ::socket(AF_UNIX, SOCK_STREAM, 0));
  report("memfd", ::syscall(SYS_memfd_create, "x", 0));
  report("statx", ::syscall(SYS_statx, AT_FDCWD, "/workspace", 0, 0xfff, space));
  report("openat2", ::syscall(SYS_openat2, AT_FDCWD, "/workspace", how, sizeof how));
  // The lowest: what runs under `nice` already may not go back up.
  report("priority", ::syscall(SYS_setpriority, 0, 0, 19));
  report("fork", clone_with(0));
  rlimit limit = {};
  report("getrlimit", ::prlimit(0, RLIMIT_NOFILE, nullptr, &limit));
  report("write_tmp", open_for("/tmp/x", O_WRONLY | O_CREAT));
  report("write_shm", open_for("/dev/shm/x", O_WRONLY | O_CREAT));
  report("write_workspace", open_for("/workspace/x", O_WRONLY | O_CREAT));
  report("write_null", open_for("/dev/null", O_WRONLY));
  report("terminal", open_for("/dev/ptmx", O_RDWR | O_NOCTTY));
}

void first_process() {
  report("kill", ::kill(1, SIGKILL));  // allowed to try; the kernel does not deliver it
  ::kill(1, SIGSTOP);
  ::kill(1, SIGTERM);
  ::kill(1, SIGSEGV);
  ::kill(1, SIGCHLD);
  rlimit limit = {0, 0};
  report("prlimit", ::prlimit(1, RLIMIT_NOFILE, &limit, nullptr));
  for (const char* file : {"/proc/1/mem", "/proc/1/environ", "/proc/1/maps", "/proc/1/fd/3"})
    report(file, open_for(file, O_RDONLY));
  for (const char* file : {"/proc/1/exe", "/proc/1/ns/mnt", "/proc/1/root/", "/proc/1/cwd/"})
    report(file, open_for(file, O_RDONLY));
  report("write_mem", open_for("/proc/1/mem", O_RDWR));
  report("oom", open_for("/proc/1/oom_score_adj", O_WRONLY));
}

void files() {
  report("root", open_for("/x", O_WRONLY | O_CREAT));
  report("usr", open_for("/usr/x", O_WRONLY | O_CREAT));
  report("etc", open_for("/etc/passwd", O_WRONLY));
  report("dev", open_for("/dev/x", O_WRONLY | O_CREAT));
  report("hidden", open_for("/.cell/root", O_RDONLY));
  report("hidden_write", open_for("/.cell/x", O_WRONLY | O_CREAT));
  report("core_pattern", open_for("/proc/sys/kernel/core_pattern", O_WRONLY));
  report("kcore", open_for("/proc/kcore", O_RDONLY));
  report("device_mode", ::chmod("/dev/null", 0666));
  report("device_owner", ::chown("/dev/zero", ::getuid(), ::getgid()));
  report("mknod", ::mknod("/tmp/disk", S_IFBLK | 0600, (254 << 8)));
  report("shadow", open_for("/etc/shadow", O_RDONLY));
  report("skein_cell_socket", ::fcntl(3, F_GETFD));
}

void capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct all[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}};
  report("capset", ::syscall(SYS_capset, &header, all));
  report("setuid_root", ::setuid(0));
  report("ambient", ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0));
  report("securebits", ::prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
  report("new_privileges", ::prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

/// Writes 1 MiB files until it is refused or 16 GiB are there; unlinked ones stay open.
void fill(bool unlinked) {
  static char block[1 << 20];
  char name[32];
  for (int i = 0; i < 16'384; ++i) {
    std::snprintf(name, sizeof name, "fill%d", i);
    const int file = ::open(name, O_WRONLY | O_CREAT, 0600);
    if (unlinked) ::unlink(name);
    if (file < 0 || ::write(file, block, sizeof block) < 0) return report("fill", -1);
    if (!unlinked) ::close(file);
  }
  report("fill", 0);
}

/// Empty files until it is refused, by four processes at once.
void many_files() {
  ::fork();
  ::fork();
  char name[64];
  for (int i = 0; i < 5'000'000; ++i) {
    std::snprintf(name, sizeof name, "empty%d.%d", static_cast<int>(::getpid()), i);
    const int file = ::open(name, O_WRONLY | O_CREAT, 0600);
    if (file < 0) return report("many_files", -1);
    ::close(file);
  }
  report("many_files", 0);
}

/// The 32-bit entry reaches other system call numbers; the filter ends the process.
void foreign_architecture() {
#if defined(__x86_64__)
  long outcome = 0;
  __asm__ volatile("int $0x80" : "=a"(outcome) : "a"(20L) : "memory");  // getpid
  std::printf("int80 %ld\n", outcome);
#endif
}

/// x32 numbers have bit 30 set.
void x32() {
#if defined(__x86_64__)
  errno = 0;
  report("x32", ::syscall(0x40000000 | SYS_getpid));
#endif
}

}  // namespace

int main(int count, char** words) {
  ::setvbuf(stdout, nullptr, _IONBF, 0);
  for (int i = 1; i < count; ++i) {
    const char* const what = words[i];
    if (std::strcmp(what, "namespaces") == 0) namespaces();
    if (std::strcmp(what, "kernel") == 0) kernel();
    if (std::strcmp(what, "sockets") == 0) sockets();
    if (std::strcmp(what, "fill") == 0) fill(false);
    if (std::strcmp(what, "fill_unlinked") == 0) fill(true);
    if (std::strcmp(what, "many_files") == 0) many_files();
    if (std::strcmp(what, "allowed") == 0) allowed();
    if (std::strcmp(what, "first_process") == 0) first_process();
    if (std::strcmp(what, "files") == 0) files();
    if (std::strcmp(what, "capabilities") == 0) capabilities();
    if (std::strcmp(what, "foreign") == 0) foreign_architecture();
    if (std::strcmp(what, "x32") == 0) x32();
  }
}
