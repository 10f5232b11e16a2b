// Commands that hold others: conditions, loops, choices, functions and tests.
#include "runtime/shell/grammar.hpp"

namespace skein::shell::detail {

void grammar::trailing_redirections(command& out) {
  for (skip_blanks(); redirection_is_next(); skip_blanks()) {
    out.redirections.push_back(one_redirection(out));
  }
  if (!at_end() && !ends_word(peek())) fail("an unexpected " + shown_next());
}

void grammar::conditional(command& out) {
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

void grammar::do_group(command& out) {
  skip_newlines();
  take_reserved("do");
  out.bodies.push_back(list());
  take_reserved("done");
}

void grammar::iteration(command& out) {
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

void grammar::choice(command& out) {
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

void grammar::function(command& out, const word& named) {
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

void grammar::test(command& out) {
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

}  // namespace skein::shell::detail
