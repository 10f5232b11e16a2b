#include "runtime/shell/parser.hpp"

#include "runtime/shell/grammar.hpp"
#include "schema/text.hpp"

#include <optional>

namespace skein::shell {

namespace detail {

script parse_nested(std::string_view text, budget& spent, std::size_t depth) {
  return grammar(text, spent, depth).whole();
}

word parse_document(std::string_view text, budget& spent, std::size_t depth) {
  return grammar(text, spent, depth).document();
}

namespace {

/// Characters that a person reads differently from a shell.
std::optional<std::string> deceiving(std::string_view text, std::size_t& offset) {
  for (offset = 0; offset < text.size();) {
    const auto byte = static_cast<unsigned char>(text[offset]);
    if (byte < 0x80) {
      ++offset;
      continue;
    }
    const std::size_t length = schema::detail::utf8_length(text.substr(offset));
    const std::string_view here = text.substr(offset, length);
    const auto code = [&here](std::size_t i) { return static_cast<unsigned char>(here[i]); };
    std::uint32_t value = 0;
    if (length == 2) value = (code(0) & 0x1fU) << 6U | (code(1) & 0x3fU);
    if (length == 3) {
      value = (code(0) & 0x0fU) << 12U | (code(1) & 0x3fU) << 6U | (code(2) & 0x3fU);
    }
    if (length == 4) {
      value = (code(0) & 7U) << 18U | (code(1) & 0x3fU) << 12U | (code(2) & 0x3fU) << 6U |
              (code(3) & 0x3fU);
    }
    const bool control = value < 0xa0;
    const bool space = value == 0xa0 || value == 0x1680 || (value >= 0x2000 && value <= 0x200a) ||
                       value == 0x2028 || value == 0x2029 || value == 0x202f || value == 0x205f ||
                       value == 0x3000;
    const bool invisible =
        value == 0xad || value == 0x34f || value == 0x61c || value == 0x115f || value == 0x1160 ||
        (value >= 0x180b && value <= 0x180f) || (value >= 0x200b && value <= 0x200f) ||
        (value >= 0x202a && value <= 0x202e) || (value >= 0x2060 && value <= 0x206f) ||
        value == 0x3164 || (value >= 0xfe00 && value <= 0xfe0f) || value == 0xfeff ||
        value == 0xffa0 || (value >= 0xe0000 && value <= 0xe0fff);
    if (control) return "a control character";
    if (space) return "a space that no shell takes for one";
    if (invisible) return "an invisible character";
    offset += length;
  }
  return std::nullopt;
}

}  // namespace

}  // namespace detail

result<script> parse(std::string_view text, const parse_limits& limits) {
  const auto wrong = [](std::size_t offset, const std::string& what) {
    return error{errc::invalid,
                 "the command line has " + what + " at byte " + std::to_string(offset + 1),
                 "write plain commands"};
  };
  if (text.size() > limits.max_bytes) {
    return error{errc::invalid,
                 "the command line is longer than " + std::to_string(limits.max_bytes) + " bytes",
                 "put the text in a file"};
  }
  if (const auto bad = schema::detail::find_bad_byte(text)) return wrong(bad->offset, bad->what);
  if (const auto at = text.find('\r'); at != std::string_view::npos) {
    return wrong(at, "a carriage return");
  }
  std::size_t offset = 0;
  if (const auto what = detail::deceiving(text, offset)) return wrong(offset, *what);
  detail::budget spent{limits, 0};
  try {
    return detail::grammar(text, spent, 0).whole();
  } catch (const detail::not_understood& failed) {
    return wrong(failed.offset, failed.what);
  }
}

}  // namespace skein::shell
