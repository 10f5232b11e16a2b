#include "cli/person.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>

namespace skein::cli {

std::string current_person() {
  std::array<char, 16384> space{};
  passwd entry{};
  passwd* found = nullptr;
  const auto user = ::geteuid();
  if (::getpwuid_r(user, &entry, space.data(), space.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return "uid " + std::to_string(user);
}

}  // namespace skein::cli
