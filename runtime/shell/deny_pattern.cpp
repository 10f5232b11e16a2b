#include "runtime/shell/deny_pattern.hpp"

#include "runtime/shell/wrappers.hpp"
#include "schema/text.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace skein::shell {

namespace {

RE2::Options options() {
  RE2::Options out;
  out.set_log_errors(false);
  out.set_never_capture(true);
  out.set_dot_nl(true);
  out.set_encoding(RE2::Options::EncodingLatin1);
  out.set_max_mem(16 << 20);
  return out;
}

/// The text as an expression: at the start of a word, any blanks for a blank, `*` for anything. A
/// blank at its end asks for the end of the word.
std::string expression_of(std::string_view text) {
  std::string out = R"((?:^|[\s;&|()<>`"'/={}$]))";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == ' ' || c == '\t') {
      while (at + 1 < text.size() && (text[at + 1] == ' ' || text[at + 1] == '\t')) ++at;
      // Blanks around | and * are there for the reader.
      const char before = out.back();
      const char after = at + 1 < text.size() ? text[at + 1] : '\0';
      if (after == '\0') {
        out += R"((?:[\s;&|()<>`]|$))";
      } else if (after == '|' || (before == '|' && out.ends_with("\\|"))) {
        out += R"(\s*)";
      } else {
        out += R"((?:\s|\\\n)+)";
      }
    } else if (c == '*') {
      out += ".*";
    } else {
      static constexpr std::string_view special = R"(\.+*?()|[]{}^$)";
      if (special.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  if (!text.empty() && text.find('|') != std::string_view::npos && text.back() != ' ') {
    // `| sh` is not `| sha256sum`.
    out += R"((?:[^A-Za-z0-9_]|$))";
  }
  return out;
}

std::vector<std::string> split(std::string_view text, std::string_view at) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find_first_of(at, begin), text.size());
    if (end > begin) out.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

/// Linear wildcard match.
bool wild(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == text[t] || pattern[p] == '?')) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

struct family {
  std::string_view name;
  std::array<std::string_view, 6> members;
};
/// Other names of the same program.
constexpr family families[] = {
    {"nc", {"ncat", "netcat", "nc.openbsd", "nc.traditional", "nc6", "pnetcat"}},
    {"ssh", {"slogin", "autossh", "dropbear", "dbclient", "", ""}},
    {"docker", {"podman", "nerdctl", "docker.io", "", "", ""}},
    {"curl", {"wget", "curlie", "fetch", "wget2", "aria2c", "http"}},
    {"wget", {"curl", "wget2", "aria2c", "", "", ""}},
    {"python", {"python2", "python3", "pypy", "pypy3", "", ""}},
    {"vim", {"vi", "nvim", "view", "ex", "rvim", ""}},
    {"awk", {"gawk", "mawk", "nawk", "original-awk", "", ""}},
};

bool same_program(std::string_view wanted, std::string_view name) {
  if (wild(wanted, name)) return true;
  if (wanted == "sh" || wanted == "bash") return detail::is_shell(name);
  for (const family& each : families) {
    if (each.name != wanted) continue;
    return std::find(each.members.begin(), each.members.end(), name) != each.members.end();
  }
  return false;
}

/// Letters of options that mean the same, and their long forms.
struct letter_row {
  char letter;
  std::array<std::string_view, 2> long_forms;
  char twin;
};
constexpr letter_row letters[] = {
    {'r', {"--recursive", ""}, 'R'},       {'R', {"--recursive", ""}, 'r'},
    {'f', {"--force", ""}, 'f'},           {'i', {"--in-place", "--interactive"}, 'i'},
    {'v', {"--verbose", "--volume"}, 'v'}, {'a', {"--all", "--archive"}, 'a'}};

bool is_abbreviation(std::string_view word, std::string_view full) {
  return word.size() >= 3 && word.starts_with("--") && full.starts_with(word);
}

