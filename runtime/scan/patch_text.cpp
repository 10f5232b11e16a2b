// Reads unified and combined diffs line by line. See patch_text.hpp.
#include "runtime/scan/patch_text.hpp"

#include "runtime/scan/binary_patch.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace skein::scan {
namespace {

constexpr std::size_t largest_piece = 4U << 20U;
constexpr std::size_t overlap = 64U << 10U;
constexpr std::size_t largest_binary = 64U << 20U;
constexpr std::size_t most_parents = 16;

constexpr std::array<std::string_view, 11> headers_without_text{
    "index ",         "old mode ",         "new mode ",    "deleted file mode ",
    "new file mode ", "similarity index ", "rename from ", "dissimilarity index ",
    "copy from ",     "Only in ",          "--- "};

std::string without_prefix(std::string name, char side) {
  if (name.size() > 2 && name[0] == side && name[1] == '/') name.erase(0, 2);
  return name;
}

/// The name after `b/` in `diff --git a/NAME b/NAME`, when both are the same or quoted.
std::string name_in_header(std::string_view rest) {
  if (rest.ends_with('"')) {
    const std::size_t begin = rest.rfind(" \"");
    if (begin != std::string_view::npos) {
      return without_prefix(unquoted_name(rest.substr(begin + 1)), 'b');
    }
  }
  if (const std::size_t half = rest.size() / 2; rest.size() % 2 == 1 && rest[half] == ' ') {
    const std::string before = without_prefix(std::string{rest.substr(0, half)}, 'a');
    const std::string after = without_prefix(std::string{rest.substr(half + 1)}, 'b');
    if (before == after) return after;
  }
  const std::size_t last = rest.rfind(" b/");
  return last == std::string_view::npos ? std::string{rest} : std::string{rest.substr(last + 3)};
}

class patch_reader {
 public:
  explicit patch_reader(const std::function<void(const patch_piece&)>& take) : take_(take) {
    piece_.first = true;
  }

  void read(std::string_view patch) {
    while (!patch.empty()) {
      const std::size_t end = patch.find('\n');
      take_line(patch.substr(0, end));
      patch.remove_prefix(end == std::string_view::npos ? patch.size() : end + 1);
    }
    finish_block();
    hand_over();
  }

 private:
  enum class mode { outside, hunk, block_header, block, rest_of_blocks };

  void take_line(std::string_view line) {
    if (mode_ == mode::hunk && take_hunk_line(line)) return;
    if (mode_ == mode::block && block_.add(line)) return;
    if (mode_ == mode::block) finish_block();
    if (mode_ == mode::block_header) {
      if (block_.begin(line)) {
        mode_ = mode::block;
        return;
      }
      hide("a binary block of no known kind");
      mode_ = mode::outside;
    }
    take_outside(line);
  }

  void take_outside(std::string_view whole) {
    const std::string_view line = whole.substr(0, whole.size() - (whole.ends_with('\r') ? 1 : 0));
    if (line.starts_with("diff --git ")) {
      begin_file(name_in_header(line.substr(11)));
      seen_diff_ = true;
    } else if (line.starts_with("diff --cc ") || line.starts_with("diff --combined ")) {
      begin_file(unquoted_name(line.substr(line.find(' ', 7) + 1)));
      seen_diff_ = true;
    } else if (line.starts_with("+++ ")) {
      take_new_name(line.substr(4));
    } else if (line.starts_with("rename to ") || line.starts_with("copy to ")) {
      piece_.path = unquoted_name(line.substr(line.find(" to ") + 4));
    } else if (line.starts_with("@@")) {
      begin_hunk(line);
    } else if (line.starts_with("GIT binary patch")) {
      mode_ = mode::block_header;
    } else if (line.starts_with("Binary files ") && !line.ends_with("and /dev/null differ")) {
      hide("a binary file whose content the patch does not show");
    } else if (mode_ == mode::rest_of_blocks && (line.empty() || block_.begin(line))) {
      // The way back, to the old content.
      if (!line.empty()) old_block_ = true;
    } else if (mode_ == mode::rest_of_blocks && old_block_ && block_.add(line)) {
      return;
    } else if (!take_header(line)) {
      add(whole.starts_with("+") ? whole.substr(1) : whole, true);
      ++line_;
    }
  }

  /// Lines between `diff` and the first hunk that say something about the file. Elsewhere, as in a
  /// commit's message, they are text like any other.
  bool take_header(std::string_view line) {
    if (!seen_diff_) return line.starts_with("--- ");
    if (line.starts_with("deleted file mode ")) piece_.first = false;
    return std::any_of(headers_without_text.begin(), headers_without_text.end(),
                       [&](std::string_view header) { return line.starts_with(header); });
  }

  void begin_file(std::string path) {
    hand_over();
    start_piece(std::move(path));
  }

  void take_new_name(std::string_view name) {
    std::string path = without_prefix(unquoted_name(name), 'b');
    // Without a `diff` line this is where a file begins.
    if (seen_name_ || !piece_.text.empty()) begin_file(path);
    if (path == "/dev/null") {
      piece_.first = false;
    } else {
      piece_.path = std::move(path);
    }
    seen_name_ = true;
    mode_ = mode::outside;
  }

