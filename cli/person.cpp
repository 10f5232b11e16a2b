#include "cli/person.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>

namespace skein::cli {

std::string person_named(uid_t user) {
  std::array<char, 16384> space{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, space.data(), space.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return "uid " + std::to_string(user);
}

std::string current_person() {
  return person_named(::geteuid());
}

}  // namespace skein::cli
