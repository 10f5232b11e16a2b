#include "cli/console/text_block.hpp"

#include "cli/render/printable.hpp"

namespace skein::cli::screen {

namespace {

constexpr std::size_t tab_width = 8;

tone tone_of_diff(std::string_view text) {
  if (text.starts_with("@@")) return tone::hunk;
  if (text.starts_with("diff ") || text.starts_with("index ") || text.starts_with("--- ") ||
      text.starts_with("+++ ")) {
    return tone::strong;
  }
  if (text.starts_with("+")) return tone::added;
  if (text.starts_with("-")) return tone::removed;
  return tone::plain;
}

std::string without_tabs(std::string_view text) {
  std::string out;
  for (const char each : text) {
    if (each != '\t') {
      out += each;
    } else {
      out.append(tab_width - out.size() % tab_width, ' ');
    }
  }
  return out;
}

}  // namespace

text_block::text_block(std::string text, kind of) : text_(std::move(text)), kind_(of) {
  if (text_.size() > most_text_bytes) {
    text_.resize(most_text_bytes);
    text_ += "\n… cut here: the rest is not shown\n";
  }
  for (std::size_t at = 0; at < text_.size();) {
    starts_.push_back(static_cast<std::uint32_t>(at));
    const auto end = text_.find('\n', at);
    if (end == std::string::npos) break;
    at = end + 1;
  }
}

line text_block::at(std::size_t index, std::size_t width) const {
  const std::size_t begin = starts_[index];
  const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] : text_.size();
  std::string_view text(text_.data() + begin, end - begin);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  // A character has four bytes at most, and no more than the width is seen.
  text = text.substr(0, width * 4 + 4);
  const tone look = kind_ == kind::diff ? tone_of_diff(text) : tone::plain;
  return fit(line_of(without_tabs(text), look), width);
}

}  // namespace skein::cli::screen
