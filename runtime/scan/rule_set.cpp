// Compiles rules and runs them. See rule_set.hpp.
#include "runtime/scan/rule_set.hpp"

#include "runtime/scan/entropy.hpp"
#include "runtime/scan/regex_shape.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace skein::scan {
namespace {

constexpr std::string_view allow_mark = "gitleaks:allow";
constexpr std::size_t farthest_look = 16U << 10U;

std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

/// The line of a match, cut on both sides where it is endless.
std::string_view line_around(std::string_view text, std::size_t at, std::size_t size) {
  const std::size_t from = at - std::min(at, farthest_look);
  const std::string_view near = text.substr(from, at - from + size + farthest_look);
  const std::size_t begin = line_begin(near, at - from);
  return near.substr(begin, line_end(near, at - from + size - 1) - begin);
}

bool any_allows(const std::vector<allowlist>& lists, const candidate& found) {
  return std::any_of(lists.begin(), lists.end(),
                     [&](const allowlist& list) { return list.allows(found); });
}

}  // namespace

std::vector<span> merged(std::vector<span> spans) {
  std::sort(spans.begin(), spans.end(), [](const span& a, const span& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.rule < b.rule;
  });
  std::vector<span> apart;
  for (const span& next : spans) {
    if (apart.empty() || next.begin >= apart.back().end) {
      apart.push_back(next);
      continue;
    }
    apart.back().end = std::max(apart.back().end, next.end);
    apart.back().rule = std::min(apart.back().rule, next.rule);
  }
  return apart;
}

result<rule_set::rule> rule_set::compile_rule(rule_spec spec) {
  rule compiled;
  for (auto [written, into] :
       {std::pair{&spec.regex, &compiled.regex}, {&spec.path, &compiled.path}}) {
    if (written->text.empty()) continue;
    SKEIN_TRY(regex, compile_regex(*written, spec.id));
    *into = std::move(regex);
  }
  const int groups = compiled.regex ? compiled.regex->NumberOfCapturingGroups() : 0;
  if (static_cast<int>(spec.secret_group) > groups) {
    return rule_error(place_of(spec.regex), spec.id,
                      "secretGroup is " + std::to_string(spec.secret_group) + ", the regex has " +
                          std::to_string(groups) + " groups");
  }
  compiled.within_line =
      compiled.regex && !spec.keywords.empty() && stays_within_line(spec.regex.text);
  for (auto& each : spec.allowlists) {
    SKEIN_TRY(list, allowlist::compile(std::move(each), spec.id));
    compiled.allowlists.push_back(std::move(list));
  }
  compiled.spec = std::move(spec);
  return compiled;
}

result<rule_set> rule_set::compile(rule_specs specs) {
  rule_set set;
  for (auto& list : specs.allowlists) {
    for (auto& rule : specs.rules) {
      if (std::find(list.rules.begin(), list.rules.end(), rule.id) != list.rules.end()) {
        rule.allowlists.push_back(list);
      }
    }
    if (!list.rules.empty()) continue;
    SKEIN_TRY(compiled, allowlist::compile(std::move(list), "of the global allowlist"));
    set.allowlists_.push_back(std::move(compiled));
  }
  std::vector<std::vector<std::string>> words;
  for (auto& spec : specs.rules) {
    if (!spec.reported) continue;
    words.push_back(spec.keywords);
    if (spec.keywords.empty()) {
      set.without_keywords_.push_back(static_cast<std::uint32_t>(set.rules_.size()));
    }
    SKEIN_TRY(compiled, compile_rule(std::move(spec)));
    set.rules_.push_back(std::move(compiled));
  }
  set.keywords_ = keyword_search{words};
  return set;
}

bool rule_set::applies(const rule& each, std::string_view path) const {
  if (!each.regex) return false;
  if (!each.path) return true;
  return path.empty() ? !each.spec.known_path_only : matches_somewhere(*each.path, path);
}

std::vector<std::uint32_t> rule_set::by_path(std::string_view path) const {
  std::vector<std::uint32_t> found;
  if (path.empty()) return found;
  const candidate whole{path, path, path, path};
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    const rule& each = rules_[i];
    if (each.regex || !matches_somewhere(*each.path, path)) continue;
    if (!any_allows(each.allowlists, whole) && !any_allows(allowlists_, whole)) found.push_back(i);
  }
  return found;
}

