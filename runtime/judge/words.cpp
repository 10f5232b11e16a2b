// Words and names. See words.hpp.
#include "runtime/judge/words.hpp"

#include "runtime/diff/file_view.hpp"
#include "runtime/diff/shown.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace skein::judge {
namespace {

constexpr std::size_t most_set = 20'000;
constexpr std::size_t longest_text = 64U << 10;
constexpr std::size_t longest_word = 60;

bool is_letter(char c) noexcept {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}
bool is_upper(char c) noexcept {
  return std::isupper(static_cast<unsigned char>(c)) != 0;
}
bool is_name_character(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Rough: enough to make `retries`, `retrying` and `retry` one.
std::string stemmed(std::string word) {
  for (const std::string_view end :
       {"ization", "isation", "ingly", "ations", "ation", "ements", "ement", "ings", "ing", "ies",
        "ied", "ers", "er", "ed", "es", "s", "y", "e"}) {
    if (word.size() >= end.size() + 3 && word.ends_with(end)) {
      word.resize(word.size() - end.size());
      break;
    }
  }
  if (word.size() > 3 && word.ends_with('i')) word.pop_back();
  if (word.size() > 4 && word.back() == word[word.size() - 2] && word.back() != 's') {
    word.pop_back();
  }
  return word;
}

void add_part(std::string_view part, const rule_content& known, word_set& into) {
  if (part.size() < 3 || part.size() > longest_word || into.size() >= most_set) return;
  std::string word;
  for (const char c : part) {
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (known.stop_words.contains(word)) return;
  into.insert(stemmed(std::move(word)));
}

/// Calls `take` with each identifier.
template <class F>
void each_name(std::string_view text, F&& take) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_name_character(text[at])) {
      ++at;
      continue;
    }
    const auto begin = at;
    while (at < text.size() && is_name_character(text[at])) ++at;
    take(text.substr(begin, at - begin));
  }
}

void add_parts(std::string_view name, const rule_content& known, word_set& into) {
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= name.size(); ++at) {
    const bool end = at == name.size() || !is_letter(name[at]);
    // A capital begins a part, but not within HTTP; the last of HTTPServer does.
    const bool hump =
        !end && at > begin && is_upper(name[at]) &&
        (!is_upper(name[at - 1]) ||
         (at + 1 < name.size() && is_letter(name[at + 1]) && !is_upper(name[at + 1])));
    if (!end && !hump) continue;
    add_part(name.substr(begin, at - begin), known, into);
    begin = end ? at + 1 : at;
  }
}

bool has_hump(std::string_view name) {
  for (std::size_t i = 1; i < name.size(); ++i) {
    if (is_upper(name[i]) && std::islower(static_cast<unsigned char>(name[i - 1])) != 0)
      return true;
  }
  return false;
}

std::string_view without_ends(std::string_view token) {
  constexpr std::string_view around = "`'\"()[]{}<>,;:!?*";
  while (!token.empty() && around.find(token.front()) != std::string_view::npos) {
    token.remove_prefix(1);
  }
  while (!token.empty() &&
         (around.find(token.back()) != std::string_view::npos || token.back() == '.')) {
    token.remove_suffix(1);
  }
  return token;
}

/// A word that is a path: known by its ending or name, or by slashes that are not `and/or`.
bool is_path(std::string_view token, const rule_content& known) {
  if (token.size() < 3 || token.size() > 300 || token.find("://") != std::string_view::npos) {
    return false;
  }
  if (std::any_of(token.begin(), token.end(), [](char c) {
        return !is_name_character(c) &&
               std::string_view{"/.-*@+"}.find(c) == std::string_view::npos;
      })) {
    return false;
  }
  const auto slash = token.rfind('/');
  const auto base = slash == std::string_view::npos ? token : token.substr(slash + 1);
  const std::string path{token};
  const auto& gate = known.gate.content();
  if (base.find('.') != std::string_view::npos && base.size() > 2 && base.back() != '.') {
    const auto* as = diff::language_of(path, gate);
    if (as != nullptr || diff::kinds_of(path, as, gate) != 0) return true;
    const auto ending = base.substr(base.rfind('.') + 1);
    return slash != std::string_view::npos && !ending.empty() && is_letter(ending.front());
  }
  if (slash == std::string_view::npos) return diff::kinds_of(path, nullptr, gate) != 0;
  return token.ends_with('/') || std::count(token.begin(), token.end(), '/') >= 2 ||
         token.starts_with("src/") || token.starts_with("lib/") || token.starts_with("docs/") ||
         token.starts_with("test");
}

}  // namespace

