// The few lines of a verifier's output that matter. A choice by words, not a parser of any tool's
// format, so that it holds for output that nobody has seen.
#include "runtime/verify/verifier_set.hpp"

#include "schema/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace skein::verify {

namespace {

constexpr std::array<std::string_view, 9> telling{
    "error", "fail", "assert", "expected", "panic", "undefined", "cannot", "traceback", "fatal"};
constexpr std::size_t longest_line = 400;
constexpr std::size_t lines_before = 1;
constexpr std::size_t lines_after = 2;
/// What is looked at of a very long output: its start and its end.
constexpr std::size_t looked_at = 1U << 20;
constexpr std::string_view gap = "…";

/// The bytes of an ANSI escape sequence at the front (CSI, OSC or two characters).
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2) return text.size();
  std::size_t at = 2;
  if (text[1] == '[') {
    while (at < text.size() && (text[at] < '@' || text[at] > '~') && text[at] != '\n') ++at;
    return at < text.size() && text[at] != '\n' ? at + 1 : at;
  }
  if (text[1] == ']') {
    while (at < text.size() && text[at] != '\a' && text[at] != '\x1b' && text[at] != '\n') ++at;
    if (at < text.size() && text[at] == '\a') return at + 1;
    return at + 1 < text.size() && text[at] == '\x1b' && text[at + 1] == '\\' ? at + 2 : at;
  }
  return text[1] == '\n' ? 1 : 2;
}

/// One line without control characters, in valid UTF-8, cut to longest_line.
std::string clean(std::string_view line) {
  // A progress bar overwrites its line: what was written last is what a person saw.
  while (line.ends_with('\r')) line.remove_suffix(1);
  if (const std::size_t back = line.rfind('\r'); back != std::string_view::npos) {
    line.remove_prefix(back + 1);
  }
  std::string out;
  while (!line.empty()) {
    if (out.size() >= longest_line) return out + std::string(gap);
    if (line.front() == '\x1b') {
      line.remove_prefix(escape_length(line));
      continue;
    }
    const std::size_t length = schema::detail::utf8_length(line);
    const auto byte = static_cast<unsigned char>(line.front());
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (byte == '\t') {
      out += ' ';
    } else if (length == 2 && byte == 0xc2 && static_cast<unsigned char>(line[1]) < 0xa0) {
      // C1 control characters, which terminals obey too.
    } else if (byte >= 0x20 && byte != 0x7f) {
      out += line.substr(0, length);
    }
    line.remove_prefix(length == 0 ? 1 : length);
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

bool is_telling(std::string_view line) {
  std::string lower(line);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::any_of(telling.begin(), telling.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

void append_lines(std::string_view text, std::vector<std::string>& out) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string line = clean(text.substr(0, end));
    if (!line.empty()) out.push_back(std::move(line));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> lines_of(std::string_view output) {
  std::vector<std::string> out;
  if (output.size() <= 2 * looked_at) {
    append_lines(output, out);
    return out;
  }
  append_lines(output.substr(0, looked_at), out);
  append_lines(output.substr(output.size() - looked_at), out);
  return out;
}

}  // namespace

std::string excerpt(const std::string& output, std::size_t max_bytes) {
  const std::vector<std::string> lines = lines_of(output);
  std::vector<bool> wanted(lines.size(), false);
  std::size_t used = 0;
  const auto want = [&](std::size_t index) {
    if (index >= lines.size() || wanted[index]) return true;
    // Each line may need a gap line before it.
    const std::size_t cost = lines[index].size() + 1 + gap.size() + 1;
    if (used + cost > max_bytes) return false;
    used += cost;
    wanted[index] = true;
    return true;
  };
  // The last lines first: there tools sum up; then every telling line, then what stands around it.
  std::vector<std::size_t> found;
  for (std::size_t index = 0; index < lines.size(); ++index) {
    if (is_telling(lines[index])) found.push_back(index);
  }
  const std::size_t tail = found.empty() ? lines.size() : 3;
  for (std::size_t count = 1; count <= tail && count <= lines.size(); ++count) {
    if (!want(lines.size() - count)) break;
  }
  bool room = true;
  for (std::size_t at = 0; at < found.size() && room; ++at) room = want(found[at]);
  for (std::size_t at = 0; at < found.size() && room; ++at) {
    for (std::size_t after = 1; after <= lines_after && room; ++after) {
      room = want(found[at] + after);
    }
    for (std::size_t before = 1; before <= lines_before && room; ++before) {
      if (found[at] >= before) room = want(found[at] - before);
    }
  }
  std::string out;
  bool skipped = false;
  for (std::size_t index = 0; index < lines.size(); ++index) {
    if (!wanted[index]) {
      skipped = true;
      continue;
    }
    if (skipped) out += std::string(gap) + "\n";
    skipped = false;
    out += lines[index] + "\n";
  }
  return out;
}

}  // namespace skein::verify
