// Tests that say less than before: removed, switched off, weakened. The comparison is
// compare_tests.hpp's; here is what of it is a finding.
#include "runtime/diff/test_rules.hpp"
#include "runtime/diff/assertion_text.hpp"

#include <algorithm>
#include <charconv>

namespace skein::diff {
namespace {

/// What is lost beyond these is not looked for in other shapes: it is lost.
constexpr std::size_t most_looked_for = 200;

std::optional<double> number_in(std::string_view text) {
  const auto first = text.find_first_of("0123456789.");
  if (first == std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(text.data() + first, text.data() + text.size(), value);
  if (read.ec != std::errc{}) return std::nullopt;
  return value;
}

bool is_number(std::string_view text) {
  return is_literal(text) &&
         (std::isdigit(static_cast<unsigned char>(text.front())) != 0 || text.front() == '-');
}

/// How many cases one parametrised test stands for: the entries of the list behind `at`.
std::size_t entries_behind(std::string_view code, std::size_t at) {
  const std::size_t open = code.find_first_of("[{", at);
  if (open == std::string_view::npos || open > at + 200) return 1;
  const std::size_t close = closing_bracket(code, open);
  if (close == std::string_view::npos) return 1;
  return std::max<std::size_t>(1, split_top(code, {open + 1, close}, ',').size());
}

}  // namespace

std::string stem_of(std::string_view name) {
  std::string out = canonical_name(name);
  for (const std::string_view affix : {"tests", "test", "specs", "spec", "should"}) {
    if (out.starts_with(affix)) {
      out.erase(0, affix.size());
      break;
    }
  }
  for (const std::string_view affix : {"tests", "test", "spec"}) {
    if (out.ends_with(affix)) {
      out.erase(out.size() - affix.size());
      break;
    }
  }
  return out;
}

test_rules::test_rules(const std::vector<file_view>& files, finding_list& into)
    : files_(files), into_(into), changes_(compare_tests(files)) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    credit_.push_back(parametrised_entries(files[i]));
  }
}

void test_rules::check() {
  moved_to_nowhere();
  cases();
  pairs();
  lost();
  made();
  for (std::size_t i = 0; i < files_.size(); ++i) {
    only_deletions(i);
    early_returns(files_[i]);
    mocked_subject(files_[i]);
    swallowed_code(files_[i]);
  }
}

void test_rules::moved_to_nowhere() {
  for (const auto& view : files_) {
    if (!view.was(file_kind::test) || view.is(file_kind::test)) continue;
    if (view.file->removed() || view.file->copied) continue;
    into_.add("test.file_disabled",
              {view.file->old_path, 0, view.file->old_path, view.file->new_path, {}});
    told_.insert(&view);
  }
}

void test_rules::cases() {
  std::map<std::size_t, std::vector<const lost_case*>> by_file;
  for (const auto& each : changes_.lost_cases) by_file[each.file].push_back(&each);
  for (const auto& [index, all] : by_file) {
    const auto& view = files_[index];
    if (told_.contains(&view)) continue;
    if (view.file->removed()) {
      into_.add("test.file_deleted", {view.file->old_path,
                                      0,
                                      {},
                                      {},
                                      std::to_string(all.size()) + " test cases, the first is " +
                                          all.front()->what->name});
      told_.insert(&view);
      continue;
    }
    for (const auto* each : all) lost(view, index, *each->what);
  }
}

void test_rules::lost(const file_view& view, std::size_t index, const test_case& what) {
  lost_names_.emplace(index, what.name);
  if (++looked_for_[index] > most_looked_for) {
    return into_.add("test.case_removed", {view.file->path(), what.line, what.name, {}, {}});
  }
  if (const auto renamed = plain_function(view, what.name); !renamed.empty()) {
    return into_.add("test.case_disabled", {view.file->path(), what.line, what.name, renamed, {}});
  }
  if (in_added_comment(view, what.name)) {
    return into_.add("test.commented_out", {view.file->path(), what.line, what.name, {}, {}});
  }
  if (credit_[index] > 0) {
    --credit_[index];
    return;
  }
  into_.add("test.case_removed", {view.file->path(), what.line, what.name, {}, {}});
}

