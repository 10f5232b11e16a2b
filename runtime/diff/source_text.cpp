// The token-level reader. See source_text.hpp.
#include "runtime/diff/source_text.hpp"

#include <algorithm>

namespace skein::diff {
namespace {

constexpr char filler = '_';
constexpr std::size_t longest_character = 12;

/// ASCII, whatever the locale: this is asked of every byte.
constexpr bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
/// What begins and ends nothing.
constexpr bool is_plain(char c) noexcept {
  return is_word(c) || c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\f\v\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\f\v\r") - first + 1);
}

class reader {
 public:
  reader(const language* as, source_side& out) : as_(as), out_(out) {}

  void start(int block, int quote) {
    block_ = block;
    quote_ = quote;
    raw_.clear();
  }
  [[nodiscard]] bool open() const { return block_ >= 0 || quote_ >= 0 || !raw_.empty(); }

  void line(std::string_view in) {
    if (as_ == nullptr) {
      put(in, true);
    } else {
      rest_ = in;
      at_ = 0;
      while (at_ < rest_.size()) step();
      if (quote_ >= 0 && !as_->quotes[static_cast<std::size_t>(quote_)].multiline) quote_ = -1;
    }
    out_.code += '\n';
    out_.text += '\n';
    out_.comment += '\n';
  }

 private:
  void put(std::string_view piece, bool code) {
    out_.text += piece;
    if (code) {
      out_.code += piece;
    } else {
      out_.code.append(piece.size(), filler);
    }
  }

  void step() {
    if (block_ >= 0) return in_block();
    if (!raw_.empty()) return until(raw_, false, [this] { raw_.clear(); });
    if (quote_ >= 0) {
      const auto& syntax = as_->quotes[static_cast<std::size_t>(quote_)];
      return until(syntax.close, syntax.escapes, [this] { quote_ = -1; });
    }
    in_code();
  }

  void in_block() {
    const auto& close = as_->blocks[static_cast<std::size_t>(block_)].close;
    const std::size_t end = rest_.find(close, at_);
    const std::size_t stop = end == std::string_view::npos ? rest_.size() : end + close.size();
    out_.comment += rest_.substr(at_, stop - at_);
    at_ = stop;
    if (end != std::string_view::npos) block_ = -1;
  }

  template <class Closed>
  void until(std::string_view close, bool escapes, Closed&& closed) {
    const std::size_t first = at_;
    while (at_ < rest_.size()) {
      if (escapes && rest_[at_] == '\\') {
        at_ = std::min(at_ + 2, rest_.size());
      } else if (rest_.substr(at_).starts_with(close)) {
        put(rest_.substr(first, at_ - first), false);
        put(rest_.substr(at_, close.size()), true);
        at_ += close.size();
        return closed();
      } else {
        ++at_;
      }
    }
    put(rest_.substr(first, at_ - first), false);
  }

  [[nodiscard]] bool here(std::string_view what) const {
    return rest_.substr(at_).starts_with(what);
  }
  [[nodiscard]] char before() const { return at_ == 0 ? '\0' : rest_[at_ - 1]; }

  [[nodiscard]] bool comment_starts(std::string_view token) const {
    if (!here(token)) return false;
    if (token == "#" && as_->attributes && at_ + 1 < rest_.size() && rest_[at_ + 1] == '[') {
      return false;
    }
    return !as_->comment_after_space || at_ == 0 || before() == ' ' || before() == '\t' ||
           before() == ';';
  }

  void in_code() {
    const char c = rest_[at_];
    // Most bytes are these.
    if (is_plain(c)) {
      if (raw_string_may_start() && raw_string()) return;
      const std::size_t first = at_++;
      while (at_ < rest_.size() && is_plain(rest_[at_]) && !raw_string_may_start()) ++at_;
      return put(rest_.substr(first, at_ - first), true);
    }
    for (const auto& token : as_->line_comments) {
      if (!comment_starts(token)) continue;
      out_.comment += rest_.substr(at_);
      at_ = rest_.size();
      return;
    }
    for (std::size_t i = 0; i < as_->blocks.size(); ++i) {
      const auto& open = as_->blocks[i].open;
      // Ruby's =begin and Perl's kind count at the start of a line only.
      if (!here(open) || (open[0] == '=' && at_ != 0)) continue;
      block_ = static_cast<int>(i);
      out_.comment += open;
      at_ += open.size();
      return;
    }
    if (c == '\'' && as_->char_quotes) return character();
    for (std::size_t i = 0; i < as_->quotes.size(); ++i) {
      const auto& open = as_->quotes[i].open;
      if (!here(open)) continue;
      quote_ = static_cast<int>(i);
      put(rest_.substr(at_, open.size()), true);
      at_ += open.size();
      return;
    }
    if (c == '/' && as_->regex_literals && regex_literal()) return;
    put(rest_.substr(at_++, 1), true);
  }

