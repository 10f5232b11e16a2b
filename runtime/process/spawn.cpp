#include "runtime/process/spawn.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace skein::process {
namespace {

/// Everything the child needs, as plain pointers made before it exists: between vfork and execve it
/// shares the parent's memory and may only make system calls.
struct child_plan {
  const char* program;
  char* const* argv;
  char* const* environment;
  const char* directory;  // or null
  const int* sources;
  int* scratch;
  int count;
  pid_t parent;
};

[[noreturn]] void become(const child_plan& plan, volatile int& failure) {
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  const auto fail = [&failure] {
    failure = errno;
    ::_exit(127);
  };
  ::setsid();
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail();
  if (::getppid() != plan.parent) ::_exit(127);
  // First out of the way of the targets, then into place.
  for (int i = 0; i < plan.count; ++i) {
    plan.scratch[i] = ::fcntl(plan.sources[i], F_DUPFD_CLOEXEC, plan.count);
    if (plan.scratch[i] < 0) fail();
  }
  for (int i = 0; i < plan.count; ++i)
    if (::dup2(plan.scratch[i], i) < 0) fail();
  if (::syscall(SYS_close_range, static_cast<unsigned>(plan.count), ~0U, 0) != 0) fail();
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) fail();
  ::execve(plan.program, plan.argv, plan.environment);
  fail();
  ::_exit(127);
}

[[gnu::noinline]] pid_t fork_into(const child_plan& plan, volatile int& failure) {
  const pid_t pid = ::vfork();
  if (pid == 0) become(plan, failure);
  return pid;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

}  // namespace

result<spawned> spawn(const spawn_spec& spec) {
  const auto argv = pointers(spec.argv);
  const auto environment = pointers(spec.environment);
  std::vector<int> scratch(spec.descriptors.size(), -1);
  const child_plan plan{spec.program.c_str(),
                        argv.data(),
                        environment.data(),
                        spec.directory.empty() ? nullptr : spec.directory.c_str(),
                        spec.descriptors.data(),
                        scratch.data(),
                        static_cast<int>(spec.descriptors.size()),
                        ::getpid()};
  // No handler of ours may run in the child while it shares our memory.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  volatile int failure = 0;
  const pid_t pid = fork_into(plan, failure);
  const int fork_errno = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return errno_error("start " + spec.program.string(), fork_errno);
  if (failure != 0) {
    reap(pid);
    return errno_error("start " + spec.program.string(), failure);
  }
  spawned child{pid, descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)))};
  if (!child.watch) {
    const int watch_errno = errno;
    ::kill(pid, SIGKILL);
    reap(pid);
    return errno_error("watch " + spec.program.string(), watch_errno);
  }
  return child;
}

result<std::filesystem::path> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return std::filesystem::path(name);
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const std::string_view folder = rest.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
    // An empty or relative entry would depend on where we happen to stand.
    if (folder.empty() || folder.front() != '/') continue;
    const auto candidate = std::filesystem::path(folder) / name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(candidate, ignored) &&
        ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return error{errc::not_found, "find program " + name + " in PATH: not there",
               "install it, or correct PATH"};
}

result<std::filesystem::path> find_own_program(const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const fs::path& candidate : {folder / name, folder.parent_path() / "libexec/skein" / name})
    if (fs::is_regular_file(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  return error{errc::unsupported,
               "find " + name + " beside " + folder.string() + " or in ../libexec/skein: not there",
               "install skein completely: `cmake --install` puts it there"};
}

void signal_process(const descriptor& watch, int signal) noexcept {
  if (watch) ::syscall(SYS_pidfd_send_signal, watch.get(), signal, nullptr, 0);
}

int reap(pid_t pid) noexcept {
  int status = 0;
  pid_t reaped = -1;
  do {
    reaped = ::waitpid(pid, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  return reaped == pid ? status : -1;
}

}  // namespace skein::process
