#include "runtime/agent/in_cell/tools.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>

namespace skein::agent::in_cell {
namespace {

using line_number = std::uint64_t;

struct cut_out {
  std::string text;
  line_number last = 0;  ///< the last line that is there as a whole or in part
  bool cut = false;      ///< by the limit of bytes
  bool ended = false;    ///< the file has no further line
  bool failed = false;
};

/// Lines `first` to `last`, at most `most` bytes of them.
cut_out cut_lines(const opened_file& file, line_number first, line_number last, std::size_t most) {
  cut_out out;
  std::array<char, 65536> buffer;
  line_number line = 1;
  for (;;) {
    const auto got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      out.ended = got == 0;
      out.failed = got < 0;
      return out;
    }
    for (ssize_t i = 0; i < got; ++i) {
      const char c = buffer[static_cast<std::size_t>(i)];
      if (line >= first) {
        if (out.text.size() == most) {
          out.cut = true;
          return out;
        }
        out.text += c;
        out.last = line;
      }
      if (c == '\n' && ++line > last) return out;
    }
  }
}

}  // namespace

nlohmann::json read_file(const tree& workspace, const nlohmann::json& args) {
  const std::string asked = args.value("path", std::string{});
  const std::string path = relative_path(asked);
  if (path.empty()) return refusal("outside", asked + " is not in the workspace");
  const opened_file file = workspace.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return workspace.why_not(path);
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return workspace.why_not(path);
  if (S_ISDIR(status.st_mode))
    return refusal("is_folder", path + " is a folder; list_files shows what is in it");
  if (!S_ISREG(status.st_mode)) return refusal("special", path + " is no regular file");
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  const auto most = args.value("mostBytes", std::size_t{64 * 1024});
  const bool ranged = args.contains("firstLine") || args.contains("lastLine");
  const auto first = args.value("firstLine", line_number{1});
  const auto last = args.value("lastLine", std::numeric_limits<line_number>::max());
  if (last < first) return refusal("invalid", "lastLine is before firstLine");
  if (!ranged && bytes > most)
    return refusal("too_large", path + " has " + std::to_string(bytes) + " bytes, and " +
                                    std::to_string(most) +
                                    " may be read at once: read some of its lines with firstLine "
                                    "and lastLine, or search it");
  cut_out part = cut_lines(file, first, last, most);
  if (part.failed) return workspace.why_not(path);
  if (looks_binary(part.text))
    return refusal("binary", path + " is a binary file of " + std::to_string(bytes) +
                                 " bytes; its content cannot be shown");
  return {{"path", path},       {"bytes", bytes},     {"firstLine", first},
          {"lastLine", part.last}, {"text", std::move(part.text)}, {"cut", part.cut},
          {"ended", part.ended}};
}

}  // namespace skein::agent::in_cell