  void begin_hunk(std::string_view header) {
    parents_ = std::min(header.find_first_not_of('@'), header.size()) - 1;
    mode_ = mode::outside;
    if (parents_ == 0 || parents_ > most_parents) return;
    left_.fill(0);
    std::size_t at = header.find(' ');
    for (std::size_t i = 0; i <= parents_ && at != std::string_view::npos; ++i) {
      std::uint32_t start = 0;
      std::uint32_t count = 1;
      const char sign = i == parents_ ? '+' : '-';
      if (at + 1 >= header.size() || header[at + 1] != sign) return;
      const char* const end = header.data() + header.size();
      auto read = std::from_chars(header.data() + at + 2, end, start);
      if (read.ec != std::errc{}) return;
      if (read.ptr != end && *read.ptr == ',') {
        read = std::from_chars(read.ptr + 1, end, count);
        if (read.ec != std::errc{}) return;
      }
      left_[i] = count;
      at = header.find(' ', at + 1);
      if (i == parents_) {
        line_ = start;
        mode_ = mode::hunk;
      }
    }
    // Hunks are apart from each other.
    if (mode_ == mode::hunk && !piece_.text.empty()) add("", false);
  }

  /// False when the line cannot be of a hunk: the header lied, or the hunk is over.
  bool take_hunk_line(std::string_view line) {
    const auto end = left_.begin() + static_cast<std::ptrdiff_t>(parents_) + 1;
    if (std::all_of(left_.begin(), end, [](std::uint32_t left) { return left == 0; })) {
      mode_ = mode::outside;
      return line.starts_with('\\');
    }
    if (line.starts_with('\\')) return true;
    if (line == "\r") line = {};
    const std::string_view marks = line.substr(0, parents_);
    if (marks.find_first_not_of(" +-") != std::string_view::npos) {
      mode_ = mode::outside;
      return false;
    }
    const bool is_new = marks.find('-') == std::string_view::npos;
    for (std::size_t i = 0; i < parents_; ++i) {
      const char mark = i < marks.size() ? marks[i] : ' ';
      if (mark != '+' && left_[i] > 0) --left_[i];
    }
    if (!is_new) return true;
    if (left_[parents_] > 0) --left_[parents_];
    add(line.substr(marks.size()), marks.find('+') != std::string_view::npos);
    ++line_;
    return true;
  }

  void add(std::string_view line, bool added) {
    do {
      if (piece_.text.size() >= largest_piece) hand_over_and_go_on();
      const std::string_view part = line.substr(0, largest_piece);
      piece_.stretches.push_back({piece_.text.size(), line_, added});
      piece_.text += part;
      line.remove_prefix(part.size());
    } while (!line.empty());
    piece_.text += '\n';
  }

  void finish_block() {
    if (mode_ != mode::block) return;
    mode_ = mode::rest_of_blocks;
    old_block_ = false;
    auto content = block_.content(largest_binary);
    block_ = {};
    if (!content) {
      hide(content.error().message);
      return;
    }
    hand_over();
    piece_.stretches = {{0, 1, true}};
    piece_.text = std::move(*content);
    hand_over();
  }

  void hide(std::string why) {
    hand_over();
    piece_.hidden = std::move(why);
    hand_over();
  }

  void hand_over() {
    if (!piece_.text.empty() || piece_.first || !piece_.hidden.empty()) take_(piece_);
    piece_.text.clear();
    piece_.stretches.clear();
    piece_.hidden.clear();
    piece_.first = false;
  }

  void hand_over_and_go_on() {
    std::string tail = piece_.text.substr(piece_.text.size() - overlap);
    const std::size_t cut = piece_.text.size() - overlap;
    std::vector<patch_piece::stretch> last;
    for (auto at = piece_.stretches.rbegin(); at != piece_.stretches.rend(); ++at) {
      last.push_back({at->begin > cut ? at->begin - cut : 0, at->line, false});
      if (at->begin <= cut) break;
    }
    std::reverse(last.begin(), last.end());
    hand_over();
    piece_.text = std::move(tail);
    piece_.stretches = std::move(last);
  }

  void start_piece(std::string path) {
    piece_ = {};
    piece_.path = std::move(path);
    piece_.first = true;
    line_ = 1;
    seen_name_ = false;
    seen_diff_ = false;
    mode_ = mode::outside;
  }

  const std::function<void(const patch_piece&)>& take_;
  patch_piece piece_;
  mode mode_ = mode::outside;
  bool seen_diff_ = false;
  bool seen_name_ = false;
  bool old_block_ = false;
  std::uint32_t line_ = 1;  ///< in the new file
  std::size_t parents_ = 1;
  std::array<std::uint32_t, most_parents + 1> left_{};  ///< lines of each old side and the new one
  binary_block block_;
};

}  // namespace

std::string unquoted_name(std::string_view text) {
  if (text.empty() || text.front() != '"') {
    // A tab ends a plain name; git adds one when the name has spaces.
    return std::string{text.substr(0, text.find_first_of("\t\r"))};
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

void read_patch(std::string_view patch, const std::function<void(const patch_piece&)>& take) {
  patch_reader{take}.read(patch);
}

}  // namespace skein::scan
