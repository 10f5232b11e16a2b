#include "runtime/shell/parser.hpp"

#include "runtime/shell/scanner.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace skein::shell {

namespace detail {

namespace {

constexpr std::array<std::string_view, 18> reserved{
    "!",    "{",  "}",   "case",     "coproc", "do",     "done", "elif",  "else",
    "esac", "fi", "for", "function", "if",     "select", "then", "until", "while"};

/// Words that end a list; whoever started it says which one it waits for.
constexpr std::array<std::string_view, 8> closing{"}",    "do",   "done", "elif",
                                                  "else", "esac", "fi",   "then"};

template <std::size_t N>
bool in(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The text of a word that is plain: unquoted and without expansions.
std::optional<std::string_view> plain(const word& value) {
  if (value.parts.size() != 1) return std::nullopt;
  const part& only = value.parts.front();
  if (only.kind != part_kind::text || only.quoted) return std::nullopt;
  return only.text;
}

bool is_name(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

class grammar : public scanner {
 public:
  using scanner::scanner;

  script whole() {
    script out = list();
    if (!at_end()) fail("an unexpected " + shown_next());
    finish_documents();
    return out;
  }

 protected:
  script commands_in_parentheses() override {
    std::vector<pending_document> outer = std::exchange(pending_, {});
    script out = list();
    expect(")");
    if (!pending_.empty()) fail("a here-document that crosses a substitution");
    pending_ = std::move(outer);
    return out;
  }

 private:
  struct pending_document {
    std::shared_ptr<word> into;
    std::string delimiter;
    bool quoted = false;
    bool strip_tabs = false;
  };

  std::string shown_next() {
    if (at_end()) return "end";
    return schema::detail::in_quotes(text_.substr(at_, 1));
  }

  void expect(std::string_view token) {
    skip_blanks();
    if (!next_is(token)) fail("an unexpected " + shown_next());
    skip(token.size());
  }

  /// The reserved word at the next position, when there is one.
  std::string_view reserved_word() {
    skip_blanks();
    std::string seen;
    for (std::size_t i = 0; i < 9; ++i) {
      const char c = peek(i);
      if (ends_word(c)) break;
      seen += c;
    }
    const auto* found = std::find(reserved.begin(), reserved.end(), seen);
    if (found == reserved.end()) return {};
    if (!next_is(*found)) return {};
    return *found;
  }

  void take_reserved(std::string_view word) {
    if (reserved_word() != word) {
      fail("an unexpected " + shown_next() + " where " + std::string(word) + " was expected");
    }
    skip(word.size());
  }

  void newline() {
    skip(1);
    read_documents();
  }

  void skip_newlines() {
    for (;;) {
      skip_blanks();
      if (peek() != '\n') return;
      newline();
    }
  }

  bool list_ends() {
    if (at_end() || peek() == ')') return true;
    if (peek() == ';' && (peek(1) == ';' || peek(1) == '&')) return true;
    return in(closing, reserved_word());
  }

  script list() {
    const nested level(*this);
    script out;
    skip_newlines();
    while (!list_ends()) {
      out.pipelines.push_back(one_pipeline());
      std::string& end = out.pipelines.back().end;
      skip_blanks();
      if (at_end()) break;
      if (next_is("&&") || next_is("||")) {
        end = peek() == '&' ? "&&" : "||";
        skip(2);
        skip_newlines();
        if (list_ends()) fail("nothing after " + end);
      } else if (peek() == '&') {
        end = "&";
        skip(1);
        skip_newlines();
      } else if (peek() == ';' && peek(1) != ';' && peek(1) != '&') {
        end = ";";
        skip(1);
        skip_newlines();
      } else if (peek() == '\n') {
        end = "\n";
        skip_newlines();
      } else {
        break;
      }
    }
    return out;
  }

  pipeline one_pipeline() {
    pipeline out;
    for (;;) {
      skip_blanks();
      if (reserved_word() == "!") {
        skip(1);
        out.negated = true;
      } else if (next_is("time") && ends_word(peek(4))) {
        skip(4);
        out.timed = true;
        skip_blanks();
        if (next_is("-p") && ends_word(peek(2))) skip(2);
      } else {
        break;
      }
    }
    for (;;) {
      out.commands.push_back(one_command());
      skip_blanks();
      if (peek() != '|' || peek(1) == '|') return out;
      skip(1);
      if (peek() == '&') {
        out.commands.back().dialect = true;
        skip(1);
      }
      skip_newlines();
    }
  }

  command one_command() {
    const nested level(*this);
    count();
    skip_blanks();
    command out;
    out.offset = at_;
    const std::string_view word = reserved_word();
    if (peek() == '(') {
      out.kind = command_kind::subshell;
      out.dialect = peek(1) == '(';
      skip(1);
      out.bodies.push_back(commands_in_parentheses());
    } else if (word == "{") {
      skip(1);
      out.kind = command_kind::group;
      out.bodies.push_back(list());
      take_reserved("}");
    } else if (word == "if") {
      conditional(out);
    } else if (word == "while" || word == "until") {
      skip(word.size());
      out.kind = command_kind::loop;
      out.bodies.push_back(list());
      do_group(out);
    } else if (word == "for" || word == "select") {
      skip(word.size());
      iteration(out);
      out.dialect = out.dialect || word == "select";
    } else if (word == "case") {
      choice(out);
    } else if (word == "function") {
      skip(word.size());
      out.dialect = true;
      skip_blanks();
      function(out, read_word());
    } else if (word == "coproc") {
      skip(word.size());
      out.kind = command_kind::group;
      out.dialect = true;
      script body;
      body.pipelines.emplace_back().commands.push_back(one_command());
      out.bodies.push_back(std::move(body));
    } else if (!word.empty()) {
      fail("an unexpected " + std::string(word));
    } else {
      simple(out);
      return out;
    }
    trailing_redirections(out);
    return out;
  }

  void trailing_redirections(command& out) {
    for (skip_blanks(); redirection_is_next(); skip_blanks()) {
      out.redirections.push_back(one_redirection(out));
    }
    if (!at_end() && !ends_word(peek())) fail("an unexpected " + shown_next());
  }

  void conditional(command& out) {
    out.kind = command_kind::conditional;
    skip(2);
    for (;;) {
      out.bodies.push_back(list());
      take_reserved("then");
      out.bodies.push_back(list());
      const std::string_view next = reserved_word();
      if (next == "elif") {
        skip(4);
        continue;
      }
      if (next == "else") {
        skip(4);
        out.bodies.push_back(list());
      }
      take_reserved("fi");
      return;
    }
  }

  void do_group(command& out) {
    skip_newlines();
    take_reserved("do");
    out.bodies.push_back(list());
    take_reserved("done");
  }

  void iteration(command& out) {
    out.kind = command_kind::iteration;
    skip_blanks();
    if (next_is("((")) {
      skip(2);
      out.dialect = true;
      count();
      word& header = out.words.emplace_back();
      // Three expressions; each may hold commands.
      std::size_t semicolons = 0;
      while (peek() != ';' || semicolons < 2) {
        if (at_end()) fail("a for loop that is not closed");
        if (peek() == ';') ++semicolons;
        if (peek() == ')' && peek(1) == ')') break;
        if (peek() == '$' || peek() == '`' || peek() == '[') {
          fail("an expansion in the head of a for loop");
        }
        skip(1);
      }
      expect("))");
      header.parts.clear();
      out.name = "((";
      skip_blanks();
      if (peek() == ';') skip(1);
      do_group(out);
      return;
    }
    const auto variable = read_word();
    const auto name = plain(variable);
    if (!name || !is_name(*name)) fail("a for loop without a variable");
    out.name = *name;
    skip_newlines();
    if (next_is("in") && ends_word(peek(2))) {
      skip(2);
      for (skip_blanks(); !at_end() && (!ends_word(peek()) || process_is_next()); skip_blanks()) {
        out.words.push_back(read_word());
      }
    }
    skip_blanks();
    if (peek() == ';' && peek(1) != ';') skip(1);
    do_group(out);
  }

  void choice(command& out) {
    out.kind = command_kind::choice;
    skip(4);
    skip_blanks();
    if (at_end() || ends_word(peek())) fail("a case without a word");
    out.words.push_back(read_word());
    skip_newlines();
    if (!next_is("in") || !ends_word(peek(2))) fail("a case without in");
    skip(2);
    for (;;) {
      skip_newlines();
      if (reserved_word() == "esac") break;
      if (peek() == '(') skip(1);
      for (;;) {
        skip_blanks();
        if (at_end() || ends_word(peek())) fail("a case pattern is missing");
        out.words.push_back(read_word());
        skip_blanks();
        if (peek() != '|') break;
        skip(1);
      }
      expect(")");
      out.bodies.push_back(list());
      skip_blanks();
      if (next_is(";;")) {
        skip(2);
        if (peek() == '&') {
          skip(1);
          out.dialect = true;
        }
      } else if (next_is(";&")) {
        skip(2);
        out.dialect = true;
      } else if (reserved_word() != "esac") {
        fail("an unexpected " + shown_next() + " in a case");
      }
    }
    take_reserved("esac");
  }

  void function(command& out, const word& named) {
    out.kind = command_kind::function;
    const auto name = plain(named);
    if (!name) fail("a function whose name is not plain");
    out.name = *name;
    skip_blanks();
    if (peek() == '(') {
      skip(1);
      expect(")");
    }
    skip_newlines();
    script body;
    body.pipelines.emplace_back().commands.push_back(one_command());
    if (body.pipelines.front().commands.front().kind == command_kind::simple) {
      fail("a function without a body");
    }
    out.bodies.push_back(std::move(body));
  }

  bool process_is_next() { return (peek() == '<' || peek() == '>') && peek(1) == '('; }

  bool redirection_is_next() {
    std::size_t ahead = 0;
    if (peek() == '&') return peek(1) == '>';
    if (peek() == '{') {
      ++ahead;
      while (!ends_word(peek(ahead)) && peek(ahead) != '}') ++ahead;
      if (peek(ahead) != '}' || ahead == 1 || ahead > 64) return false;
      ++ahead;
    } else {
      while (peek(ahead) >= '0' && peek(ahead) <= '9' && ahead < 12) ++ahead;
    }
    const char c = peek(ahead);
    return (c == '<' || c == '>') && !(ahead == 0 && peek(1) == '(');
  }

  redirection one_redirection(command& owner) {
    count();
    redirection out;
    if (peek() == '{') {
      owner.dialect = true;
      while (text_[at_] != '}') out.descriptor += text_[at_++];
      out.descriptor += text_[at_++];
    }
    while (peek() >= '0' && peek() <= '9') out.descriptor += text_[at_++];
    static constexpr std::array<std::string_view, 12> operators{
        "&>>", "<<<", "<<-", "&>", "<<", ">>", ">|", "<>", "<&", ">&", "<", ">"};
    for (const std::string_view each : operators) {
      if (next_is(each)) {
        out.op = each;
        break;
      }
    }
    skip(out.op.size());
    if (out.op.starts_with('&') || out.op == "<<<") owner.dialect = true;
    skip_blanks();
    if (at_end() || (ends_word(peek()) && !process_is_next()))
      fail("a redirection without a target");
    out.target = read_word();
    if (out.op == "<<" || out.op == "<<-") expect_document(out);
    return out;
  }

  void expect_document(redirection& from) {
    pending_document next;
    next.strip_tabs = from.op == "<<-";
    for (const part& each : from.target.parts) {
      if (each.kind != part_kind::text || each.dialect) {
        fail("a here-document whose delimiter is not plain");
      }
      next.delimiter += each.text;
      next.quoted = next.quoted || each.quoted;
    }
    if (next.delimiter.find('\n') != std::string::npos) {
      fail("a here-document whose delimiter is not plain");
    }
    from.document = std::make_shared<word>();
    next.into = from.document;
    pending_.push_back(std::move(next));
  }

  void read_documents() {
    for (const pending_document& each : std::exchange(pending_, {})) {
      std::string text;
      for (;;) {
        if (at_ >= text_.size()) fail("a here-document without its end");
        const std::size_t end = std::min(text_.find('\n', at_), text_.size());
        std::string_view line = text_.substr(at_, end - at_);
        at_ = std::min(end + 1, text_.size());
        if (each.strip_tabs)
          line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
        if (line == each.delimiter) break;
        if (!each.quoted && line.ends_with('\\')) {
          fail("a line continuation in a here-document");
        }
        text.append(line).append("\n");
      }
      if (each.quoted) {
        part only;
        only.text = std::move(text);
        only.quoted = true;
        each.into->parts.push_back(std::move(only));
      } else {
        *each.into = parse_document(text, spent_, depth_);
      }
    }
  }

  void finish_documents() {
    if (!pending_.empty()) fail("a here-document without its end");
  }

  /// The `NAME` of `NAME=…`, `NAME+=…` or `NAME[…]=…` at the front of a word; with what is after.
  static std::optional<assignment> as_assignment(word& from) {
    if (from.parts.empty()) return std::nullopt;
    part& first = from.parts.front();
    if (first.kind != part_kind::text || first.quoted) return std::nullopt;
    const std::size_t equals = first.text.find('=');
    if (equals == std::string::npos) return std::nullopt;
    std::string name = first.text.substr(0, equals);
    assignment out;
    if (name.ends_with('+')) {
      name.pop_back();
      out.array = true;
    }
    if (const std::size_t bracket = name.find('['); bracket != std::string::npos) {
      name.resize(bracket);
      out.array = true;
    }
    if (!is_name(name)) return std::nullopt;
    out.name = std::move(name);
    first.text.erase(0, equals + 1);
    out.value = std::move(from);
    return out;
  }

  void array_elements(assignment& into) {
    into.array = true;
    skip(1);
    for (;;) {
      skip_newlines();
      if (peek() == ')') break;
      if (at_end() || (ends_word(peek()) && !process_is_next()))
        fail("an array that is not closed");
      into.elements.push_back(read_word());
    }
    skip(1);
  }

  void simple(command& out) {
    for (;;) {
      skip_blanks();
      if (at_end()) break;
      if (redirection_is_next()) {
        out.redirections.push_back(one_redirection(out));
        continue;
      }
      if (ends_word(peek()) && !process_is_next()) {
        if (peek() == '(' && out.words.size() == 1 && out.assignments.empty() &&
            out.redirections.empty()) {
          const word name = std::move(out.words.front());
          out.words.clear();
          function(out, name);
          return;
        }
        if (peek() == '(') fail("an unexpected \"(\"");
        break;
      }
      word next = read_word();
      if (out.words.empty()) {
        if (auto assigned = as_assignment(next)) {
          out.assignments.push_back(std::move(*assigned));
          if (peek() == '(') array_elements(out.assignments.back());
          continue;
        }
        if (plain(next) == "[[") {
          test(out);
          continue;
        }
      }
      out.words.push_back(std::move(next));
    }
    if (out.words.empty() && out.assignments.empty() && out.redirections.empty() &&
        out.kind == command_kind::simple) {
      fail("an unexpected " + shown_next());
    }
  }

  /// After `[[`: everything up to `]]`.
  void test(command& out) {
    out.kind = command_kind::test;
    out.dialect = true;
    for (;;) {
      skip_newlines();
      if (at_end()) fail("a [[ that is not closed");
      if (ends_word(peek()) && !process_is_next()) {
        if (peek() == ';') fail("a [[ that is not closed");
        skip(1);
        continue;
      }
      word next = read_word();
      if (plain(next) == "]]") return;
      out.words.push_back(std::move(next));
    }
  }

  std::vector<pending_document> pending_;
};

}  // namespace

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
