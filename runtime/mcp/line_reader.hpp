// Takes a stream of bytes apart into lines of bounded length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace skein::mcp {

class line_reader {
 public:
  explicit line_reader(std::size_t longest) : longest_(longest) {}

  /// Calls `line` for each complete line, without its line break. False: a line is too long, and
  /// nothing more may be fed. `line` returns false to stop.
  template <class Line>
  [[nodiscard]] bool feed(std::string_view bytes, Line&& line) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      const std::string_view part = bytes.substr(0, end);
      if (held_.size() + part.size() > longest_) return false;
      held_.append(part);
      if (end == std::string_view::npos) return true;
      bytes.remove_prefix(end + 1);
      if (held_.ends_with('\r')) held_.pop_back();
      std::string whole;
      whole.swap(held_);
      if (!line(std::move(whole))) return true;
    }
    return true;
  }

 private:
  std::size_t longest_;
  std::string held_;
};

}  // namespace skein::mcp
