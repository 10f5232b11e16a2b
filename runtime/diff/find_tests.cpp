// Where test cases and assertions are. See assertion.hpp.
#include "runtime/diff/assertion.hpp"
#include "runtime/diff/assertion_text.hpp"

#include <algorithm>
#include <iterator>

namespace skein::diff {
namespace {

constexpr std::size_t longest_statement = 4000;
constexpr std::size_t name_within = 1200;
constexpr std::size_t most_facts = 5000;
constexpr std::size_t most_words = 500;
constexpr int lines_to_condition = 3;

struct found_case {
  std::size_t begin = 0;
  std::size_t name_line = 0;
  std::string name;
};

class finder {
 public:
  finder(const source_side& side, const language& as, const table_content& tables)
      : side_(side), as_(as), tables_(tables) {}

  test_facts find(bool whole_file) && {
    for (std::size_t i = 0; i < side_.hunks.size(); ++i) {
      const auto& part = side_.hunks[i];
      begin_ = side_.begin_of(channel::code, part.first);
      end_ = side_.begin_of(channel::code, part.end);
      hunk_ = i;
      cases_.clear();
      find_cases();
      find_assertions(whole_file);
    }
    return std::move(out_);
  }

 private:
  static re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

  void find_cases() {
    for (const auto& syntax : as_.cases) {
      const int groups = syntax.name == nullptr ? 2 : 1;
      for_each(*syntax.marker, begin_, groups, [&](const auto& found, std::size_t at) {
        found_case made;
        made.begin = at;
        std::size_t name_at = at;
        if (syntax.name == nullptr) {
          if (found[1].data() == nullptr) return;
          name_at = offset_of(found[1]);
          made.name = squeezed(side_.text.substr(name_at, found[1].size()));
        } else {
          const std::size_t from = at + found[0].size();
          const auto behind =
              std::string_view{side_.code}.substr(from, std::min(name_within, end_ - from));
          re2::StringPiece names[3];
          const int wanted = std::min(3, syntax.name->NumberOfCapturingGroups() + 1);
          if (!syntax.name->Match(piece(behind), 0, behind.size(), re2::RE2::UNANCHORED, names,
                                  wanted)) {
            return;
          }
          const auto& name = wanted > 2 && names[1].data() == nullptr ? names[2] : names[1];
          if (name.data() == nullptr) return;
          name_at = offset_of(name);
          made.name = squeezed(side_.text.substr(name_at, name.size()));
        }
        made.name_line = side_.line_at(channel::code, name_at);
        cases_.push_back(std::move(made));
      });
    }
    std::sort(cases_.begin(), cases_.end(),
              [](const auto& a, const auto& b) { return a.begin < b.begin; });
    // Several markers may stand before one name.
    std::vector<found_case> kept;
    for (auto& each : cases_) {
      if (!kept.empty() && kept.back().name_line == each.name_line &&
          kept.back().name == each.name) {
        continue;
      }
      kept.push_back(std::move(each));
    }
    cases_ = std::move(kept);
    if (out_.cases.size() + cases_.size() > most_facts) {
      out_.complete = false;
      cases_.resize(most_facts - std::min(most_facts, out_.cases.size()));
    }
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      test_case made;
      made.name = cases_[i].name;
      made.line = side_.lines[cases_[i].name_line].number;
      const std::size_t until = i + 1 < cases_.size()
                                    ? side_.line_at(channel::code, cases_[i + 1].begin)
                                    : side_.hunks[hunk_].end;
      made.hunk = hunk_;
      for (std::size_t line = cases_[i].name_line; line < until; ++line) {
        add_words(made.words, line, line == cases_[i].name_line ? cases_[i].name : std::string{});
      }
      out_.cases.push_back(std::move(made));
    }
  }

  void add_words(std::set<std::string>& into, std::size_t line, const std::string& name) const {
    const auto text = side_.line_text(line);
    for (std::size_t i = 0; i < text.size() && into.size() < most_words;) {
      if (!is_word_byte(text[i])) {
        ++i;
        continue;
      }
      const std::size_t first = i;
      while (i < text.size() && is_word_byte(text[i])) ++i;
      std::string word{text.substr(first, i - first)};
      if (word != name && name.find(word) == std::string::npos) into.insert(std::move(word));
    }
  }

  [[nodiscard]] std::size_t offset_of(const re2::StringPiece& part) const {
    return static_cast<std::size_t>(part.data() - side_.code.data());
  }

  template <class Take>
  void for_each(const re2::RE2& what, std::size_t from, int groups, Take&& take) const {
    re2::StringPiece found[3];
    const auto text = piece(std::string_view{side_.code}.substr(0, end_));
    const int wanted = std::min(groups, what.NumberOfCapturingGroups() + 1);
    while (from < end_ && what.Match(text, from, end_, re2::RE2::UNANCHORED, found, wanted)) {
      // Alternatives of a list have a group each.
      if (wanted > 1 && found[1].data() == nullptr) name_group(what, text, from, found);
      const std::size_t at = offset_of(found[0]);
      take(found, at);
      from = std::max(at + found[0].size(), from + 1);
    }
  }

