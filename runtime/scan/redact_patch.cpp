// See redact_patch.hpp.
#include "runtime/scan/redact_patch.hpp"

#include "runtime/scan/binary_patch.hpp"

namespace skein::scan {
namespace {

constexpr std::size_t largest_binary = 64U << 20U;

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

}  // namespace

std::string redact_patch(const secret_scanner& scanner, std::string_view patch) {
  std::string clean;
  std::string_view rest = patch;
  std::size_t text_from = 0;
  const auto at = [&] { return patch.size() - rest.size(); };
  while (!rest.empty()) {
    const std::size_t begin = at();
    binary_block block;
    const std::string_view header = next_line(rest);
    if (!block.begin(header)) continue;
    const std::size_t body = at();
    std::size_t end = body;
    while (!rest.empty() && block.add(next_line(rest))) end = at();
    if (end == body) {
      // Text that only begins like a block; the line after it may be a block's first.
      rest = patch.substr(body);
      continue;
    }
    rest = patch.substr(end);
    const auto content = block.content(largest_binary);
    if (content && scanner.redactions(*content).empty()) continue;
    clean += scanner.redact(patch.substr(text_from, begin - text_from));
    clean.append(header).append("\n[redacted:binary]\n");
    text_from = end;
  }
  clean += scanner.redact(patch.substr(text_from));
  return clean;
}

}  // namespace skein::scan
