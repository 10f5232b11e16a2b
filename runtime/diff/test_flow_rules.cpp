// What stands inside of tests: deletions only, early returns, code that cannot be reached, mocks of
// the subject, and code that a comment or text swallows.
#include "runtime/diff/assertion_text.hpp"
#include "runtime/diff/test_rules.hpp"

#include <algorithm>

namespace skein::diff {
namespace {

constexpr std::size_t most_returns = 200;

}  // namespace

void test_rules::only_deletions(std::size_t index) {
  const auto& view = files_[index];
  if (!view.was(file_kind::test) || told_.contains(&view)) return;
  if (view.file->deletions == 0 || view.file->insertions != 0 || view.file->copied) return;
  if (view.examined && (moved(index) || found_elsewhere(index))) return;
  into_.add(view.file->removed() ? "test.file_deleted" : "test.only_deletions",
            {view.file->path(), 0, {}, {}, std::to_string(view.file->deletions) + " lines"});
}

const std::set<std::string>& test_rules::lines_of_tests(const language* as) {
  const auto [found, is_new] = lines_of_tests_.try_emplace(as);
  if (!is_new) return found->second;
  for (const auto& view : files_) {
    if (!view.is(file_kind::test) || view.new_language != as) continue;
    for (std::size_t line = 0; line < view.after.lines.size(); ++line) {
      if (view.after.lines[line].changed) {
        found->second.insert(squeezed(view.after.line_text(line)));
      }
    }
  }
  return found->second;
}

std::size_t test_rules::indent_of(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  return first == std::string_view::npos ? line.size() : first;
}

void test_rules::early_returns(const file_view& view) {
  const auto* as = view.new_language;
  if (as == nullptr || as->early_return == nullptr || !view.is(file_kind::test)) return;
  std::size_t returns = 0;
  for (std::size_t i = 0; i < view.after.lines.size(); ++i) {
    if (!view.after.lines[i].changed) continue;
    const auto code = view.after.line_code(i);
    if (!re2::RE2::PartialMatch({code.data(), code.size()}, *as->early_return)) continue;
    if (++returns > most_returns) return;
    if (!in_old_test(view, i)) continue;
    const auto* next = assertion_behind(view, i);
    if (next == nullptr) {
      if (unreachable_behind(view, i)) {
        into_.add("test.early_return", {view.file->path(),
                                        view.after.lines[i].number,
                                        {},
                                        std::string{view.after.line_text(i)},
                                        {}});
      }
      continue;
    }
    std::string_view before;
    for (std::size_t back = i; back > 0 && before.empty(); --back) {
      const auto line = view.after.line_code(back - 1);
      if (line.find_first_not_of(" \t\n") != std::string_view::npos) before = line;
    }
    const std::size_t own = indent_of(code);
    const auto words = before.substr(std::min(indent_of(before), before.size()));
    const bool conditional =
        (own > indent_of(before) &&
         (words.starts_with("if") || words.starts_with("elif") || words.starts_with("else") ||
          words.starts_with("unless") || words.starts_with("} else"))) ||
        code.find("if ") != std::string_view::npos || code.find("if(") != std::string_view::npos ||
        code.find("unless ") != std::string_view::npos;
    if (!conditional && own > next_indent(view, *next)) continue;  // of a function inside the test
    into_.add(conditional ? "test.conditional_return" : "test.early_return",
              {view.file->path(),
               view.after.lines[i].number,
               {},
               std::string{view.after.line_text(i)},
               "before " + next->shown});
  }
}

bool test_rules::unreachable_behind(const file_view& view, std::size_t line) {
  const auto own = indent_of(view.after.line_code(line));
  const auto code = view.after.line_code(line);
  if (own == 0 || code.find("if") != std::string_view::npos ||
      code.find("unless") != std::string_view::npos) {
    return false;
  }
  for (std::size_t i = line; i > 0; --i) {
    const auto before = view.after.line_code(i - 1);
    if (before.find_first_not_of(" \t\n") == std::string_view::npos) continue;
    // `if (x)` and the like without a block.
    const auto first = before.substr(std::min(indent_of(before), before.size()));
    if (first.starts_with("if") || first.starts_with("else") || first.starts_with("for") ||
        first.starts_with("while") || first.starts_with("case") || first.starts_with("switch")) {
      return false;
    }
    break;
  }
  const std::size_t end = view.after.hunks[view.after.hunk_of(line)].end;
  for (std::size_t i = line + 1; i < end; ++i) {
    const auto next = view.after.line_code(i);
    if (next.find_first_not_of(" \t\n") == std::string_view::npos) continue;
    const auto first = next.substr(std::min(indent_of(next), next.size()));
    for (const std::string_view closer :
         {"}", ")", "]", "case", "default", "else", "elif", "except", "finally", "end", "def ",
          "rescue", "ensure", "when", "#", "@"}) {
      if (first.starts_with(closer)) return false;
    }
    return indent_of(next) == own;
  }
  return false;
}

std::size_t test_rules::next_indent(const file_view& view, const assertion& what) {
  for (std::size_t i = 0; i < view.after.lines.size(); ++i) {
    if (view.after.lines[i].number == what.line) return indent_of(view.after.line_code(i));
  }
  return 0;
}

void test_rules::mocked_subject(const file_view& view) {
  const auto* as = view.new_language;
  if (as == nullptr || as->mocks == nullptr || !view.is(file_kind::test)) return;
  std::string name = view.file->new_path.substr(view.file->new_path.rfind('/') + 1);
  const auto subject = stem_of(name.substr(0, name.find('.')));
  if (subject.size() < shortest_stem) return;
  for (std::size_t i = 0; i < view.after.lines.size(); ++i) {
    if (!view.after.lines[i].changed) continue;
    const auto code = view.after.line_code(i);
    re2::StringPiece groups[8];
    const int wanted = std::min(8, as->mocks->NumberOfCapturingGroups() + 1);
    if (!as->mocks->Match({code.data(), code.size()}, 0, code.size(), re2::RE2::UNANCHORED, groups,
                          wanted)) {
      continue;
    }
    for (int g = 1; g < wanted; ++g) {
      if (groups[g].data() == nullptr) continue;
      const auto at = static_cast<std::size_t>(groups[g].data() - code.data());
      const auto target = view.after.line_text(i).substr(at, groups[g].size());
      mock_of(view, i, std::string{target}, subject);
      break;
    }
  }
}

void test_rules::swallowed_code(const file_view& view) {
  if (view.file->removed() || view.file->added() || view.old_language != view.new_language) return;
  const std::size_t hunks = std::min(view.before.hunks.size(), view.after.hunks.size());
  for (std::size_t i = 0; i < hunks; ++i) {
    const auto& part = view.after.hunks[i];
    if (!part.ends_open || view.before.hunks[i].ends_open || part.end == part.first) continue;
    into_.add("code.swallowed", {view.file->path(),
                                 view.after.lines[part.end - 1].number,
                                 {},
                                 std::string{view.after.line_text(part.end - 1)},
                                 {}});
    return;
  }
}

}  // namespace skein::diff
