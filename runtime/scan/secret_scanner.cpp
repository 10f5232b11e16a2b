// Runs the rules over text: one pass for keywords, then each rule's regex where its keywords are.
#include "runtime/scan/secret_scanner.hpp"

#include "runtime/scan/added_lines.hpp"
#include "runtime/scan/keyword_search.hpp"
#include "runtime/scan/rule_file.hpp"
#include "schema/identity.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>

namespace skein::scan {
namespace {

constexpr std::int64_t most_regex_memory = 64 << 20;
/// Enough to refuse any change; a hostile file must not fill the memory with more.
constexpr std::size_t most_findings = 10'000;
constexpr std::string_view allow_mark = "gitleaks:allow";

struct span {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint32_t rule = 0;
};

struct compiled_allowlist {
  allowlist_spec spec;
  std::deque<RE2> regexes;
  std::deque<RE2> paths;
};

struct compiled_rule {
  rule_spec spec;
  std::unique_ptr<RE2> regex;
  std::unique_ptr<RE2> path;
  bool within_line =
      false;  ///< its matches have no line end: only lines with a keyword are searched
  std::deque<compiled_allowlist> allowlists;
};

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

RE2::Options options() {
  RE2::Options chosen;
  chosen.set_log_errors(false);
  chosen.set_max_mem(most_regex_memory);
  return chosen;
}

/// Shannon entropy in bits a byte.
double entropy_of(std::string_view text) {
  std::array<std::uint32_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const std::uint32_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

/// False unless it is certain that no match can hold a line end nor depend on where the text begins
/// or ends, so that a line can be searched by itself.
bool stays_within_line(std::string_view regex) {
  for (std::size_t i = 0; i < regex.size(); ++i) {
    const char c = regex[i];
    const std::string_view rest = regex.substr(i + 1);
    if (static_cast<unsigned char>(c) < ' ' || c == '^' || c == '$') return false;
    if (c == '[' && rest.starts_with(':')) return false;
    if (c == '(' && rest.starts_with('?')) {
      const std::string_view flags = rest.substr(1, rest.find_first_of(":)<", 1) - 1);
      if (flags.find_first_of("sm") != std::string_view::npos) return false;
    }
    if (c != '\\') continue;
    ++i;
    const char escaped = i < regex.size() ? regex[i] : 'n';
    const bool letter_or_digit = std::isalnum(static_cast<unsigned char>(escaped)) != 0;
    const bool tab = escaped == 't' && !regex.substr(i + 1).starts_with('-');
    if (letter_or_digit && !tab &&
        std::string_view{"dwbBS"}.find(escaped) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

result<> compile_all(const std::vector<std::string>& texts, const std::string& file,
                     const std::string& rule, std::deque<RE2>& into) {
  for (const auto& text : texts) {
    if (!into.emplace_back(text, options()).ok()) {
      return rule_error(file, rule, "regex " + text + ": " + into.back().error());
    }
  }
  return {};
}

result<> compile_allowlists(std::vector<allowlist_spec> specs, const std::string& file,
                            const std::string& rule, std::deque<compiled_allowlist>& into) {
  for (auto& spec : specs) {
    compiled_allowlist& list = into.emplace_back();
    SKEIN_CHECK(compile_all(spec.regexes, file, rule, list.regexes));
    SKEIN_CHECK(compile_all(spec.paths, file, rule, list.paths));
    list.spec = std::move(spec);
  }
  return {};
}

result<> compile_rule(rule_spec spec, compiled_rule& rule) {
  for (auto [text, into] : {std::pair{&spec.regex, &rule.regex}, {&spec.path, &rule.path}}) {
    if (text->empty()) continue;
    *into = std::make_unique<RE2>(*text, options());
    if (!(*into)->ok()) return rule_error(spec.file, spec.id, "regex: " + (*into)->error());
  }
  const int groups = rule.regex ? rule.regex->NumberOfCapturingGroups() : 0;
  if (static_cast<int>(spec.secret_group) > groups) {
    return rule_error(spec.file, spec.id,
                      "secretGroup is " + std::to_string(spec.secret_group) + ", the regex has " +
                          std::to_string(groups) + " groups");
  }
  rule.within_line = rule.regex && !spec.keywords.empty() && stays_within_line(spec.regex);
  SKEIN_CHECK(compile_allowlists(std::move(spec.allowlists), spec.file, spec.id, rule.allowlists));
  rule.spec = std::move(spec);
  return {};
}

bool any_matches(const std::deque<RE2>& regexes, std::string_view text) {
  return std::any_of(regexes.begin(), regexes.end(),
                     [&](const RE2& regex) { return RE2::PartialMatch(piece(text), regex); });
}

/// One match of one rule, with what the allowlists ask about.
struct candidate {
  std::string_view secret;
  std::string_view match;
  std::string_view line;
  std::string_view path;
};

bool allows(const compiled_allowlist& list, const candidate& found) {
  const allowlist_spec& spec = list.spec;
  const std::string_view target = spec.regex_target == allowlist_spec::target::line ? found.line
                                  : spec.regex_target == allowlist_spec::target::match
                                      ? found.match
                                      : found.secret;
  std::vector<bool> answers;
  if (!list.regexes.empty()) answers.push_back(any_matches(list.regexes, target));
  if (!list.paths.empty()) {
    answers.push_back(!found.path.empty() && any_matches(list.paths, found.path));
  }
  if (!spec.stopwords.empty()) {
    const std::string lower = lower_ascii(found.secret);
    answers.push_back(
        std::any_of(spec.stopwords.begin(), spec.stopwords.end(),
                    [&](const auto& word) { return lower.find(word) != std::string::npos; }));
  }
  if (answers.empty()) return false;
  const auto is_true = [](bool answer) { return answer; };
  return spec.all ? std::all_of(answers.begin(), answers.end(), is_true)
                  : std::any_of(answers.begin(), answers.end(), is_true);
}

}  // namespace

struct secret_scanner::rules {
  std::deque<compiled_rule> all;
  std::deque<compiled_allowlist> allowlists;
  keyword_search keywords;  ///< its groups are the rules

  /// Where secrets are, sorted, without overlaps: of rules that see the same secret the first wins.
  /// An empty path means that it is unknown: then rules for certain paths apply too.
  [[nodiscard]] std::vector<span> find(std::string_view text, std::string_view path,
                                       bool honour_marks) const;

 private:
  void search(std::uint32_t rule, std::string_view text, std::size_t begin, std::size_t end,
              std::string_view path, bool honour_marks, std::vector<span>& spans) const;
  [[nodiscard]] bool applies(const compiled_rule& rule, std::string_view path) const {
    return rule.regex && (!rule.path || path.empty() || RE2::PartialMatch(piece(path), *rule.path));
  }
};

void secret_scanner::rules::search(std::uint32_t number, std::string_view text, std::size_t begin,
                                   std::size_t end, std::string_view path, bool honour_marks,
                                   std::vector<span>& spans) const {
  const compiled_rule& rule = all[number];
  std::array<re2::StringPiece, 16> groups;
  const int wanted = rule.spec.secret_group != 0 ? static_cast<int>(rule.spec.secret_group)
                                                 : rule.regex->NumberOfCapturingGroups();
  const int count = std::min(wanted + 1, static_cast<int>(groups.size()));
  while (begin < end &&
         rule.regex->Match(piece(text), begin, end, RE2::UNANCHORED, groups.data(), count)) {
    const std::string_view match{groups[0].data(), groups[0].size()};
    const auto at = static_cast<std::size_t>(match.data() - text.data());
    begin = std::max(at + match.size(), begin + 1);
    if (match.empty()) continue;
    std::string_view secret = match;
    for (int g = rule.spec.secret_group != 0 ? count - 1 : 1; g < count; ++g) {
      if (groups[static_cast<std::size_t>(g)].empty()) continue;
      secret = {groups[static_cast<std::size_t>(g)].data(),
                groups[static_cast<std::size_t>(g)].size()};
      break;
    }
    if (rule.spec.entropy > 0 && entropy_of(secret) <= rule.spec.entropy) continue;
    const std::size_t from = line_begin(text, at);
    const std::string_view line = text.substr(from, line_end(text, at + match.size() - 1) - from);
    if (honour_marks && line.find(allow_mark) != std::string_view::npos) continue;
    const candidate found{secret, match, line, path};
    const auto allowed = [&](const compiled_allowlist& list) { return allows(list, found); };
    if (std::any_of(rule.allowlists.begin(), rule.allowlists.end(), allowed) ||
        std::any_of(allowlists.begin(), allowlists.end(), allowed)) {
      continue;
    }
    const auto start = static_cast<std::size_t>(secret.data() - text.data());
    spans.push_back({start, start + secret.size(), number});
  }
}

std::vector<span> secret_scanner::rules::find(std::string_view text, std::string_view path,
                                              bool honour_marks) const {
  std::vector<span> spans;
  std::vector<bool> whole(all.size());   // rules to run over the whole text
  std::vector<bool> queued(all.size());  // rules to run over the current line
  std::vector<std::uint32_t> queue;
  std::size_t end_of_line = 0;
  std::size_t last = 0;
  const auto search_line = [&] {
    const std::size_t begin = line_begin(text, last);
    for (const std::uint32_t rule : queue) {
      queued[rule] = false;
      search(rule, text, begin, end_of_line, path, honour_marks, spans);
    }
    queue.clear();
  };
  for (std::uint32_t rule = 0; rule < all.size(); ++rule) {
    whole[rule] = all[rule].spec.keywords.empty() && applies(all[rule], path);
  }
  keywords.find(text, [&](std::uint32_t rule, std::size_t at) {
    if (!all[rule].within_line) {
      whole[rule] = whole[rule] || applies(all[rule], path);
      return;
    }
    if (at >= end_of_line) {
      search_line();
      end_of_line = line_end(text, at);
    }
    last = at;
    if (queued[rule] || !applies(all[rule], path)) return;
    queued[rule] = true;
    queue.push_back(rule);
  });
  search_line();
  for (std::uint32_t rule = 0; rule < all.size(); ++rule) {
    if (whole[rule]) search(rule, text, 0, text.size(), path, honour_marks, spans);
  }

  std::sort(spans.begin(), spans.end(), [](const span& a, const span& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.rule < b.rule;
  });
  std::vector<span> merged;
  for (const span& next : spans) {
    if (merged.empty() || next.begin >= merged.back().end) {
      merged.push_back(next);
      continue;
    }
    merged.back().end = std::max(merged.back().end, next.end);
    merged.back().rule = std::min(merged.back().rule, next.rule);
  }
  return merged;
}

result<secret_scanner> secret_scanner::load(const std::filesystem::path& directory) {
  SKEIN_TRY(specs, read_rule_files(directory));
  auto compiled = std::make_shared<rules>();
  std::vector<std::vector<std::string>> words;
  for (auto& spec : specs.rules) {
    words.push_back(spec.keywords);
    SKEIN_CHECK(compile_rule(std::move(spec), compiled->all.emplace_back()));
  }
  SKEIN_CHECK(compile_allowlists(std::move(specs.allowlists), directory.string(),
                                 "global allowlist", compiled->allowlists));
  compiled->keywords = keyword_search{words};
  secret_scanner scanner;
  scanner.rules_ = std::move(compiled);
  return scanner;
}

std::vector<secret_finding> secret_scanner::scan(std::string_view text,
                                                 const std::string& path) const {
  std::vector<secret_finding> findings;
  const auto add = [&](const rule_spec& rule, std::uint32_t line, std::string_view secret) {
    std::string identity = rule.id + '\0' + path + '\0';
    identity += secret;
    findings.push_back({rule.id, rule.description, path, line, schema::sha256_hex(identity)});
  };
  for (const compiled_rule& rule : rules_->all) {
    if (!rule.regex && !path.empty() && RE2::PartialMatch(piece(path), *rule.path)) {
      add(rule.spec, 1, path);
    }
  }
  std::uint32_t line = 1;
  std::size_t counted = 0;
  for (const span& found : rules_->find(text, path, true)) {
    if (findings.size() >= most_findings) break;
    line += static_cast<std::uint32_t>(
        std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                   text.begin() + static_cast<std::ptrdiff_t>(found.begin), '\n'));
    counted = found.begin;
    add(rules_->all[found.rule].spec, line, text.substr(found.begin, found.end - found.begin));
  }
  return findings;
}

std::vector<secret_finding> secret_scanner::scan_added(std::string_view patch) const {
  std::vector<secret_finding> findings;
  for (const added_file& file : added_lines(patch)) {
    for (secret_finding& found : scan(file.text, file.path)) {
      if (findings.size() >= most_findings) return findings;
      found.line = file.lines[std::min<std::size_t>(found.line, file.lines.size()) - 1];
      findings.push_back(std::move(found));
    }
  }
  return findings;
}

std::string secret_scanner::redact(std::string_view text) const {
  std::string clean;
  std::size_t copied = 0;
  for (const span& found : rules_->find(text, {}, false)) {
    clean += text.substr(copied, found.begin - copied);
    clean += "[redacted:" + rules_->all[found.rule].spec.id + "]";
    copied = found.end;
  }
  clean += text.substr(copied);
  return clean;
}

}  // namespace skein::scan
