#include "runtime/agent/in_cell/tools.hpp"

#include <re2/re2.h>

#include <fcntl.h>
#include <fnmatch.h>

namespace skein::agent::in_cell {
namespace {

constexpr std::size_t largest_file = 8 << 20;
constexpr std::size_t most_files = 100'000;
constexpr std::size_t longest_line = 400;

struct hunt {
  const tree& workspace;
  const re2::RE2& pattern;
  std::string glob;
  std::size_t most = 0;
  std::size_t bytes_left = 0;
  nlohmann::json matches = nlohmann::json::array();
  std::size_t searched = 0;
  std::size_t left_out = 0;  ///< too large, binary, or not readable
  bool cut = false;

  [[nodiscard]] bool full() {
    if (matches.size() < most && bytes_left > 0 && searched < most_files) return false;
    cut = true;
    return true;
  }

  void walk(const std::string& folder) {
    const opened_file opened = workspace.open(folder, O_RDONLY | O_DIRECTORY);
    if (!opened) return;
    for (const entry& one : entries_of(opened, most_files, cut)) {
      if (full()) return;
      if (one.name == ".git") continue;
      const std::string path = folder == "." ? one.name : folder + "/" + one.name;
      if (one.kind == 'd') walk(path);
      if (one.kind != 'f') continue;
      if (glob.empty() || ::fnmatch(glob.c_str(), one.name.c_str(), 0) == 0 ||
          ::fnmatch(glob.c_str(), path.c_str(), 0) == 0)
        look_into(path);
    }
  }

  void look_into(const std::string& path) {
    const opened_file file = workspace.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat status = {};
    std::string text;
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        static_cast<std::size_t>(status.st_size) > largest_file ||
        !read_all(file, largest_file, text) ||
        looks_binary(std::string_view(text).substr(0, 8192))) {
      ++left_out;
      return;
    }
    ++searched;
    std::size_t number = 0;
    for (std::string_view rest = text; !rest.empty() && !full();) {
      const auto end = rest.find('\n');
      const auto line = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      ++number;
      if (!re2::RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), pattern)) continue;
      auto shown = line.substr(0, longest_line);
      bytes_left -= std::min(bytes_left, shown.size() + path.size());
      matches.push_back({{"path", path}, {"line", number}, {"text", std::string(shown)}});
    }
  }
};

}  // namespace

nlohmann::json search(const tree& workspace, const nlohmann::json& args) {
  const std::string asked = args.value("path", std::string{"."});
  const std::string path = relative_path(asked);
  if (path.empty()) return refusal("outside", asked + " is not in the workspace");
  re2::RE2::Options how;
  how.set_log_errors(false);
  how.set_literal(args.value("literal", false));
  how.set_max_mem(16 << 20);
  const re2::RE2 pattern(args.value("pattern", std::string{}), how);
  if (!pattern.ok())
    return refusal("invalid", "pattern: " + pattern.error() + "; set literal to search for plain text");
  hunt found{workspace, pattern, args.value("glob", std::string{}),
             args.value("maxMatches", std::size_t{200}), args.value("mostBytes", std::size_t{64 * 1024})};
  if (const opened_file there = workspace.open(path, O_RDONLY | O_DIRECTORY); there) {
    found.walk(path);
  } else if (errno == ENOTDIR && workspace.open(path, O_PATH)) {
    found.look_into(path);
  } else {
    return workspace.why_not(path);
  }
  return {{"matches", std::move(found.matches)},
          {"filesSearched", found.searched},
          {"filesLeftOut", found.left_out},
          {"cut", found.cut}};
}

}  // namespace skein::agent::in_cell