  static void name_group(const re2::RE2& what, const re2::StringPiece& text, std::size_t from,
                         re2::StringPiece* found) {
    constexpr int most = 12;
    re2::StringPiece all[most];
    const int groups = std::min(most, what.NumberOfCapturingGroups() + 1);
    if (!what.Match(text, from, text.size(), re2::RE2::UNANCHORED, all, groups)) return;
    for (int i = 1; i < groups; ++i) {
      if (all[i].data() == nullptr) continue;
      found[1] = all[i];
      return;
    }
  }

  void find_assertions(bool whole_file) {
    if (as_.assertions != nullptr) {
      std::size_t from = begin_;
      re2::StringPiece found;
      const auto text = piece(std::string_view{side_.code}.substr(0, end_));
      while (from < end_ &&
             as_.assertions->Match(text, from, end_, re2::RE2::UNANCHORED, &found, 1)) {
        const std::size_t at = statement_begin(offset_of(found), found);
        const std::size_t end = std::max(statement_end(at), at + 1);
        add(at, end, at, whole_file);
        from = std::max(end, from + 1);
      }
    }
    if (as_.guarded != nullptr) {
      for_each(*as_.guarded, begin_, 1, [&](const auto& match, std::size_t at) {
        guarded(at, at + match[0].size(), whole_file);
      });
    }
  }

  /// The regex may need what stands before the name; and what `.should` is of stands before it.
  [[nodiscard]] std::size_t statement_begin(std::size_t at, const re2::StringPiece& found) const {
    const auto words = std::string_view{found.data(), found.size()};
    const bool behind = words.starts_with('.') || words.find("should") != std::string_view::npos ||
                        words.find("Should") != std::string_view::npos;
    if (behind) {
      const std::size_t first = side_.begin_of(channel::code, side_.line_at(channel::code, at));
      int depth = 0;
      ++at;
      while (at > first) {
        const char c = side_.code[at - 1];
        if (c == ')' || c == ']' || c == '}') ++depth;
        if (c == '(' || c == '[' || c == '{') --depth;
        if (depth < 0 || (depth == 0 && (c == ';' || c == '='))) break;
        --at;
      }
    }
    while (at < end_ && !is_word_byte(side_.code[at])) ++at;
    return at;
  }

  [[nodiscard]] std::size_t statement_end(std::size_t at) const {
    const std::size_t stop = std::min(end_, at + longest_statement);
    int depth = 0;
    for (std::size_t i = at; i < stop; ++i) {
      const char c = side_.code[i];
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') {
        if (--depth < 0) return i;
      }
      if (depth > 0) continue;
      if (c == ';') return i;
      if (c == '\n' && !continues(i)) return i;
    }
    return stop;
  }

  [[nodiscard]] bool continues(std::size_t newline) const {
    if (newline > 0 && side_.code[newline - 1] == '\\') return true;
    std::size_t next = newline + 1;
    while (next < end_ && (side_.code[next] == ' ' || side_.code[next] == '\t')) ++next;
    const auto rest = std::string_view{side_.code}.substr(next, 2);
    return rest.starts_with('.') || rest == "->" || rest == "?." || rest == "&&" || rest == "||" ||
           rest == "==";
  }

  /// A failure call; what it asserts is the condition of the `if` before it.
  void guarded(std::size_t at, std::size_t end, bool whole_file) {
    std::size_t line = side_.line_at(channel::code, at);
    for (int back = 0; back <= lines_to_condition; ++back) {
      const auto code = side_.line_code(line);
      const std::size_t found = code.find("if ");
      const std::size_t brace = code.rfind('{');
      if (found != std::string_view::npos && brace != std::string_view::npos && brace > found) {
        const std::size_t begin = side_.begin_of(channel::code, line);
        return add(begin + found, begin + brace, begin + found, whole_file);
      }
      if (line == side_.hunks[hunk_].first ||
          (back > 0 && code.find('}') != std::string_view::npos)) {
        break;
      }
      --line;
    }
    add(at, std::max(statement_end(at), end), at, whole_file);
  }

  void add(std::size_t begin, std::size_t end, std::size_t at, bool whole_file) {
    if (out_.assertions.size() >= most_facts) {
      out_.complete = false;
      return;
    }
    std::string test;
    const auto behind =
        std::upper_bound(cases_.begin(), cases_.end(), at,
                         [](std::size_t value, const auto& each) { return value < each.begin; });
    if (behind != cases_.begin()) test = std::prev(behind)->name;
    if (!whole_file && test.empty()) return;
    const auto text = std::string_view{side_.text}.substr(begin, end - begin);
    const auto code = std::string_view{side_.code}.substr(begin, end - begin);
    assertion made = read_assertion(text, code, as_, tables_);
    if (made.key.empty()) return;
    made.shown = text;
    made.tokens = made.words;
    made.tokens.insert(made.literals.begin(), made.literals.end());
    made.test = std::move(test);
    made.line = side_.lines[side_.line_at(channel::code, at)].number;
    made.hunk = hunk_;
    out_.assertions.push_back(std::move(made));
  }

  const source_side& side_;
  const language& as_;
  const table_content& tables_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t hunk_ = 0;
  std::vector<found_case> cases_;
  test_facts out_;
};

}  // namespace

test_facts find_tests(const source_side& side, const language& as, const table_content& tables,
                      bool whole_file) {
  return finder{side, as, tables}.find(whole_file);
}

}  // namespace skein::diff
