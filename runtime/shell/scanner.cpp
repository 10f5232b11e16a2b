#include "runtime/shell/scanner.hpp"

#include <algorithm>
#include <utility>

namespace skein::shell::detail {

namespace {

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_part(char c) {
  return is_name_start(c) || is_digit(c);
}
bool is_special_parameter(char c) {
  return std::string_view("@*#?$!-").find(c) != std::string_view::npos && c != '\0';
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

void append_utf8(std::string& out, std::uint32_t value) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xc0U | value >> 6U);
    put(0x80U | (value & 0x3fU));
  } else if (value < 0x10000) {
    put(0xe0U | value >> 12U);
    put(0x80U | (value >> 6U & 0x3fU));
    put(0x80U | (value & 0x3fU));
  } else {
    put(0xf0U | (value >> 18U & 7U));
    put(0x80U | (value >> 12U & 0x3fU));
    put(0x80U | (value >> 6U & 0x3fU));
    put(0x80U | (value & 0x3fU));
  }
}

}  // namespace

void scanner::fail(std::string what) const {
  throw not_understood{std::min(at_, text_.size()), std::move(what)};
}

void scanner::count() const {
  if (++spent_.nodes > spent_.limits.max_nodes) fail("too many parts");
}

void scanner::enter() {
  if (++depth_ > spent_.limits.max_depth) fail("constructs nested too deeply");
}

char scanner::peek(std::size_t ahead) {
  for (;;) {
    if (at_ + 1 < text_.size() && text_[at_] == '\\' && text_[at_ + 1] == '\n') {
      at_ += 2;
      continue;
    }
    break;
  }
  std::size_t look = at_;
  for (std::size_t seen = 0; seen < ahead; ++seen) {
    ++look;
    while (look + 1 < text_.size() && text_[look] == '\\' && text_[look + 1] == '\n') look += 2;
  }
  return look < text_.size() ? text_[look] : '\0';
}

bool scanner::at_end() {
  (void)peek();
  return at_ >= text_.size();
}

bool scanner::next_is(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (peek(i) != text[i]) return false;
  }
  // What follows is skipped by length, so a continuation inside is refused.
  if (text_.substr(at_, text.size()) != text) fail("a line continuation inside an operator");
  return true;
}

void scanner::skip_blanks() {
  for (;;) {
    const char c = peek();
    if (c == ' ' || c == '\t') {
      ++at_;
    } else if (c == '#') {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      return;
    } else {
      return;
    }
  }
}

bool scanner::ends_word(char c) {
  return c == '\0' || std::string_view(" \t\n;&|<>()").find(c) != std::string_view::npos;
}

void scanner::add_text(std::vector<part>& to, std::string_view text, bool quoted) const {
  if (!to.empty() && to.back().kind == part_kind::text && to.back().quoted == quoted &&
      !to.back().dialect) {
    to.back().text += text;
    return;
  }
  count();
  part added;
  added.text = text;
  added.quoted = quoted;
  to.push_back(std::move(added));
}

void scanner::single_quoted(std::vector<part>& to) {
  ++at_;
  const std::size_t end = text_.find('\'', at_);
  if (end == std::string_view::npos) fail("a single quote is not closed");
  add_text(to, text_.substr(at_, end - at_), true);
  at_ = end + 1;
}

void scanner::double_quoted(std::vector<part>& to) {
  const nested level(*this);
  ++at_;
  add_text(to, {}, true);
  for (;;) {
    const char c = peek();
    if (at_ >= text_.size()) fail("a double quote is not closed");
    if (c == '"') {
      ++at_;
      return;
    }
    if (c == '$') {
      dollar(to, true);
    } else if (c == '`') {
      to.push_back(backquoted(true));
    } else if (c == '\\' && at_ + 1 < text_.size() &&
               std::string_view("$`\"\\").find(text_[at_ + 1]) != std::string_view::npos) {
      add_text(to, text_.substr(at_ + 1, 1), true);
      at_ += 2;
    } else {
      add_text(to, text_.substr(at_, 1), true);
      ++at_;
    }
  }
}

std::uint32_t scanner::digits(int base, std::size_t most) {
  std::uint32_t value = 0;
  for (std::size_t n = 0; n < most && at_ < text_.size() && digit_value(text_[at_]) < base; ++n) {
    value = value * static_cast<std::uint32_t>(base) +
            static_cast<std::uint32_t>(digit_value(text_[at_++]));
  }
  return value;
}

