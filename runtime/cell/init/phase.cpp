// One phase: a fresh mount and IPC namespace with its own workspace and temporary files. The
// sources of the mounts are covered before any command of the phase exists.
#include "runtime/cell/init/init.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>

namespace skein::cell::init {
namespace {

using wire::step;

constexpr std::size_t path_size = 256;

/// A phase may be entered again. The kernel refuses a work directory that a `volatile` overlay has
/// used, for what it wrote may not be on disk; for one boot, and an attempt never outlives it, it
/// is as good as there.
void forget_volatile(const char* phase) {
  char path[path_size];
  std::snprintf(path, sizeof path, "%s/%s/work/work/incompat/volatile/dirty", wire::root_path,
                phase);
  if (::unlink(path) != 0) return;
  for (int level = 0; level < 2; ++level) {
    *std::strrchr(path, '/') = '\0';
    ::rmdir(path);
  }
}

bool mount_overlay(const char* phase) {
  forget_volatile(phase);
  for (const char* durability : {",volatile", ""}) {
    char options[4 * path_size];
    std::snprintf(options, sizeof options,
                  "lowerdir=%s,upperdir=%s/%s/upper,workdir=%s/%s/work,userxattr%s",
                  wire::base_path, wire::root_path, phase, wire::root_path, phase, durability);
    if (::mount("workspace", wire::workspace_path, "overlay", MS_NOSUID | MS_NODEV, options) == 0)
      return true;
    if (errno != EINVAL) return false;
  }
  return false;
}

bool mount_copy(const char* phase) {
  char source[path_size];
  std::snprintf(source, sizeof source, "%s/%s/copy", wire::root_path, phase);
  return ::mount(source, wire::workspace_path, nullptr, MS_BIND, nullptr) == 0;
}

bool mount_temporary(const char* path, std::uint64_t bytes) {
  char options[128];
  std::snprintf(options, sizeof options, "size=%llu,nr_inodes=200000,mode=1777",
                static_cast<unsigned long long>(bytes));
  return ::mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0;
}

outcome mount_phase(first_process& self, const char* phase) {
  if (::unshare(CLONE_NEWNS | CLONE_NEWIPC) != 0) return failed_at(step::phase_namespaces);
  if (self.set.limits.overlay != 0) {
    if (!mount_overlay(phase)) return failed_at(step::overlay);
  } else if (!mount_copy(phase)) {
    return failed_at(step::copy);
  }
  if (self.set.limits.own_memory == 0)
    if (const outcome bad = watch_disk(self, phase); bad.failed()) return bad;
  const std::uint64_t bytes = self.set.limits.temporary_bytes;
  if (!mount_temporary("/tmp", bytes) || !mount_temporary("/dev/shm", bytes / 2))
    return failed_at(step::temporary_files);
  if (::mount("/.empty", wire::hidden_path, nullptr, MS_BIND, nullptr) != 0)
    return failed_at(step::hide_sources);
  if (::chdir(wire::workspace_path) != 0) return failed_at(step::workspace);
  return {};
}

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

}  // namespace

void kill_rest(std::uint64_t& cpu_us) {
  // One pass reaches all: a fork cannot complete in a process that is being killed.
  ::kill(-1, SIGKILL);
  for (;;) {
    rusage used = {};
    const pid_t reaped = ::wait4(-1, nullptr, __WALL, &used);
    if (reaped < 0 && errno == EINTR) continue;
    if (reaped < 0) return;
    cpu_us += microseconds(used.ru_utime) + microseconds(used.ru_stime);
  }
}

outcome enter_phase(first_process& self, const char* phase) {
  std::uint64_t unused = 0;
  kill_rest(unused);
  if (::setns(self.pristine, CLONE_NEWNS) != 0) return failed_at(step::leave_phase);
  self.in_phase = false;
  const outcome entered = mount_phase(self, phase);
  if (!entered.failed()) {
    self.in_phase = true;
  } else if (::setns(self.pristine, CLONE_NEWNS) != 0) {
    return failed_at(step::leave_phase);
  }
  return entered;
}

}  // namespace skein::cell::init