  /// 'x' or '\n'; otherwise a lifetime, a digit separator, an apostrophe.
  void character() {
    const std::size_t from = at_ + 1;
    std::size_t end = from < rest_.size() && rest_[from] == '\\' ? from + 2 : from + 1;
    while (end < rest_.size() && end - from < longest_character && rest_[end] != '\'' &&
           (rest_[from] == '\\' || (static_cast<unsigned char>(rest_[end]) & 0xC0U) == 0x80U)) {
      ++end;
    }
    if (is_word(before()) || end >= rest_.size() || rest_[end] != '\'') {
      return put(rest_.substr(at_++, 1), true);
    }
    put("'", true);
    put(rest_.substr(from, end - from), false);
    put("'", true);
    at_ = end + 1;
  }

  [[nodiscard]] bool raw_string_may_start() const {
    const char c = rest_[at_];
    return as_->raw_strings && (c == 'R' || c == 'r' || c == 'b') && !is_word(before());
  }

  bool raw_string() {
    std::size_t i = at_;
    if (rest_[i] == 'b') ++i;
    if (i >= rest_.size()) return false;
    const bool cpp = rest_[i] == 'R';
    if (!cpp && rest_[i] != 'r') return false;
    ++i;
    if (cpp) {
      if (i >= rest_.size() || rest_[i] != '"') return false;
      const std::size_t paren = rest_.find('(', i);
      if (paren == std::string_view::npos || paren - i > 17) return false;
      raw_ = ")" + std::string{rest_.substr(i + 1, paren - i - 1)} + "\"";
      i = paren + 1;
    } else {
      const std::size_t hashes = i;
      while (i < rest_.size() && rest_[i] == '#') ++i;
      if (i >= rest_.size() || rest_[i] != '"') return false;
      raw_ = "\"" + std::string(i - hashes, '#');
      ++i;
    }
    put(rest_.substr(at_, i - at_), true);
    at_ = i;
    return true;
  }

  bool regex_literal() {
    std::size_t previous = at_;
    while (previous > 0 && (rest_[previous - 1] == ' ' || rest_[previous - 1] == '\t')) --previous;
    if (previous > 0 &&
        std::string_view{"(,=:[!&|?{};~"}.find(rest_[previous - 1]) == std::string_view::npos) {
      return false;
    }
    bool in_set = false;
    for (std::size_t i = at_ + 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '[') {
        in_set = true;
      } else if (rest_[i] == ']') {
        in_set = false;
      } else if (rest_[i] == '/' && !in_set && i > at_ + 1) {
        put("/", true);
        put(rest_.substr(at_ + 1, i - at_ - 1), false);
        put("/", true);
        at_ = i + 1;
        return true;
      }
    }
    return false;
  }

