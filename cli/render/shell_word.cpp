#include "cli/render/shell_word.hpp"

#include <algorithm>
#include <cctype>

namespace skein::cli {

std::string shell_word(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c < 0x80 &&
           (std::isalnum(c) != 0 ||
            std::string_view("_./:@%+=,-").find(static_cast<char>(c)) != std::string_view::npos);
  });
  if (plain) return std::string(text);
  std::string out = "'";
  for (const char each : text) {
    if (each == '\'') {
      out += "'\\''";
    } else {
      out += each;
    }
  }
  return out + "'";
}

}  // namespace skein::cli
