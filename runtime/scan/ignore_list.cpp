// See ignore_list.hpp.
#include "runtime/scan/ignore_list.hpp"

#include <algorithm>

namespace skein::scan {
namespace {

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::string plain_path(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  std::string out{path};
  std::replace(out.begin(), out.end(), '\\', '/');
  return out;
}

}  // namespace

ignore_list::ignore_list(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    if (line.size() == 64 && is_hex(line)) {
      entries_.emplace(line);
      continue;
    }
    if (std::count(line.begin(), line.end(), ':') < 2) continue;
    const std::size_t colon = line.find(':');
    if ((colon == 40 || colon == 64) && is_hex(line.substr(0, colon))) {
      line.remove_prefix(colon + 1);
    }
    entries_.insert(plain_path(line));
  }
}

bool ignore_list::has(std::string_view path, std::string_view rule, std::uint32_t line,
                      std::string_view fingerprint) const {
  if (entries_.empty()) return false;
  if (entries_.find(fingerprint) != entries_.end()) return true;
  std::string entry = plain_path(path);
  entry.append(":").append(rule).append(":").append(std::to_string(line));
  return entries_.find(entry) != entries_.end();
}

}  // namespace skein::scan
