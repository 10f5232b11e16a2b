// Where the state directory is when nobody says.
#include "runtime/store/writer.hpp"

#include <cstdlib>

namespace skein::store {

result<std::filesystem::path> default_state_dir() {
  // The XDG specification: a relative path in the variable is to be ignored.
  if (const char* xdg = std::getenv("XDG_STATE_HOME"); xdg != nullptr && xdg[0] == '/') {
    return std::filesystem::path(xdg) / "skein";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') {
    return std::filesystem::path(home) / ".local" / "state" / "skein";
  }
  return error{errc::invalid, "find the state directory: neither XDG_STATE_HOME nor HOME is set",
               "name one with --state-dir"};
}

}  // namespace skein::store