std::string test_rules::plain_function(const file_view& view, const std::string& name) const {
  const auto stem = stem_of(name);
  if (view.new_language == nullptr || view.new_language->functions == nullptr ||
      stem.size() < shortest_stem) {
    return {};
  }
  for (std::size_t i = 0; i < view.after.lines.size(); ++i) {
    const auto code = view.after.line_code(i);
    re2::StringPiece groups[6];
    const auto& regex = *view.new_language->functions;
    const int wanted = std::min(6, regex.NumberOfCapturingGroups() + 1);
    if (!regex.Match({code.data(), code.size()}, 0, code.size(), re2::RE2::UNANCHORED, groups,
                     wanted)) {
      continue;
    }
    for (int g = 1; g < wanted; ++g) {
      if (groups[g].data() == nullptr) continue;
      const std::string found{groups[g].data(), groups[g].size()};
      const auto at = static_cast<std::size_t>(groups[g].data() - code.data());
      const bool same = canonical_name(found).find(stem) != std::string::npos;
      if (!same || is_case(view, view.after.lines[i].number, found)) continue;
      // The name is a new one, or its mark as a test was taken away.
      if (view.after.lines[i].changed || found == name) {
        return std::string{view.after.line_text(i).substr(at, groups[g].size())};
      }
    }
  }
  return {};
}

bool test_rules::is_case(const file_view& view, std::uint32_t line, const std::string& name) {
  const auto& all = view.tests_after.cases;
  return std::any_of(all.begin(), all.end(),
                     [&](const test_case& each) { return each.line == line || each.name == name; });
}

bool test_rules::in_added_comment(const file_view& view, const std::string& what) {
  const auto& side = view.after;
  for (std::size_t at = side.comment.find(what); at != std::string::npos;
       at = side.comment.find(what, at + 1)) {
    if (side.lines[side.line_at(channel::comment, at)].changed) return true;
  }
  return false;
}

void test_rules::pairs() {
  for (const auto& each : changes_.pairs) {
    const auto& before = *each.before;
    const auto& after = *each.after;
    const finding_list::of what{
        files_[each.after_file].file->path(), after.line, before.shown, after.shown, {}};
    const int held = before.strength == unknown ? partial : before.strength;
    if (after.strength == trivial && before.strength != trivial) {
      into_.add("test.assertion_trivial", what);
    } else if (after.strength == unknown) {
      if (held > weak) into_.add("test.assertion_replaced", what);
    } else if (after.strength < held) {
      into_.add("test.assertion_weakened", what);
    } else if (before.strength != unknown) {
      other_operands(before, after, what);
    }
  }
}

void test_rules::other_operands(const assertion& before, const assertion& after,
                                const finding_list::of& what) {
  if (before.matcher != after.matcher) return;
  if (before.operands.size() > after.operands.size() && before.strength >= exact &&
      !before.operands.empty() && after.operands.size() < 2) {
    return;
  }
  if (before.operands.size() != after.operands.size()) return;
  std::size_t differing = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < before.operands.size(); ++i) {
    if (before.operands[i] == after.operands[i]) continue;
    ++differing;
    at = i;
  }
  if (differing != 1) return;
  const auto& old_value = before.operands[at];
  const auto& value = after.operands[at];
  if (at >= 2 && is_number(old_value) && is_number(value)) {
    const bool digits = before.matcher.find("tobecloseto") != std::string::npos ||
                        before.matcher.find("almostequal") != std::string::npos;
    const auto was = number_in(old_value);
    const auto now = number_in(value);
    if (was && now && (digits ? *now < *was : *now > *was)) {
      into_.add("test.tolerance_raised", what);
    }
    return;
  }
  if (is_literal(old_value) && is_literal(value)) into_.add("test.expected_changed", what);
}