void scanner::ansi_quoted(std::vector<part>& to) {
  ++at_;
  std::string out;
  for (;;) {
    if (at_ >= text_.size()) fail("a $' quote is not closed");
    const char c = text_[at_++];
    if (c == '\'') break;
    if (c != '\\') {
      out += c;
      continue;
    }
    if (at_ >= text_.size()) fail("a $' quote is not closed");
    const char escape = text_[at_++];
    static constexpr std::string_view from = "abeEfnrtv\\'\"?";
    static constexpr std::string_view into = "\a\b\x1b\x1b\f\n\r\t\v\\'\"?";
    if (const std::size_t known = from.find(escape); known != std::string_view::npos) {
      out += into[known];
    } else if (escape == 'x') {
      out += static_cast<char>(digits(16, 2));
    } else if (escape == 'u' || escape == 'U') {
      append_utf8(out, digits(16, escape == 'u' ? 4 : 8));
    } else if (escape == 'c') {
      if (at_ < text_.size()) out += static_cast<char>(text_[at_++] & 0x1f);
    } else if (escape >= '0' && escape <= '7') {
      --at_;
      out += static_cast<char>(digits(8, 3));
    } else {
      out += '\\';
      out += escape;
    }
  }
  count();
  part added;
  // bash ends the text at a NUL.
  added.text = out.substr(0, out.find('\0'));
  added.quoted = true;
  added.dialect = true;
  to.push_back(std::move(added));
}

part scanner::substitution(part_kind kind) {
  const nested level(*this);
  count();
  part out;
  out.kind = kind;
  out.dialect = kind == part_kind::process;
  out.body = std::make_unique<script>(commands_in_parentheses());
  return out;
}

part scanner::backquoted(bool quoted) {
  const nested level(*this);
  count();
  ++at_;
  std::string inner;
  for (;;) {
    if (at_ >= text_.size()) fail("a backquote is not closed");
    const char c = text_[at_++];
    if (c == '`') break;
    if (c == '\\' && at_ < text_.size()) {
      const char next = text_[at_];
      if (next == '`' || next == '\\' || next == '$' || (quoted && next == '"')) {
        inner += next;
        ++at_;
        continue;
      }
    }
    inner += c;
  }
  part out;
  out.kind = part_kind::command;
  out.quoted = quoted;
  out.body = std::make_unique<script>(parse_nested(inner, spent_, depth_));
  return out;
}

part scanner::arithmetic(std::string_view close) {
  const nested level(*this);
  count();
  part out;
  out.kind = part_kind::arithmetic;
  std::size_t open = 0;
  for (;;) {
    const char c = peek();
    if (at_ >= text_.size()) fail("an arithmetic expansion is not closed");
    if (open == 0 && c == close[0]) {
      if (!next_is(close)) fail("an arithmetic expansion that could be commands");
      skip(close.size());
      return out;
    }
    if (c == '$') {
      dollar(out.inside, true);
      out.assigns = true;
    } else if (c == '`') {
      out.inside.push_back(backquoted(true));
      out.assigns = true;
    } else if (c == '\'' || c == '"' || c == '\\' || c == ';' || c == '#' || c == '\n') {
      // The shells disagree here, and one may find commands where another finds numbers.
      fail("an arithmetic expansion with quotes or separators");
    } else {
      if (c == '(' || c == '[') ++open;
      if (c == ')' || c == ']') {
        if (open == 0) fail("an arithmetic expansion that could be commands");
        --open;
      }
      // A variable may be set, and its text is evaluated in turn and may hold commands.
      if (is_name_start(c)) out.assigns = true;
      ++at_;
    }
  }
}

