#include "cli/console/terminal_kind.hpp"

#include <cstdint>

#include <curses.h>

#include <term.h>

namespace skein::cli::screen {

bool terminal_places_cursor(int descriptor) noexcept {
  int found = 0;
  if (::setupterm(nullptr, descriptor, &found) != OK) return false;
  char name[] = "cup";
  const char* text = ::tigetstr(name);
  // A string that is no string at all is told by the address -1.
  return text != nullptr && reinterpret_cast<std::intptr_t>(text) != -1;
}

}  // namespace skein::cli::screen
