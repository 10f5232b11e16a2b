// Starts one command with every layer in place. Between vfork and execve the child shares PID 1's
// memory, so it only makes system calls; a layer that fails ends it before the shell exists.
#include "runtime/cell/init/init.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace skein::cell::init {
namespace {

using wire::step;

struct limit {
  int which;
  rlim_t soft;
};

bool lower(const limit& wanted) {
  rlimit now = {};
  if (::getrlimit(static_cast<__rlimit_resource>(wanted.which), &now) != 0) return false;
  if (wanted.soft < now.rlim_max) now.rlim_max = wanted.soft;
  now.rlim_cur = now.rlim_max;
  return ::setrlimit(static_cast<__rlimit_resource>(wanted.which), &now) == 0;
}

bool apply_limits(const wire::setup_request& set) {
  constexpr rlim_t none = RLIM_INFINITY;
  const limit all[] = {
      {RLIMIT_CORE, 0},
      {RLIMIT_DATA, set.memory_bytes != 0 ? set.memory_bytes : none},
      {RLIMIT_NPROC, set.processes},
      {RLIMIT_FSIZE, set.file_bytes},
      {RLIMIT_NOFILE, set.open_files},
      {RLIMIT_CPU, set.cpu_seconds},
      {RLIMIT_MEMLOCK, 8 << 20},
      {RLIMIT_MSGQUEUE, 800 << 10},
      {RLIMIT_SIGPENDING, 4096},
      {RLIMIT_RTPRIO, 0},
      {RLIMIT_NICE, 0},
  };
  for (const limit& one : all)
    if (!lower(one)) return false;
  return true;
}

struct child_report {
  volatile wire::step where = step::none;
  volatile int error = 0;
};

void say(const char* name, const char* what) {
  const iovec parts[] = {{const_cast<char*>(name), std::strlen(name)},
                         {const_cast<char*>(what), std::strlen(what)}};
  if (::writev(2, parts, 2) < 0) return;
}

/// Returns when it cannot be executed.
void execute_file(char* file, char** words, char* const* environment) {
  ::execve(file, words, environment);
  if (errno != ENOEXEC) return;
  words[0] = file;
  ::execve(words[-1], words - 1, environment);
}

/// As execvpe(3), which is not for a child of vfork, and with the shell's last words.
[[noreturn]] void execute_found(char** words, char* const* environment) {
  char* const name = words[0];
  if (std::strchr(name, '/') != nullptr) {
    execute_file(name, words, environment);
  } else {
    const char* path = "/usr/bin:/bin";
    for (char* const* each = environment; *each != nullptr; ++each)
      if (std::strncmp(*each, "PATH=", 5) == 0) path = *each + 5;
    int why = ENOENT;
    while (*path != '\0') {
      const char* const end = std::strchr(path, ':');
      const std::size_t size =
          end != nullptr ? static_cast<std::size_t>(end - path) : std::strlen(path);
      char file[4096];
      if (size + std::strlen(name) + 2 <= sizeof file) {
        std::memcpy(file, path, size);
        file[size] = '/';
        std::strcpy(file + size + (size > 0 ? 1 : 0), name);
        execute_file(file, words, environment);
        if (errno != ENOENT && errno != ENOTDIR) why = errno;
      }
      if (end == nullptr) break;
      path = end + 1;
    }
    errno = why;
  }
  const bool missing = errno == ENOENT || errno == ENOTDIR;
  say(name, missing ? ": not found\n" : ": cannot be executed\n");
  ::_exit(missing ? 127 : 126);
}

[[noreturn]] void become(const first_process& self, char** words, char* const* environment,
                         int input, int output, child_report& report) {
  const auto fail = [&report](step where) {
    report.error = errno;
    report.where = where;
    ::_exit(127);
  };
  ::setsid();
  if (!apply_limits(self.set.limits)) fail(step::limits);
  if (::dup2(input >= 0 ? input : self.null, 0) < 0 || ::dup2(output, 1) < 0 ||
      ::dup2(output, 2) < 0 || ::syscall(SYS_close_range, 3U, ~0U, 0) != 0)
    fail(step::descriptors);
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  if (::syscall(SYS_capset, &header, none) != 0) fail(step::drop_capabilities);
  ::umask(022);
  sigset_t open;
  ::sigemptyset(&open);
  ::sigprocmask(SIG_SETMASK, &open, nullptr);
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &self.set.filter) != 0) fail(step::filter);
  execute_found(words, environment);
}

[[gnu::noinline]] pid_t fork_into(const first_process& self, char** words, char* const* environment,
                                  int input, int output, child_report& report) {
  const pid_t pid = ::vfork();
  if (pid == 0) become(self, words, environment, input, output, report);
  return pid;
}

}  // namespace

started start_command(const first_process& self, char** words, char* const* environment, int input,
                      int output) {
  child_report report;
  const pid_t pid = fork_into(self, words, environment, input, output, report);
  if (pid < 0) return {-1, failed_at(step::start_command)};
  return {pid, {report.where, report.error}};
}

}  // namespace skein::cell::init
