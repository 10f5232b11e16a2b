#include "runtime/cell/seccomp_filter.hpp"

#include "runtime/cell/init/protocol.hpp"
#include "runtime/cell/system_calls.hpp"
#include "runtime/process/descriptor.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>

namespace skein::cell {
namespace {

constexpr std::array namespace_flags{CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                     CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};

/// x32 calls carry this bit; libseccomp's own check kills them.
constexpr std::uint32_t foreign_bit = 0x40000000;

using context = std::unique_ptr<void, decltype(&seccomp_release)>;

/// Collects the first failure, so that the rules below read as a list.
class rules {
 public:
  explicit rules(void* filter) : filter_(filter) {}

  void deny(int call, int with = EPERM) { deny_if(call, {}, with); }
  void deny_if(int call, std::initializer_list<scmp_arg_cmp> arguments, int with = EPERM) {
    keep(seccomp_rule_add_array(filter_, SCMP_ACT_ERRNO(static_cast<unsigned>(with)), call,
                                static_cast<unsigned>(arguments.size()), arguments.begin()));
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

/// libseccomp compares no ranges of calls, so what is not allowed is refused number by number.
void deny_all_others(rules& all) {
  std::array<bool, newest_call + 1> allowed{};
  const auto allow = [&allowed](int call) {
    if (call >= 0 && call <= newest_call) allowed[static_cast<std::size_t>(call)] = true;
  };
  for (const char* name : allowed_calls) allow(seccomp_syscall_resolve_name(name));
  std::for_each(allowed_numbers.begin(), allowed_numbers.end(), allow);
  for (int call = 0; call <= newest_call; ++call) {
    if (allowed[static_cast<std::size_t>(call)]) continue;
    const std::unique_ptr<char, decltype(&std::free)> name(
        seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call), &std::free);
    const bool known = name != nullptr || std::find(refused_numbers.begin(), refused_numbers.end(),
                                                    call) != refused_numbers.end();
    // clone3 passes its flags in memory where no filter can look; libraries fall back to clone.
    all.deny(call, known && call != SCMP_SYS(clone3) ? EPERM : ENOSYS);
  }
}

void restrict_sockets(rules& all, sockets allowed) {
  static_assert(AF_UNIX == 1 && AF_INET == 2 && AF_INET6 == 10);
  const int call = SCMP_SYS(socket);
  const auto family = [](scmp_datum_t number) { return argument(0, SCMP_CMP_EQ, number); };
  all.deny_if(call, {family(0)}, EAFNOSUPPORT);
  for (scmp_datum_t other = AF_INET + 1; other < AF_INET6; ++other)
    all.deny_if(call, {family(other)}, EAFNOSUPPORT);
  all.deny_if(call, {argument(0, SCMP_CMP_GT, AF_INET6)}, EAFNOSUPPORT);
  for (const scmp_datum_t internet : {AF_INET, AF_INET6}) {
    if (allowed == sockets::unix_only) {
      all.deny_if(call, {family(internet)}, EACCES);
      continue;
    }
    // Streams and datagrams of TCP and UDP: the other protocols are modules nobody here needs.
    constexpr scmp_datum_t kind = 0xf;
    for (scmp_datum_t type = 0; type <= kind; ++type) {
      const auto of_type = argument(1, SCMP_CMP_MASKED_EQ, kind, type);
      if (type == SOCK_STREAM || type == SOCK_DGRAM) {
        all.deny_if(call, {family(internet), of_type, argument(2, SCMP_CMP_GT, IPPROTO_UDP)},
                    EPROTONOSUPPORT);
      } else {
        all.deny_if(call, {family(internet), of_type});
      }
    }
  }
  all.deny_if(SCMP_SYS(socketpair), {argument(0, SCMP_CMP_NE, AF_UNIX)}, EAFNOSUPPORT);
}

void add_rules(rules& all, sockets allowed) {
  deny_all_others(all);
  for (const int flag : namespace_flags) {
    const auto bits = static_cast<scmp_datum_t>(static_cast<unsigned>(flag));
    all.deny_if(SCMP_SYS(clone), {argument(0, SCMP_CMP_MASKED_EQ, bits, bits)});
  }
  restrict_sockets(all, allowed);
  // Limits of another process: PID 1 has the same user.
  all.deny_if(SCMP_SYS(prlimit64), {argument(0, SCMP_CMP_NE, 0)});
  all.deny_if(SCMP_SYS(personality), {argument(0, SCMP_CMP_NE, 0)});
  // Typing into a terminal that is not one's own, and line disciplines: modules of old hardware.
  for (const unsigned long request : {TIOCSTI, TIOCLINUX, TIOCSETD})
    all.deny_if(SCMP_SYS(ioctl), {argument(1, SCMP_CMP_MASKED_EQ, 0xffffffffU, request)});
}

/// What libseccomp cannot say: every call newer than those looked at does not exist. The number of
/// a foreign architecture only goes on to libseccomp's check of it.
std::string with_prologue(const std::string& program) {
  const std::array<sock_filter, 4> prologue{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, foreign_bit, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, newest_call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  }};
  std::string all(sizeof prologue, '\0');
  std::memcpy(all.data(), prologue.data(), sizeof prologue);
  return all + program;
}

result<std::string> compile(sockets allowed) {
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
  add_rules(all, allowed);
  if (all.failure() != 0) return refuse("add a rule", all.failure());

  const process::descriptor file(::memfd_create("filter", MFD_CLOEXEC));
  if (!file) return refuse("open a file in memory", errno);
  if (const int failed = seccomp_export_bpf(filter.get(), file.get()); failed != 0)
    return refuse("export it", -failed);
  std::string program(wire::max_filter + 1, '\0');
  const ssize_t size = ::pread(file.get(), program.data(), program.size(), 0);
  if (size <= 0) return refuse("read it back", errno);
  program.resize(static_cast<std::size_t>(size));
  program = with_prologue(program);
  if (program.size() > wire::max_filter) return refuse("keep it below its limit", E2BIG);
  return program;
}

}  // namespace

const result<std::string>& command_filter(sockets allowed) {
  static const result<std::string> unix_only = compile(sockets::unix_only);
  static const result<std::string> internet = compile(sockets::internet);
  return allowed == sockets::internet ? internet : unix_only;
}

}  // namespace skein::cell
