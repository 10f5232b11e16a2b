#include "runtime/cell/refusal.hpp"

#include <cerrno>

namespace skein::cell {
namespace {

using wire::step;

struct explanation {
  const char* layer;
  const char* remedy;
  errc code = errc::unsupported;
};

explanation explain(step where) {
  switch (where) {
    case step::not_first_process:
      return {"pid namespace", "use bubblewrap 0.5 or newer, not installed setuid"};
    case step::message:
      return {"skein-cell: message", "install skein and skein-cell of the same version"};
    case step::not_dumpable:
    case step::no_new_privileges:
    case step::child_signals:
      return {"protecting the cell's first process", "needs Linux 5.12 or newer"};
    case step::process_handle:
      return {"pidfd", "needs Linux 5.12 or newer"};
    case step::mount_namespace:
    case step::leave_phase:
    case step::phase_namespaces:
      return {"mount namespace", "allow user namespaces to the user skein runs as"};
    case step::account_files:
      return {"account files in the cell's root", "see `skein doctor`"};
    case step::read_only:
      return {"read-only root", "needs Linux 5.12 or newer (mount_setattr)"};
    case step::hide_proc:
      return {"hiding parts of /proc", "see `skein doctor`"};
    case step::capabilities:
    case step::drop_capabilities:
      return {"dropping capabilities", "use bubblewrap 0.5 or newer, not installed setuid"};
    case step::overlay:
      return {"overlayfs",
              "needs Linux 5.11 or newer and a file system with user extended attributes below "
              "the state directory; else set the workspace strategy to copy"};
    case step::copy:
      return {"workspace copy", "prepare the phase before entering it", errc::io};
    case step::temporary_files:
      return {"temporary file systems", "see `skein doctor`"};
    case step::hide_sources:
      return {"hiding the workspace's sources", "see `skein doctor`"};
    case step::workspace:
      return {"entering the workspace", "enter a phase before running a command", errc::conflict};
    case step::limits:
      return {"resource limits", "raise the hard limits of the user skein runs as (ulimit -H)"};
    case step::filter:
      return {"seccomp filter", "needs a kernel with CONFIG_SECCOMP_FILTER"};
    case step::listen:
      return {"listening on the cell's loopback", "use bubblewrap 0.5 or newer"};
    case step::toolchain_settings:
      return {"settings of the toolchain in /etc", "use bubblewrap 0.5 or newer"};
    case step::own_memory:
      return {"memory for the workspaces", "store workspaces below the state directory instead"};
    case step::disk_watch:
      return {"watching the workspace's disk", "prepare the phase before entering it", errc::io};
    case step::shell:
      return {"starting /bin/sh in the cell", "install a shell below /usr", errc::io};
    case step::start_command:
    case step::descriptors:
      return {"starting a command", "the machine may be out of processes or memory", errc::io};
    case step::none:
      break;
  }
  return {"unknown layer", "install skein and skein-cell of the same version", errc::internal};
}

}  // namespace

error refusal(const std::string& cell, const wire::reply& failed) {
  const explanation known = explain(failed.where);
  error why = errno_error("cell " + cell + ": " + known.layer, failed.error);
  why.code = known.code;
  why.remedy = known.remedy;
  return why;
}

error bubblewrap_refusal(const std::string& cell, const std::string& said) {
  std::string text = said;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& byte : text)
    if (static_cast<unsigned char>(byte) < 0x20) byte = ' ';
  if (text.empty()) text = "it ended without a message";
  error why{errc::unsupported, "cell " + cell + ": bubblewrap: " + text,
            "run `skein doctor`; user namespaces must be allowed to the user skein runs as"};
  if (text.find("Can't find source path") != std::string::npos) {
    why.code = errc::io;
    why.remedy = "check that the base checkout and the workspace's folder exist";
  } else if (text.find("Unexpected capabilities") != std::string::npos ||
             text.find("setuid") != std::string::npos) {
    why.remedy = "use a bubblewrap that is not installed setuid";
  }
  return why;
}

}  // namespace skein::cell
