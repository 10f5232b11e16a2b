// Reads unified diffs. See added_lines.hpp.
#include "runtime/scan/added_lines.hpp"

#include <charconv>
#include <limits>

namespace skein::scan {
namespace {

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

/// The bytes of a C-quoted name, as git writes names with special characters.
std::string unquoted(std::string_view text) {
  if (text.empty() || text.front() != '"') {
    // A tab ends a plain name; git adds one when the name has spaces.
    return std::string{text.substr(0, text.find('\t'))};
  }
  constexpr std::string_view letters = "abtnvfr";
  constexpr std::string_view meanings = "\a\b\t\n\v\f\r";
  std::string bytes;
  for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      bytes += text[i];
      continue;
    }
    ++i;
    if (const auto known = letters.find(text[i]); known != std::string_view::npos) {
      bytes += meanings[known];
    } else if (text[i] >= '0' && text[i] <= '3' && i + 2 < text.size()) {
      unsigned code = 0;
      std::from_chars(text.data() + i, text.data() + i + 3, code, 8);
      bytes += static_cast<char>(code);
      i += 2;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

std::string new_path(std::string_view header) {
  std::string path = unquoted(header);
  if (path.starts_with("b/")) path.erase(0, 2);
  return path;
}

/// Reads `START[,COUNT]` after `sign`.
bool read_range(std::string_view header, char sign, std::uint32_t& start, std::uint32_t& count) {
  const std::size_t at = header.find(std::string{' ', sign});
  if (at == std::string_view::npos) return false;
  const char* const end = header.data() + header.size();
  auto read = std::from_chars(header.data() + at + 2, end, start);
  if (read.ec != std::errc{}) return false;
  count = 1;
  if (read.ptr != end && *read.ptr == ',') {
    read = std::from_chars(read.ptr + 1, end, count);
    if (read.ec != std::errc{}) return false;
  }
  return true;
}

class patch_reader {
 public:
  std::vector<added_file> read(std::string_view patch) {
    while (!patch.empty()) {
      const std::string_view line = next_line(patch);
      if (old_left_ > 0 || new_left_ > 0) {
        take_hunk_line(line);
      } else if (line.starts_with("+++ ")) {
        files_.push_back({new_path(line.substr(4)), {}, {}});
        line_ = 1;
      } else if (line.starts_with("diff --git ")) {
        // Until its +++ line, if it has one, nothing is known of the next file.
        files_.emplace_back();
        line_ = 1;
      } else if (line.starts_with("@@ ")) {
        start_hunk(line);
      } else if (line.starts_with("+")) {
        add(line.substr(1));
      }
    }
    std::erase_if(files_, [](const added_file& file) { return file.lines.empty(); });
    return std::move(files_);
  }

 private:
  void start_hunk(std::string_view header) {
    std::uint32_t old_start = 0;
    std::uint32_t new_start = 0;
    if (read_range(header, '-', old_start, old_left_) &&
        read_range(header, '+', new_start, new_left_)) {
      line_ = new_start;
    } else {
      old_left_ = new_left_ = 0;
    }
  }

  void take_hunk_line(std::string_view line) {
    const char mark = line.empty() ? ' ' : line[0];
    if (mark == '\\') return;
    if (mark == '+') add(line.substr(1));
    if (mark != '-' && mark != '+') ++line_;
    if (mark != '+' && old_left_ > 0) --old_left_;
    if (mark != '-' && new_left_ > 0) --new_left_;
  }

  void add(std::string_view text) {
    if (files_.empty()) files_.emplace_back();
    files_.back().text.append(text).push_back('\n');
    files_.back().lines.push_back(line_++);
  }

  std::vector<added_file> files_;
  std::uint32_t line_ = 1;  ///< in the new file
  std::uint32_t old_left_ = 0;
  std::uint32_t new_left_ = 0;
};

}  // namespace

std::vector<added_file> added_lines(std::string_view patch) {
  return patch_reader{}.read(patch);
}

}  // namespace skein::scan
