#include "cli/render/diff_text.hpp"

#include "cli/render/printable.hpp"

namespace skein::cli {

namespace {

/// Whether a line is a header or content depends on what came before: `--- x` is content inside a
/// hunk. The counts of `@@ -a,b +c,d @@` say how much content follows.
struct hunk_size {
  long old_left = 0;
  long new_left = 0;
  [[nodiscard]] bool open() const { return old_left > 0 || new_left > 0; }
};

long count_after(std::string_view header, char sign) {
  const auto at = header.find(sign);
  if (at == std::string_view::npos) return 1;
  const auto end = header.find(' ', at);
  const auto part = header.substr(at, end - at);
  const auto comma = part.find(',');
  if (comma == std::string_view::npos) return 1;
  long count = 0;
  for (const char each : part.substr(comma + 1)) {
    if (each < '0' || each > '9' || count > 1'000'000'000) break;
    count = count * 10 + (each - '0');
  }
  return count;
}

tone tone_of_line(std::string_view line, hunk_size& hunk) {
  if (hunk.open() && !line.starts_with('\\')) {
    const char kind = line.empty() ? ' ' : line.front();
    if (kind != '+') --hunk.old_left;
    if (kind != '-') --hunk.new_left;
    return kind == '+' ? tone::added : kind == '-' ? tone::removed : tone::plain;
  }
  if (line.starts_with("@@ ")) {
    hunk = {count_after(line, '-'), count_after(line, '+')};
    return tone::hunk;
  }
  return line.starts_with('\\') ? tone::dim : tone::strong;
}

}  // namespace

std::string diff_text(std::string_view patch, const style& look) {
  std::string out;
  out.reserve(patch.size() + patch.size() / 4);
  hunk_size hunk;
  while (!patch.empty()) {
    const auto end = patch.find('\n');
    const auto line = patch.substr(0, end);
    patch = end == std::string_view::npos ? std::string_view() : patch.substr(end + 1);
    out += look.paint(tone_of_line(line, hunk), printable_lines(line));
    out += '\n';
  }
  return out;
}

}  // namespace skein::cli