void rule_set::find_in(std::uint32_t number, const place& where, std::size_t begin, std::size_t end,
                       std::vector<span>& spans) const {
  const rule& each = rules_[number];
  const std::string_view text = where.text;
  std::array<re2::StringPiece, 16> groups;
  const bool chosen = each.spec.secret_group != 0;
  const int wanted =
      chosen ? static_cast<int>(each.spec.secret_group) : each.regex->NumberOfCapturingGroups();
  const int count = std::min(wanted + 1, static_cast<int>(groups.size()));
  while (begin < end && each.regex->Match({text.data(), text.size()}, begin, end, RE2::UNANCHORED,
                                          groups.data(), count)) {
    const std::string_view match{groups[0].data(), groups[0].size()};
    const auto at = static_cast<std::size_t>(match.data() - text.data());
    begin = std::max(at + match.size(), begin + 1);
    if (match.empty()) continue;
    std::string_view secret = match;
    for (int g = chosen ? count - 1 : 1; g < count; ++g) {
      const auto& group = groups[static_cast<std::size_t>(g)];
      if (group.empty()) continue;
      secret = {group.data(), group.size()};
      break;
    }
    if (each.spec.entropy > 0 && entropy_of(secret) <= each.spec.entropy) continue;
    const std::string_view line = line_around(text, at, match.size());
    if (where.honour_marks && line.find(allow_mark) != std::string_view::npos) continue;
    const candidate found{secret, match, line, where.path};
    if (any_allows(each.allowlists, found) || any_allows(allowlists_, found)) continue;
    const auto start = static_cast<std::size_t>(secret.data() - text.data());
    spans.push_back({start, start + secret.size(), number});
  }
}

/// The state of one find().
class rule_set::search {
 public:
  search(const rule_set& rules, const place& where, std::vector<span>& spans)
      : rules_(rules), where_(where), spans_(spans), state_(rules.rules_.size(), unknown) {}

  void run() {
    for (const std::uint32_t rule : rules_.without_keywords_) {
      if (rules_.applies(rules_.rules_[rule], where_.path)) whole_.push_back(rule);
    }
    rules_.keywords_.find(where_.text, [this](std::uint32_t rule, std::size_t at) {
      if (at >= end_of_line_) finish_line(at);
      last_ = at;
      if (state_[rule] != idle) enter(rule);
      if (state_[rule] != idle) return;
      state_[rule] = queued;
      queue_.push_back(rule);
    });
    finish_line(where_.text.size());
    for (const std::uint32_t rule : whole_) {
      rules_.find_in(rule, where_, 0, where_.text.size(), spans_);
    }
  }

 private:
  enum state : std::uint8_t { unknown, idle, queued, decided };

  /// At the first keyword of a rule: does the rule apply here, and to what?
  void enter(std::uint32_t number) {
    if (state_[number] != unknown) return;
    const rule& each = rules_.rules_[number];
    if (!rules_.applies(each, where_.path)) {
      state_[number] = decided;
    } else if (each.within_line) {
      state_[number] = idle;
    } else {
      state_[number] = decided;
      whole_.push_back(number);
    }
  }

  void finish_line(std::size_t next) {
    if (!queue_.empty()) {
      const std::size_t begin = line_begin(where_.text, last_);
      for (const std::uint32_t rule : queue_) {
        state_[rule] = idle;
        rules_.find_in(rule, where_, begin, end_of_line_, spans_);
      }
      queue_.clear();
    }
    end_of_line_ = next < where_.text.size() ? line_end(where_.text, next) : next;
  }

  const rule_set& rules_;
  const place& where_;
  std::vector<span>& spans_;
  std::vector<state> state_;
  std::vector<std::uint32_t> queue_;  ///< rules to run over the current line
  std::vector<std::uint32_t> whole_;  ///< rules to run over the whole text
  std::size_t end_of_line_ = 0;
  std::size_t last_ = 0;
};

void rule_set::find(const place& where, std::vector<span>& spans) const {
  search{*this, where, spans}.run();
}

}  // namespace skein::scan
