// The texts of error codes and of system errors.
#include "schema/error.hpp"

#include <cerrno>
#include <cstring>

namespace skein {

const char* to_string(errc code) noexcept {
  switch (code) {
    case errc::invalid:
      return "invalid";
    case errc::not_found:
      return "not_found";
    case errc::conflict:
      return "conflict";
    case errc::refused:
      return "refused";
    case errc::unauthorised:
      return "unauthorised";
    case errc::stale:
      return "stale";
    case errc::in_use:
      return "in_use";
    case errc::unsupported:
      return "unsupported";
    case errc::timeout:
      return "timeout";
    case errc::cancelled:
      return "cancelled";
    case errc::io:
      return "io";
    case errc::corrupt:
      return "corrupt";
    case errc::unavailable:
      return "unavailable";
    case errc::internal:
      return "internal";
  }
  return "internal";
}

namespace {

errc code_of(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENOTDIR:
      return errc::not_found;
    case EEXIST:
      return errc::conflict;
    case ETIMEDOUT:
      return errc::timeout;
    case ECANCELED:
      return errc::cancelled;
    case ENOSYS:
    case EOPNOTSUPP:
      return errc::unsupported;
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return errc::unavailable;
    default:
      return errc::io;
  }
}

const char* remedy_of(int errno_value) {
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
      return "free disk space and retry";
    case EACCES:
    case EPERM:
      return "check the permissions of the path and the user the program runs as";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    default:
      return "";
  }
}

}  // namespace

error errno_error(const std::string& attempted, int errno_value) {
  // The GNU variant returns the text itself and is safe to call from several threads.
  char buffer[256];
  std::string text = strerror_r(errno_value, buffer, sizeof buffer);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return {code_of(errno_value), attempted + ": " + text, remedy_of(errno_value)};
}

}  // namespace skein