/// Whether one of the options has this letter.
bool has_letter(const std::vector<std::string_view>& options, char letter) {
  char twin = letter;
  std::array<std::string_view, 2> long_forms{};
  for (const letter_row& each : letters) {
    if (each.letter != letter) continue;
    twin = each.twin;
    long_forms = each.long_forms;
  }
  for (const std::string_view option : options) {
    if (option.starts_with("--")) {
      for (const std::string_view form : long_forms) {
        if (!form.empty() && is_abbreviation(option.substr(0, option.find('=')), form)) return true;
      }
    } else if (option.find(letter, 1) != std::string_view::npos ||
               option.find(twin, 1) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

bool has_option(const std::vector<std::string_view>& options, std::string_view wanted) {
  for (const std::string_view option : options) {
    const std::string_view key = option.substr(0, option.find('='));
    if (wild(wanted, option) || wild(wanted, key)) return true;
    if (wanted.starts_with("--") && key.size() >= 4 && is_abbreviation(key, wanted)) return true;
  }
  if (wanted.starts_with("--")) return false;
  return std::all_of(wanted.begin() + 1, wanted.end(),
                     [&](char letter) { return has_letter(options, letter); });
}

}  // namespace

deny_patterns::deny_patterns() = default;
deny_patterns::~deny_patterns() = default;
deny_patterns::deny_patterns(deny_patterns&&) noexcept = default;
deny_patterns& deny_patterns::operator=(deny_patterns&&) noexcept = default;

result<deny_patterns> deny_patterns::compile(const std::vector<std::string>& patterns) {
  deny_patterns out;
  std::string all;
  for (std::size_t at = 0; at < patterns.size(); ++at) {
    pattern made;
    made.text = patterns[at];
    for (const std::string& part : split(made.text, "|")) {
      std::vector<std::string> words = split(part, " \t");
      if (words.empty()) continue;
      stage next;
      next.name = words.front();
      for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i].find_first_not_of('*') != std::string::npos) next.words.push_back(words[i]);
      }
      made.stages.push_back(std::move(next));
    }
    const std::string expression = expression_of(made.text);
    made.expression = std::make_unique<RE2>(expression, options());
    if (made.stages.empty() || !made.expression->ok()) {
      return error{errc::invalid,
                   "denyPatterns/" + std::to_string(at) + ": pattern " +
                       schema::detail::in_quotes(made.text) + " cannot be used",
                   "use words of a command such as rm -rf"};
    }
    all += (all.empty() ? "(?:" : ")|(?:") + expression;
    out.patterns_.push_back(std::move(made));
  }
  if (!out.patterns_.empty()) {
    out.any_ = std::make_unique<RE2>(all + ")", options());
    if (!out.any_->ok()) {
      return error{errc::invalid, "denyPatterns: the patterns are too large together",
                   "use fewer or shorter patterns"};
    }
  }
  return out;
}

const std::string* deny_patterns::in_text(std::string_view text) const {
  const re2::StringPiece piece(text.data(), text.size());
  if (!any_ || !RE2::PartialMatch(piece, *any_)) return nullptr;
  for (const pattern& each : patterns_) {
    if (RE2::PartialMatch(piece, *each.expression)) return &each.text;
  }
  return &patterns_.front().text;
}

bool deny_patterns::matches(const stage& wanted, const execution& command) {
  if (command.words.empty() || !command.words.front().known) return false;
  const std::string_view whole = command.words.front().text;
  if (!same_program(wanted.name, command.name()) && !wild(wanted.name, whole)) return false;
  std::vector<std::string_view> options;
  std::vector<std::string_view> operands;
  bool only_operands = false;
  for (std::size_t at = 1; at < command.words.size(); ++at) {
    const argument& each = command.words[at];
    // What is known of a word that is not ends before its first expansion.
    if (each.text.empty()) continue;
    if (each.text == "--" && each.known) {
      only_operands = true;
    } else if (!only_operands && each.text.size() > 1 && each.text[0] == '-') {
      options.push_back(each.text);
      operands.push_back(each.text);
    } else {
      operands.push_back(each.text);
    }
  }
  std::size_t next = 0;
  for (const std::string& word : wanted.words) {
    if (word.size() > 1 && word[0] == '-') {
      if (!has_option(options, word)) return false;
      continue;
    }
    while (next < operands.size() && !wild(word, operands[next])) ++next;
    if (next == operands.size()) return false;
    ++next;
  }
  return true;
}

bool deny_patterns::fed_by(const analysis& parsed, std::size_t at, const std::vector<stage>& stages,
                           std::size_t left) {
  // From the last stage to the first, each time the latest command that fits: one pass, no search.
  if (left == 0) return true;
  const auto& ranges = parsed.commands[at].fed_by;
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    for (std::size_t before = std::min(range->second, parsed.commands.size());
         before-- > range->first;) {
      if (before != at && matches(stages[left - 1], parsed.commands[before])) {
        return fed_by(parsed, before, stages, left - 1);
      }
    }
  }
  return false;
}

const std::string* deny_patterns::in_meaning(const analysis& parsed) const {
  for (const pattern& each : patterns_) {
    for (std::size_t at = 0; at < parsed.commands.size(); ++at) {
      if (matches(each.stages.back(), parsed.commands[at]) &&
          fed_by(parsed, at, each.stages, each.stages.size() - 1)) {
        return &each.text;
      }
    }
  }
  return nullptr;
}

}  // namespace skein::shell