  const language* as_;
  source_side& out_;
  std::string_view rest_;
  std::size_t at_ = 0;
  int block_ = -1;
  int quote_ = -1;
  std::string raw_;
};

bool looks_like_code(std::string_view line) {
  return line.find_first_of("(){}[]=:;@") != std::string_view::npos ||
         line.starts_with("import ") || line.starts_with("return") || line.starts_with("assert ");
}

struct entry {
  int block = -1;
  int quote = -1;
};

/// What a hunk begins in the middle of. A patch does not tell; the first mark that closes something
/// does, when the lines before it look like prose.
entry entry_of(const changed_file& file, const hunk& part, const language& as) {
  if (part.first < file.lines.size() && file.lines[part.first].old_line <= 1 &&
      file.lines[part.first].new_line <= 1) {
    return {};
  }
  bool code = false;
  for (std::size_t i = part.first; i < part.first + part.count; ++i) {
    const auto& line = file.lines[i];
    if (line.kind == line_kind::added) continue;
    const auto text = trimmed(line.text);
    for (std::size_t b = 0; b < as.blocks.size(); ++b) {
      if (text.find(as.blocks[b].open) != std::string_view::npos) return {};
      // A glob has `*/` in it as well.
      if (text.starts_with(as.blocks[b].close) ||
          (text.starts_with("*") && text.ends_with(as.blocks[b].close))) {
        return code ? entry{} : entry{static_cast<int>(b), -1};
      }
    }
    for (std::size_t q = 0; q < as.quotes.size(); ++q) {
      const auto& syntax = as.quotes[q];
      if (!syntax.multiline || syntax.open.size() < 3) continue;
      const std::size_t at = text.find(syntax.close);
      if (at == std::string_view::npos) continue;
      if (code || text.find(syntax.open, at + syntax.open.size()) != std::string_view::npos) {
        return {};
      }
      const bool closes = text.size() > syntax.close.size() && text.ends_with(syntax.close);
      if (closes) return {-1, static_cast<int>(q)};
      if (text != syntax.close) return {};
      // Alone on its line: it closes when something was before it, or code follows at once.
      if (i > part.first) return {-1, static_cast<int>(q)};
      const bool next = i + 1 < part.first + part.count;
      return next && looks_like_code(file.lines[i + 1].text) ? entry{-1, static_cast<int>(q)}
                                                             : entry{};
    }
    code = code || (looks_like_code(text) && !text.starts_with("*"));
  }
  return {};
}

}  // namespace

std::size_t source_side::begin_of(channel in, std::size_t line) const noexcept {
  if (line >= lines.size()) return of(in).size();
  return in == channel::comment ? lines[line].comment_begin : lines[line].text_begin;
}

std::size_t source_side::line_at(channel in, std::size_t offset) const noexcept {
  const auto after = std::upper_bound(
      lines.begin(), lines.end(), offset, [in](std::size_t value, const side_line& line) {
        return value < (in == channel::comment ? line.comment_begin : line.text_begin);
      });
  return after == lines.begin() ? 0 : static_cast<std::size_t>(after - lines.begin()) - 1;
}

std::string_view source_side::line_text(std::size_t line) const noexcept {
  const std::size_t begin = begin_of(channel::text, line);
  return std::string_view{text}.substr(begin, begin_of(channel::text, line + 1) - begin);
}

std::string_view source_side::line_code(std::size_t line) const noexcept {
  const std::size_t begin = begin_of(channel::code, line);
  return std::string_view{code}.substr(begin, begin_of(channel::code, line + 1) - begin);
}

std::size_t source_side::hunk_of(std::size_t line) const noexcept {
  const auto after =
      std::upper_bound(hunks.begin(), hunks.end(), line,
                       [](std::size_t value, const side_hunk& each) { return value < each.first; });
  return after == hunks.begin() ? 0 : static_cast<std::size_t>(after - hunks.begin()) - 1;
}

source_side read_side(const changed_file& file, const language* as, bool new_side) {
  source_side out;
  reader tokens{as, out};
  const line_kind other = new_side ? line_kind::removed : line_kind::added;
  const line_kind own = new_side ? line_kind::added : line_kind::removed;
  const auto add = [&](std::string_view text, std::uint32_t number, bool changed) {
    out.lines.push_back({number, changed, out.text.size(), out.comment.size()});
    tokens.line(text);
  };
  for (const auto& part : file.hunks) {
    side_hunk made{out.lines.size(), 0, false};
    tokens.start(-1, -1);
    if (as != nullptr && !part.heading.empty()) add(part.heading, 0, false);
    const entry from = as == nullptr ? entry{} : entry_of(file, part, *as);
    tokens.start(from.block, from.quote);
    for (std::size_t i = part.first; i < part.first + part.count; ++i) {
      const auto& line = file.lines[i];
      if (line.kind == other) continue;
      add(line.text, new_side ? line.new_line : line.old_line, line.kind == own);
    }
    made.end = out.lines.size();
    made.ends_open = tokens.open();
    out.hunks.push_back(made);
  }
  return out;
}

}  // namespace skein::diff