void test_rules::lost() {
  for (const auto& [index, what] : changes_.lost) {
    const auto& view = files_[index];
    if (what->strength == trivial || told_.contains(&view)) continue;
    if (view.file->removed()) {
      // Told once for the file, below.
      removed_assertions_[index].push_back(what);
      continue;
    }
    if (lost_names_.contains({index, what->test})) continue;
    const finding_list::of where{view.file->path(), what->line, what->shown, {}, {}};
    if (++looked_for_[index] > most_looked_for) {
      into_.add("test.assertion_removed", where);
    } else if (in_squeezed_comment(index, what->key)) {
      into_.add("test.commented_out", where);
    } else if (!covered(index, *what)) {
      if (credit_[index] > 0 && parametrised_holds(view, what->strength)) {
        --credit_[index];
        continue;
      }
      into_.add("test.assertion_removed", where);
    }
  }
  for (const auto& [index, all] : removed_assertions_) {
    into_.add("test.file_deleted", {files_[index].file->old_path,
                                    all.front()->line,
                                    all.front()->shown,
                                    {},
                                    std::to_string(all.size()) + " assertions are nowhere else"});
    told_.insert(&files_[index]);
  }
}

bool test_rules::in_squeezed_comment(std::size_t index, const std::string& key) {
  auto found = comments_.find(index);
  if (found == comments_.end()) {
    std::string all;
    const auto& side = files_[index].after;
    for (std::size_t i = 0; i < side.lines.size(); ++i) {
      if (!side.lines[i].changed) continue;
      const auto begin = side.begin_of(channel::comment, i);
      const auto end = side.begin_of(channel::comment, i + 1);
      all += squeezed(std::string_view{side.comment}.substr(begin, end - begin)) + "\n";
    }
    found = comments_.emplace(index, std::move(all)).first;
  }
  return key.size() > 4 && found->second.find(key) != std::string::npos;
}

bool test_rules::covered(std::size_t index, const assertion& what) const {
  const auto covers = [&what](const assertion& other) {
    if (other.strength < std::max<int>(exact, what.strength)) return false;
    if (what.literals.empty() || share(what.literals, other.literals) < 1) return false;
    return share(what.words, other.words) > 0;
  };
  return std::any_of(changes_.pairs.begin(), changes_.pairs.end(), [&](const replaced& each) {
    return each.after_file == index && each.after->test == what.test && covers(*each.after);
  });
}

bool test_rules::parametrised_holds(const file_view& view, int wanted) {
  const auto& all = view.tests_after.assertions;
  return std::any_of(all.begin(), all.end(), [wanted](const assertion& each) {
    return each.strength >= std::max<int>(wanted, weak);
  });
}

std::size_t test_rules::parametrised_entries(const file_view& view) {
  const auto* as = view.new_language;
  if (as == nullptr || !view.is(file_kind::test) || as->parametrised == nullptr) return 0;
  const auto count = [as](const source_side& side) {
    std::size_t entries = 0;
    const auto text = re2::StringPiece{side.code};
    re2::StringPiece found;
    for (std::size_t from = 0;
         as->parametrised->Match(text, from, text.size(), re2::RE2::UNANCHORED, &found, 1);) {
      const auto at = static_cast<std::size_t>(found.data() - side.code.data());
      const std::size_t end = at + std::max<std::size_t>(found.size(), 1);
      const bool list =
          !found.empty() && (found[found.size() - 1] == '(' || found[found.size() - 1] == '[' ||
                             found[found.size() - 1] == '{');
      entries += as->rows != nullptr ? 0 : list ? entries_behind(side.code, end - 1) : 1;
      if (list && as->rows == nullptr && found[found.size() - 1] == '(') {
        entries = std::max<std::size_t>(entries, 1);
      }
      from = end;
    }
    if (as->rows == nullptr) return entries;
    for (std::size_t from = 0;
         as->rows->Match(text, from, text.size(), re2::RE2::UNANCHORED, &found, 1);) {
      ++entries;
      from = static_cast<std::size_t>(found.data() - side.code.data()) +
             std::max<std::size_t>(found.size(), 1);
    }
    return entries;
  };
  const std::size_t before = count(view.before);
  const std::size_t after = count(view.after);
  return after > before ? after - before : 0;
}

void test_rules::made() {
  for (const auto& [index, what] : changes_.made) {
    if (what->strength != trivial) continue;
    // f(x) == f(x) may be what a new test is about.
    if (!what->operands.empty() && what->operands.front().find('(') != std::string::npos) continue;
    into_.add("test.assertion_trivial",
              {files_[index].file->path(), what->line, {}, what->shown, {}});
  }
}

