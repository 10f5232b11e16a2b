#include "runtime/cell/environment.hpp"

#include "schema/embedded.hpp"

#include <sstream>

namespace skein::embedded {
[[nodiscard]] std::span<const file> cell_environment();
}

namespace skein::cell {

const std::vector<std::string>& standard_environment() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8",
                                  "TMPDIR=/tmp"};
    for (const embedded::file& file : embedded::cell_environment()) {
      std::istringstream lines{std::string(file.text)};
      for (std::string line; std::getline(lines, line);)
        if (!line.empty() && line.front() != '#') made.push_back(line);
    }
    return made;
  }();
  return all;
}

}  // namespace skein::cell
