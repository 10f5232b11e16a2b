// Simple commands: assignments, words, redirections and here-documents.
#include "runtime/shell/grammar.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace skein::shell::detail {

bool grammar::process_is_next() {
  return (peek() == '<' || peek() == '>') && peek(1) == '(';
}

bool grammar::redirection_is_next() {
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

redirection grammar::one_redirection(command& owner) {
  count();
  redirection out;
  if (peek() == '{') {
    owner.dialect = true;
    while (text_[at_] != '}') out.descriptor += text_[at_++];
    out.descriptor += text_[at_++];
  }
  while (peek() >= '0' && peek() <= '9') out.descriptor += text_[at_++];
  static constexpr std::array<std::string_view, 12> operators{"&>>", "<<<", "<<-", "&>", "<<", ">>",
                                                              ">|",  "<>",  "<&",  ">&", "<",  ">"};
  for (const std::string_view each : operators) {
    if (next_is(each)) {
      out.op = each;
      break;
    }
  }
  skip(out.op.size());
  if (out.op.starts_with('&') || out.op == "<<<") owner.dialect = true;
  skip_blanks();
  if (at_end() || (ends_word(peek()) && !process_is_next())) fail("a redirection without a target");
  out.target = read_word();
  if (out.op == "<<" || out.op == "<<-") expect_document(out);
  return out;
}

void grammar::expect_document(redirection& from) {
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

void grammar::read_documents() {
  for (const pending_document& each : std::exchange(pending_, {})) {
    std::string text;
    for (;;) {
      if (at_ >= text_.size()) fail("a here-document without its end");
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      std::string_view line = text_.substr(at_, end - at_);
      at_ = std::min(end + 1, text_.size());
      if (each.strip_tabs) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
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

void grammar::finish_documents() {
  if (!pending_.empty()) fail("a here-document without its end");
}

std::optional<assignment> grammar::as_assignment(word& from) {
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

void grammar::array_elements(assignment& into) {
  into.array = true;
  skip(1);
  for (;;) {
    skip_newlines();
    if (peek() == ')') break;
    if (at_end() || (ends_word(peek()) && !process_is_next())) fail("an array that is not closed");
    into.elements.push_back(read_word());
  }
  skip(1);
}

void grammar::simple(command& out) {
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

}  // namespace skein::shell::detail
