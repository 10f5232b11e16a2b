// One small fault in one added line. See mutants.hpp.
#include "runtime/verify/mutants.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

namespace skein::verify {
namespace {

struct swap_rule {
  std::string_view from;
  std::string_view to;
  bool word;  ///< stands by itself
};

/// Longer ones first: `<=` is not `<`.
constexpr std::array<swap_rule, 22> swaps{{
    {"===", "!==", false},
    {"!==", "===", false},
    {"==", "!=", false},
    {"!=", "==", false},
    {"<=", "<", false},
    {">=", ">", false},
    {"&&", "||", false},
    {"||", "&&", false},
    {" < ", " >= ", false},
    {" > ", " <= ", false},
    {" + ", " - ", false},
    {" - ", " + ", false},
    {" * ", " + ", false},
    {" / ", " * ", false},
    {"true", "false", true},
    {"false", "true", true},
    {"True", "False", true},
    {"False", "True", true},
    {" and ", " or ", false},
    {" or ", " and ", false},
    {"return 0", "return 1", true},
    {"return 1", "return 0", true},
}};

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Where code ends: what follows is a comment, and a fault in it is none.
std::size_t code_end(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\')
        ++i;
      else if (c == quote)
        quote = 0;
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (line.substr(i).starts_with("//") || line.substr(i).starts_with("/*") ||
               (c == '#' && (i == 0 || line[i - 1] == ' '))) {
      return i;
    }
  }
  return line.size();
}

struct fault {
  std::string line;
  std::string what;
};

std::optional<fault> broken(std::string_view line) {
  const auto code = line.substr(0, code_end(line));
  const auto first = code.find_first_not_of(" \t");
  if (first == std::string_view::npos || code[first] == '*') return std::nullopt;
  for (const auto& rule : swaps) {
    const auto at = code.find(rule.from);
    if (at == std::string_view::npos) continue;
    const auto end = at + rule.from.size();
    const bool alone =
        (at == 0 || !in_word(code[at - 1])) && (end >= code.size() || !in_word(code[end]));
    if (rule.word && !alone) continue;
    // Shifts, arrows and the like are other operators.
    const bool touches =
        !rule.word && rule.from.front() != ' ' &&
        ((at > 0 && std::string_view("<>=!&|+-").find(code[at - 1]) != std::string_view::npos) ||
         (end < code.size() &&
          std::string_view("<>=&|").find(code[end]) != std::string_view::npos));
    if (touches) continue;
    std::string made{line.substr(0, at)};
    made += rule.to;
    made += line.substr(end);
    auto what = std::string{rule.from} + " becomes " + std::string{rule.to};
    return fault{std::move(made), std::move(what)};
  }
  return std::nullopt;
}

/// The content with line `number` (from 1) replaced; nullopt when that line is another one.
std::optional<std::string> with_line(const std::string& content, std::uint32_t number,
                                     std::string_view expected, const std::string& now) {
  std::size_t at = 0;
  for (std::uint32_t line = 1; line < number; ++line) {
    at = content.find('\n', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  if (content.compare(at, expected.size(), expected) != 0) return std::nullopt;
  return content.substr(0, at) + now + content.substr(at + expected.size());
}

struct place {
  std::size_t file = 0;  ///< of the change set
  const diff::changed_line* line = nullptr;
  fault made;
};

}  // namespace

std::vector<mutant> mutants_of(const diff::change& parsed,
                               const std::shared_ptr<const workspace::change_set>& change,
                               const std::set<std::string>& sources, std::size_t most) {
  std::vector<place> places;
  constexpr std::size_t enough = 10'000;
  for (const auto& file : parsed.files) {
    if (file.removed() || !sources.contains(file.new_path)) continue;
    const auto found =
        std::find_if(change->files.begin(), change->files.end(),
                     [&file](const auto& each) { return each.path == file.new_path; });
    const bool regular =
        found != change->files.end() && (found->kind == workspace::entry_kind::regular ||
                                         found->kind == workspace::entry_kind::executable);
    if (!regular) continue;
    for (const auto& line : file.lines) {
      if (line.kind != diff::line_kind::added || places.size() == enough) continue;
      if (auto made = broken(line.text)) {
        places.push_back(
            {static_cast<std::size_t>(found - change->files.begin()), &line, std::move(*made)});
      }
    }
  }
  std::vector<mutant> out;
  const auto wanted = std::min(most, places.size());
  for (std::size_t i = 0; i < wanted; ++i) {
    const auto& chosen = places[i * places.size() / wanted];
    const auto& file = change->files[chosen.file];
    auto content =
        with_line(file.content, chosen.line->new_line, chosen.line->text, chosen.made.line);
    if (!content) continue;
    auto wrong = std::make_shared<workspace::change_set>(*change);
    wrong->files[chosen.file].content = std::move(*content);
    out.push_back({file.path, chosen.line->new_line, chosen.made.what, std::move(wrong)});
  }
  return out;
}

}  // namespace skein::verify