bool test_rules::found_elsewhere(std::size_t index) const {
  const auto& view = files_[index];
  if (view.tests_before.assertions.size() <= view.tests_after.assertions.size()) return false;
  if (view.tests_before.cases.size() <= view.tests_after.cases.size()) return false;
  const auto here = [index](const auto& each) { return each.first == index; };
  return std::none_of(changes_.lost.begin(), changes_.lost.end(), here) &&
         std::none_of(changes_.lost_cases.begin(), changes_.lost_cases.end(),
                      [index](const lost_case& each) { return each.file == index; });
}

bool test_rules::moved(std::size_t index) {
  const auto& view = files_[index];
  const auto& there = lines_of_tests(view.old_language);
  std::size_t significant = 0;
  for (std::size_t line = 0; line < view.before.lines.size(); ++line) {
    if (!view.before.lines[line].changed) continue;
    const auto text = squeezed(view.before.line_text(line));
    if (text.size() < 3) continue;
    if (!there.contains(text)) return false;
    ++significant;
  }
  return significant > 0;
}

bool test_rules::in_old_test(const file_view& view, std::size_t line) const {
  if (view.file->added()) return false;
  const auto& part = view.after.hunks[view.after.hunk_of(line)];
  const test_case* in = nullptr;
  for (const auto& each : view.tests_after.cases) {
    if (each.hunk == view.after.hunk_of(line) && each.line <= view.after.lines[line].number) {
      in = &each;
    }
  }
  std::size_t from = part.first;
  if (in != nullptr) {
    const bool is_new = std::any_of(changes_.new_cases.begin(), changes_.new_cases.end(),
                                    [in](const lost_case& each) { return each.what == in; });
    if (is_new) return false;
    while (from < line && view.after.lines[from].number != in->line) ++from;
    ++from;
  } else if (part.first < part.end && view.after.lines[part.first].number == 1) {
    return false;
  }
  for (std::size_t i = from; i < line; ++i) {
    const auto code = view.after.line_code(i);
    const auto* functions = view.new_language->functions.get();
    if (code.starts_with('}') || (functions != nullptr && view.after.lines[i].number != 0 &&
                                  re2::RE2::PartialMatch({code.data(), code.size()}, *functions) &&
                                  indent_of(code) < indent_of(view.after.line_code(line)))) {
      return false;
    }
  }
  return true;
}

const assertion* test_rules::assertion_behind(const file_view& view, std::size_t line) {
  const std::uint32_t number = view.after.lines[line].number;
  const std::size_t hunk = view.after.hunk_of(line);
  // Those of another case are none of its business.
  std::uint32_t limit = ~std::uint32_t{0};
  for (const auto& each : view.tests_after.cases) {
    if (each.line > number) limit = std::min(limit, each.line);
  }
  for (const auto& each : view.tests_after.assertions) {
    if (each.hunk == hunk && each.line > number && each.line < limit) return &each;
  }
  return nullptr;
}

void test_rules::mock_of(const file_view& view, std::size_t line, const std::string& target,
                         const std::string& subject) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : target + ".") {
    if (c == '.' || c == '/' || c == ':' || c == '\\' || c == '#') {
      if (!part.empty()) parts.push_back(canonical_name(part));
      part.clear();
    } else {
      part += c;
    }
  }
  // `../calc.js` names calc.
  if (parts.size() > 1 &&
      (parts.back() == "js" || parts.back() == "ts" || parts.back() == "jsx" ||
       parts.back() == "tsx" || parts.back() == "mjs" || parts.back() == "class")) {
    parts.pop_back();
  }
  std::erase_if(parts, [](const std::string& each) { return each.empty(); });
  const auto found = std::find(parts.rbegin(), parts.rend(), subject);
  if (found == parts.rend()) return;
  const auto behind = found - parts.rbegin();
  if (behind > 1) return;  // something that the subject uses
  into_.add(behind == 0 ? "test.subject_mocked" : "test.subject_part_mocked",
            {view.file->path(),
             view.after.lines[line].number,
             {},
             std::string{view.after.line_text(line)},
             {}});
}

void check_tests(const std::vector<file_view>& files, const table_content&, finding_list& into) {
  test_rules{files, into}.check();
}

}  // namespace skein::diff
