// See wide_text.hpp.
#include "runtime/scan/wide_text.hpp"

#include <algorithm>
#include <iterator>

namespace skein::scan {

std::string narrowed(std::string_view text) {
  const std::string_view front = text.substr(0, 4096);
  const auto zeros = static_cast<std::size_t>(std::count(front.begin(), front.end(), '\0'));
  const bool marked = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
  // Latin text has a zero in every second byte, binaries fewer or many more in a row.
  if (zeros == 0 || (!marked && (zeros * 3 < front.size() || zeros * 3 > front.size() * 2))) {
    return {};
  }
  std::string out;
  out.reserve(text.size() / 2);
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), [](char c) { return c != '\0'; });
  return out;
}

}  // namespace skein::scan
