// See table_files.hpp.
#include "runtime/diff/table_files.hpp"

#include <algorithm>
#include <fstream>

namespace skein::diff {

namespace fs = std::filesystem;

result<std::vector<fs::path>> table_files(const fs::path& directory, std::size_t most) {
  std::error_code failed;
  std::vector<fs::path> paths;
  fs::directory_iterator entries(directory, failed);
  for (const fs::directory_iterator end; !failed && entries != end; entries.increment(failed)) {
    if (entries->path().extension() == ".yaml") paths.push_back(entries->path());
    if (paths.size() > most) break;
  }
  if (failed) return errno_error("read table folder " + directory.string(), failed.value());
  if (paths.empty() || paths.size() > most) {
    return error{errc::invalid,
                 "table folder " + directory.string() + " holds " + std::to_string(paths.size()) +
                     " tables",
                 "point to the folder with the platform's tables"};
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

result<std::string> table_text(const fs::path& file, std::size_t most_bytes) {
  std::ifstream in{file, std::ios::binary};
  if (!in) return error{errc::io, "cannot read " + file.string(), {}};
  std::string text(most_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > most_bytes) {
    return error{errc::invalid,
                 file.string() + ": longer than " + std::to_string(most_bytes) + " bytes",
                 "split the table"};
  }
  return text;
}

}  // namespace skein::diff
