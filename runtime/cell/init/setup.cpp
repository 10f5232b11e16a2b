// Once per cell, before the first phase: nothing in the cell may touch PID 1, and nothing of the
// root may be written, not even the mode of a device node (they are the host's inodes).
#include "runtime/cell/init/init.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>

namespace skein::cell::init {
namespace {

using wire::step;

struct small_file {
  const char* path;
  const char* text;
};

constexpr small_file account_files[] = {
    {"/etc/passwd",
     "root:x:0:0:root:/root:/usr/sbin/nologin\nskein:x:1000:1000:skein:/tmp:/bin/sh\n"
     "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
    {"/etc/group", "root:x:0:\ntty:x:5:\nskein:x:1000:\nnogroup:x:65534:\n"},
    {"/etc/hosts", "127.0.0.1 localhost cell\n::1 localhost\n"},
    {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"},
    {"/etc/resolv.conf", ""},
    {"/etc/shells", "/bin/sh\n"},
};

// Readable by the user who started the host process, which may be root.
constexpr const char* hidden_proc_files[] = {
    "/proc/kcore",       "/proc/keys",          "/proc/key-users",     "/proc/timer_list",
    "/proc/sched_debug", "/proc/latency_stats", "/proc/sysrq-trigger", "/proc/kmsg",
    "/proc/kallsyms",    "/proc/vmallocinfo",   "/proc/slabinfo",      "/proc/cmdline"};
constexpr const char* hidden_proc_folders[] = {"/proc/acpi", "/proc/asound", "/proc/scsi",
                                               "/proc/fs",   "/proc/driver", "/proc/1"};
constexpr const char* empty_folder = "/.empty";

outcome write_account_files() {
  ::umask(022);
  if (::mkdir("/etc", 0755) != 0 && errno != EEXIST) return failed_at(step::account_files);
  for (const small_file& file : account_files) {
    const int out = ::open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (out < 0) return failed_at(step::account_files);
    const std::size_t size = std::strlen(file.text);
    const ssize_t wrote = ::write(out, file.text, size);
    ::close(out);
    if (wrote != static_cast<ssize_t>(size)) return failed_at(step::account_files);
  }
  for (const char* folder : {wire::workspace_path, "/tmp", empty_folder})
    if (::mkdir(folder, 0755) != 0 && errno != EEXIST) return failed_at(step::account_files);
  return {};
}

bool make_read_only(const char* path, unsigned flags) {
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return ::syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attributes, sizeof attributes) == 0;
}

outcome hide_proc() {
  const auto cover = [](const char* what, const char* with) {
    return ::mount(with, what, nullptr, MS_BIND, nullptr) == 0 || errno == ENOENT;
  };
  for (const char* file : hidden_proc_files)
    if (!cover(file, "/dev/null")) return failed_at(step::hide_proc);
  for (const char* folder : hidden_proc_folders)
    if (!cover(folder, empty_folder)) return failed_at(step::hide_proc);
  return {};
}

outcome keep_few_capabilities() {
  for (int capability = 0;; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EINVAL && capability > CAP_SYS_ADMIN) break;
    return failed_at(step::capabilities);
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
    return failed_at(step::capabilities);
  constexpr unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                                 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED | SECBIT_KEEP_CAPS_LOCKED;
  if (::prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) != 0) return failed_at(step::capabilities);
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct kept[2] = {};
  // For mounting, entering namespaces and killing; overlayfs copies files up with the rest.
  for (const unsigned capability :
       {CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_KILL, CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH,
        CAP_FOWNER, CAP_FSETID}) {
    kept[0].permitted |= 1U << capability;
    kept[0].effective |= 1U << capability;
  }
  if (::syscall(SYS_capset, &header, kept) != 0) return failed_at(step::capabilities);
  return {};
}

}  // namespace

outcome failed_at(step where) {
  return {where, errno};
}

outcome read_setup(first_process& self, char* message, std::size_t size) {
  const outcome malformed{step::message, EPROTO};
  wire::setup_request& limits = self.set.limits;
  if (size < sizeof limits) return malformed;
  std::memcpy(&limits, message, sizeof limits);
  const std::size_t bytes = limits.filter_bytes;
  if (limits.kind != wire::request::setup || limits.protocol != wire::version || bytes == 0 ||
      limits.port_count > wire::max_ports || bytes > wire::max_filter ||
      bytes % sizeof(sock_filter) != 0 || size != sizeof limits + bytes)
    return malformed;
  self.set.filter.len = static_cast<unsigned short>(bytes / sizeof(sock_filter));
  self.set.filter.filter = reinterpret_cast<sock_filter*>(message + sizeof limits);
  return {};
}

int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return listener;
  sockaddr_in own = {};
  own.sin_family = AF_INET;
  own.sin_port = htons(port);
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0 &&
      ::listen(listener, 128) == 0)
    return listener;
  const int why = errno;
  ::close(listener);
  errno = why;
  return -1;
}

outcome set_up(first_process& self) {
  if (::getpid() != 1) return {step::not_first_process, 0};
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed_at(step::not_dumpable);
  self.null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (self.null < 0) return failed_at(step::descriptors);
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr))
    return failed_at(step::mount_namespace);
  self.pristine = ::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (self.pristine < 0) return failed_at(step::mount_namespace);
  if (const outcome bad = write_account_files(); bad.failed()) return bad;
  if (const outcome bad = bind_settings(); bad.failed()) return bad;
  if (const outcome bad = hide_proc(); bad.failed()) return bad;
  if (!make_read_only("/", 0) || !make_read_only("/proc", AT_RECURSIVE) ||
      !make_read_only("/dev", AT_RECURSIVE) || !make_read_only("/usr", AT_RECURSIVE) ||
      !make_read_only(wire::base_path, AT_RECURSIVE))
    return failed_at(step::read_only);
  return {};
}

outcome confine(first_process& self) {
  if (const outcome bad = keep_few_capabilities(); bad.failed()) return bad;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed_at(step::no_new_privileges);

  // Blocked, so that the namespace's rule "PID 1 gets no signal it has no handler for" holds for
  // all of them but SIGCHLD, which only wakes us.
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  self.signals = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (self.signals < 0) return failed_at(step::child_signals);
  return {};
}

}  // namespace skein::cell::init
