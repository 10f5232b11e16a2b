// See login.hpp.
#include "runtime/git/login.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace skein::git {
namespace {

bool is_plain(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

result<process::descriptor> login_file(const login& as) {
  if (!is_plain(as.user) || !is_plain(as.secret)) {
    return error{errc::invalid, "the login for git holds characters that no token has", ""};
  }
  const std::string text = "username=" + as.user + "\npassword=" + as.secret + "\n";
  process::descriptor file(::memfd_create("login", MFD_CLOEXEC));
  if (!file) return errno_error("make a file in memory for the login", errno);
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(file.get(), text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return errno_error("write the login into memory", errno);
    done += static_cast<std::size_t>(wrote);
  }
  return file;
}

std::vector<std::string> login_options(const std::string& remote, int file) {
  const std::size_t host = remote.find("://");
  const std::string origin =
      host == std::string::npos ? remote : remote.substr(0, remote.find('/', host + 3));
  const std::string path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file);
  // git calls it with `get`, `store` or `erase`; only the first has an answer.
  const std::string helper = "!f() { test \"$1\" = get && cat " + path + "; }; f";
  // The empty one drops every helper that was named before.
  return {"-c", "credential.helper=",        "-c", "credential." + origin + ".helper=" + helper,
          "-c", "http.followRedirects=false"};
}

}  // namespace skein::git
