// Lists, pipelines and what begins a command.
#include "runtime/shell/grammar.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace skein::shell::detail {

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

}  // namespace

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

script grammar::whole() {
  script out = list();
  if (!at_end()) fail("an unexpected " + shown_next());
  finish_documents();
  return out;
}

script grammar::commands_in_parentheses() {
  std::vector<pending_document> outer = std::exchange(pending_, {});
  script out = list();
  expect(")");
  if (!pending_.empty()) fail("a here-document that crosses a substitution");
  pending_ = std::move(outer);
  return out;
}

std::string grammar::shown_next() {
  if (at_end()) return "end";
  return schema::detail::in_quotes(text_.substr(at_, 1));
}

void grammar::expect(std::string_view token) {
  skip_blanks();
  if (!next_is(token)) fail("an unexpected " + shown_next());
  skip(token.size());
}

std::string_view grammar::reserved_word() {
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

void grammar::take_reserved(std::string_view word) {
  if (reserved_word() != word) {
    fail("an unexpected " + shown_next() + " where " + std::string(word) + " was expected");
  }
  skip(word.size());
}

void grammar::newline() {
  skip(1);
  read_documents();
}

void grammar::skip_newlines() {
  for (;;) {
    skip_blanks();
    if (peek() != '\n') return;
    newline();
  }
}

bool grammar::list_ends() {
  if (at_end() || peek() == ')') return true;
  if (peek() == ';' && (peek(1) == ';' || peek(1) == '&')) return true;
  return in(closing, reserved_word());
}

script grammar::list() {
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

pipeline grammar::one_pipeline() {
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

command grammar::one_command() {
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

}  // namespace skein::shell::detail