named_things names_in(std::string_view text, const rule_content& known) {
  named_things out;
  text = text.substr(0, longest_text);
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = text.find_first_not_of(" \t\r\n", at);
    if (begin == std::string_view::npos) break;
    at = std::min(text.find_first_of(" \t\r\n", begin), text.size());
    const auto raw = text.substr(begin, at - begin);
    const auto token = without_ends(raw);
    if (token.empty()) continue;
    if (is_path(token, known)) {
      if (out.paths.size() < 200) out.paths.emplace_back(token);
      continue;
    }
    const bool quoted = raw.front() == '`';
    const bool called = raw.find("()") != std::string_view::npos;
    each_name(token, [&](std::string_view name) {
      if (name.size() < 3 || name.size() > longest_word || !is_letter(name.front())) return;
      if (quoted || called || name.find('_') != std::string_view::npos || has_hump(name)) {
        auto symbol = diff::canonical_name(name);
        if (!known.stop_words.contains(symbol)) out.symbols.insert(std::move(symbol));
      }
    });
    add_words(token, known, out.words);
  }
  for (const auto& path : out.paths) add_words(path, known, out.words);
  return out;
}

void add_words(std::string_view code, const rule_content& known, word_set& into) {
  each_name(code, [&](std::string_view name) { add_parts(name, known, into); });
}

void add_symbols(std::string_view code, word_set& into) {
  each_name(code, [&](std::string_view name) {
    if (name.size() < 5 || name.size() > longest_word || into.size() >= most_set) return;
    auto symbol = diff::canonical_name(name);
    if (symbol.size() >= 5) into.insert(std::move(symbol));
  });
}

bool share_any(const word_set& one, const word_set& other) {
  const auto& small = one.size() < other.size() ? one : other;
  const auto& large = one.size() < other.size() ? other : one;
  return std::any_of(small.begin(), small.end(),
                     [&large](const auto& each) { return large.contains(each); });
}

std::vector<std::string_view> sentences_of(std::string_view text) {
  std::vector<std::string_view> out;
  text = text.substr(0, longest_text);
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const bool end = at == text.size() || text[at] == '\n' || text[at] == ';' ||
                     (std::string_view{".!?"}.find(text[at]) != std::string_view::npos &&
                      (at + 1 == text.size() || text[at + 1] == ' ' || text[at + 1] == '\n'));
    if (!end) continue;
    if (at > begin) out.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  return out;
}

std::string flattened(std::string_view text) {
  std::string out;
  text = text.substr(0, longest_text);
  while (!text.empty()) {
    const auto next = diff::decode(text);
    const auto length = std::max<std::size_t>(next.length, 1);
    const auto c = text.front();
    if (next.length > 1) {
      if (diff::hidden_kind(next.code) == diff::hidden::no) out += text.substr(0, length);
    } else if (static_cast<unsigned char>(c) <= ' ' || c == '*' || c == '`' || c == '#' ||
               c == '"' || c == '/' || c == '-' || c == '_') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (static_cast<unsigned char>(c) < 0x80) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    text.remove_prefix(length);
  }
  return out;
}

bool is_called(std::string_view path, std::string_view name) {
  while (name.starts_with("./")) name.remove_prefix(2);
  while (name.starts_with('/')) name.remove_prefix(1);
  while (!name.empty() && (name.ends_with('/') || name.ends_with('*'))) name.remove_suffix(1);
  if (name.empty()) return false;
  if (path == name) return true;
  if (path.size() > name.size()) {
    if (path.ends_with(name) && path[path.size() - name.size() - 1] == '/') return true;
    for (auto at = path.find(name); at != std::string_view::npos; at = path.find(name, at + 1)) {
      const bool begins = at == 0 || path[at - 1] == '/';
      const auto end = at + name.size();
      if (begins && end < path.size() && path[end] == '/') return true;
    }
  }
  return false;
}

std::string stem_of(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  const auto dot = path.find('.', 1);
  if (dot != std::string_view::npos) path = path.substr(0, dot);
  std::string out = diff::canonical_name(path);
  for (const std::string_view mark : {"tests", "test", "specs", "spec"}) {
    if (out.size() > mark.size() + 1 && out.ends_with(mark)) {
      out.resize(out.size() - mark.size());
      break;
    }
    if (out.size() > mark.size() + 1 && out.starts_with(mark)) {
      out.erase(0, mark.size());
      break;
    }
  }
  return out;
}

}  // namespace skein::judge