part scanner::braced_parameter(bool quoted) {
  const nested level(*this);
  count();
  part out;
  out.kind = part_kind::parameter;
  out.quoted = quoted;
  if (peek() == '!' && peek(1) != '}') {
    out.assigns = true;  // the name comes from another variable
    ++at_;
  } else if (peek() == '#' && peek(1) != '}') {
    ++at_;  // a length
  }
  const char first = peek();
  if (is_name_start(first)) {
    while (is_name_part(peek())) out.text += text_[at_++];
  } else if (is_digit(first)) {
    while (is_digit(peek())) out.text += text_[at_++];
  } else if (is_special_parameter(first)) {
    out.text = first;
    ++at_;
  } else {
    fail("a parameter expansion without a name");
  }
  const char op = peek();
  if (op == '=' || op == '@' || (op == ':' && peek(1) == '=') || op == '[') out.assigns = true;
  if (op != '}' && std::string_view(":-=?+#%/^,@[").find(op) == std::string_view::npos) {
    fail("a parameter expansion that is not understood");
  }
  for (;;) {
    const char c = peek();
    if (at_ >= text_.size()) fail("a parameter expansion is not closed");
    if (c == '}') {
      ++at_;
      return out;
    }
    if (c == '$') {
      dollar(out.inside, quoted);
    } else if (c == '`') {
      out.inside.push_back(backquoted(quoted));
    } else if (c == '"') {
      double_quoted(out.inside);
    } else if (c == '\'') {
      if (quoted) fail("a single quote in a quoted parameter expansion");
      single_quoted(out.inside);
    } else if (c == '{') {
      fail("a brace in a parameter expansion");
    } else if ((c == '<' || c == '>') && peek(1) == '(') {
      fail("a process substitution in a parameter expansion");
    } else {
      at_ += c == '\\' && at_ + 1 < text_.size() ? 2 : 1;
    }
  }
}

void scanner::dollar(std::vector<part>& to, bool quoted) {
  const char next = peek(1);
  if (next == '\'' && !quoted) {
    at_ = text_.find('\'', at_);
    ansi_quoted(to);
    return;
  }
  if (next == '"' && !quoted) {
    at_ = text_.find('"', at_);
    count();
    to.emplace_back();
    to.back().quoted = to.back().dialect = true;
    double_quoted(to);
    return;
  }
  ++at_;
  (void)peek();
  if (next == '(') {
    if (peek(1) == '(') {
      if (!next_is("((")) fail("a line continuation inside an operator");
      skip(2);
      to.push_back(arithmetic("))"));
    } else {
      ++at_;
      to.push_back(substitution(part_kind::command));
    }
    to.back().quoted = quoted;
    return;
  }
  if (next == '[') {
    ++at_;
    to.push_back(arithmetic("]"));
    to.back().quoted = quoted;
    to.back().dialect = true;
    return;
  }
  if (next == '{') {
    ++at_;
    to.push_back(braced_parameter(quoted));
    return;
  }
  if (is_name_start(next) || is_digit(next) || is_special_parameter(next)) {
    count();
    part out;
    out.kind = part_kind::parameter;
    out.quoted = quoted;
    out.text = next;
    ++at_;
    while (is_name_start(next) && is_name_part(peek())) out.text += text_[at_++];
    to.push_back(std::move(out));
    return;
  }
  add_text(to, "$", quoted);
}

word scanner::read_word() {
  count();
  word out;
  (void)peek();
  out.offset = at_;
  for (;;) {
    const char c = peek();
    if ((c == '<' || c == '>') && peek(1) == '(') {
      if (!next_is(c == '<' ? "<(" : ">(")) fail("a line continuation inside an operator");
      skip(2);
      out.parts.push_back(substitution(part_kind::process));
      continue;
    }
    if (at_ >= text_.size() || ends_word(c)) return out;
    if (c == '\'') {
      single_quoted(out.parts);
    } else if (c == '"') {
      double_quoted(out.parts);
    } else if (c == '$') {
      dollar(out.parts, false);
    } else if (c == '`') {
      out.parts.push_back(backquoted(false));
    } else if (c == '\\') {
      if (at_ + 1 >= text_.size()) fail("a backslash at its end");
      add_text(out.parts, text_.substr(at_ + 1, 1), true);
      at_ += 2;
    } else {
      add_text(out.parts, text_.substr(at_, 1), false);
      ++at_;
    }
  }
}

word scanner::document() {
  word out;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '$') {
      dollar(out.parts, true);
    } else if (c == '`') {
      out.parts.push_back(backquoted(true));
    } else if (c == '\\' && at_ + 1 < text_.size() &&
               std::string_view("$`\\").find(text_[at_ + 1]) != std::string_view::npos) {
      add_text(out.parts, text_.substr(at_ + 1, 1), true);
      at_ += 2;
    } else {
      add_text(out.parts, text_.substr(at_, 1), true);
      ++at_;
    }
  }
  return out;
}

}  // namespace skein::shell::detail
