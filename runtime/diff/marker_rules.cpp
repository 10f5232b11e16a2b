// Patterns of the tables that a change brings in or takes away, and numbers that go the wrong way.
#include "runtime/diff/assertion_text.hpp"
#include "runtime/diff/file_view.hpp"
#include "runtime/diff/shown.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <utility>

namespace skein::diff {
namespace {

constexpr std::size_t most_hits = 2000;  // of one marker in one side

struct hit {
  std::size_t file = 0;
  std::size_t rule = 0;
  std::uint32_t line = 0;
  bool changed = false;
  std::string key;
  std::string shown;
};

class marker_rules {
 public:
  marker_rules(const std::vector<file_view>& files, const table_content& tables, finding_list& into)
      : files_(files), tables_(tables), into_(into) {}

  void check() {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const auto& view = files_[i];
      if (!view.examined) continue;
      collect(i, view.before, view.old_language, view.old_kinds, view.file->old_path, before_);
      collect(i, view.after, view.new_language, view.new_kinds, view.file->new_path, after_);
    }
    // What only moved is no finding, wherever it went.
    report(after_, before_, false);
    report(before_, after_, true);
  }

 private:
  void collect(std::size_t index, const source_side& side, const language* as, kind_set kinds,
               const std::string& path, std::vector<hit>& out) {
    if (side.lines.empty()) return;
    std::vector<int> in_text;
    std::vector<int> in_comment;
    ++round_;
    find_words(side.text);
    add_words_of_code(side);
    take_candidates(in_text);
    ++round_;
    find_words(side.comment);
    take_candidates(in_comment);
    for (const channel in : {channel::code, channel::text, channel::comment}) {
      for (const int id : in == channel::comment ? in_comment : in_text) {
        const auto& each = tables_.markers[static_cast<std::size_t>(id)];
        if (each.in == in && applies(each, as, kinds, path)) {
          find(index, static_cast<std::size_t>(id), each, side, out);
        }
      }
    }
  }

  /// Adds the words that stand in the text to those of this round.
  void find_words(std::string_view text) {
    tables_.words.find(text, [&](std::size_t group, std::size_t) {
      if (group >= seen_.size()) seen_.resize(group + 1);
      if (std::exchange(seen_[group], round_) != round_) atoms_.push_back(static_cast<int>(group));
    });
  }

  /// Where code differs from text, which is in few lines, it may have other words.
  void add_words_of_code(const source_side& side) {
    if (side.code == side.text) return;
    if (!tables_.words_within_lines) return find_words(side.code);
    for (std::size_t i = 0; i < side.lines.size(); ++i) {
      if (side.line_code(i) != side.line_text(i)) find_words(side.line_code(i));
    }
  }

  /// The markers that can match where the words of this round stand.
  void take_candidates(std::vector<int>& into) {
    if (atoms_.empty()) {
      into = tables_.wordless;
    } else {
      tables_.filter->AllPotentials(atoms_, &into);
    }
    atoms_.clear();
  }

  static bool applies(const marker& each, const language* as, kind_set kinds,
                      const std::string& path) {
    if (each.kinds != 0 && (each.kinds & kinds) == 0) return false;
    if ((each.not_kinds & kinds) != 0) return false;
    if (!each.languages.empty() &&
        (as == nullptr || std::find(each.languages.begin(), each.languages.end(), as->name) ==
                              each.languages.end())) {
      return false;
    }
    return each.files == nullptr || each.files->matches(path);
  }

  void find(std::size_t index, std::size_t id, const marker& each, const source_side& side,
            std::vector<hit>& out) const {
    const auto& text = side.of(each.in);
    std::size_t hits = 0;
    for (const auto& part : side.hunks) {
      const std::size_t begin = side.begin_of(each.in, part.first);
      const std::size_t end = side.begin_of(each.in, part.end);
      const re2::StringPiece within{text.data(), end};
      re2::StringPiece found;
      std::size_t from = begin;
      while (from < end && hits < most_hits &&
             each.match->Match(within, from, end, re2::RE2::UNANCHORED, &found, 1)) {
        const auto at = static_cast<std::size_t>(found.data() - text.data());
        std::size_t last = at + std::max<std::size_t>(found.size(), 1);
        while (last > at + 1 && text[last - 1] == '\n') --last;
        hit made = make(index, id, each, side, at, last - 1, part.end);
        from = std::max(last, from + 1);
        if (made.line == 0) continue;  // in a heading
        out.push_back(std::move(made));
        ++hits;
      }
    }
  }

  static hit make(std::size_t index, std::size_t id, const marker& each, const source_side& side,
                  std::size_t at, std::size_t last, std::size_t lines_end) {
    hit made;
    made.file = index;
    made.rule = id;
    std::size_t first_line = side.line_at(each.in, at);
    // A match may begin with the end of the line before.
    if (side.of(each.in)[at] == '\n' && first_line + 1 < lines_end) ++first_line;
    const std::size_t last_line = std::max(first_line, side.line_at(each.in, last));
    made.line = side.lines[first_line].number;
    for (std::size_t i = first_line; i <= last_line && i < side.lines.size(); ++i) {
      if (side.lines[i].changed && !made.changed) {
        made.changed = true;
        made.line = side.lines[i].number;
      }
      const auto begin = side.begin_of(each.in, i);
      const auto line =
          std::string_view{side.of(each.in)}.substr(begin, side.begin_of(each.in, i + 1) - begin);
      const auto full = each.in == channel::comment ? line : side.line_text(i);
      made.key += squeezed(full) + "\n";
      if (made.shown.size() < 200) made.shown += std::string{full} + " ";
    }
    if (each.with_next) {
      for (std::size_t i = last_line + 1; i < std::min(lines_end, last_line + 20); ++i) {
        const auto next = squeezed(side.line_text(i));
        if (next.empty()) continue;
        made.key += next;
        break;
      }
    }
    return made;
  }

  /// Those of `here` that `there` has not, changed lines only.
  void report(const std::vector<hit>& here, const std::vector<hit>& there, bool removed) {
    using exact_key = std::tuple<std::string_view, std::string_view>;
    std::map<exact_key, std::size_t> known;
    std::set<std::pair<std::size_t, std::string_view>> rules_there;
    const auto rule_of = [this](const hit& each) -> std::string_view {
      return tables_.markers[each.rule].rule;
    };
    for (const auto& each : there) {
      ++known[{rule_of(each), each.key}];
      rules_there.emplace(each.file, rule_of(each));
    }
    std::vector<const hit*> left;
    for (const auto& each : here) {
      const auto found = known.find({rule_of(each), each.key});
      if (found != known.end() && found->second > 0) {
        --found->second;
      } else {
        left.push_back(&each);
      }
    }
    std::set<std::tuple<std::size_t, std::string_view, std::uint32_t>> told;
    for (const auto* each : left) {
      const auto& rule = tables_.markers[each->rule];
      if (rule.on_removed != removed || !each->changed) continue;
      if (rule.once && rules_there.contains({each->file, rule.rule})) continue;
      if (!told.emplace(each->file, rule.rule, each->line).second) continue;
      finding_list::of what;
      what.path = files_[each->file].file->path();
      what.line = each->line;
      (removed ? what.before : what.after) = each->shown;
      into_.add(rule.rule, what);
    }
  }

  const std::vector<file_view>& files_;
  const table_content& tables_;
  finding_list& into_;
  // By group, the round in which it was seen: words such as `(` stand everywhere.
  std::vector<std::uint32_t> seen_;
  std::vector<int> atoms_;
  std::uint32_t round_ = 0;
  std::vector<hit> before_;
  std::vector<hit> after_;
};

// ---- numbers ------------------------------------------------------------------------------------

struct reading {
  double value = 0;
  std::uint32_t line = 0;
  bool changed = false;
  std::string shown;
};

double factor_of(std::string_view unit) {
  static const std::map<std::string, double, std::less<>> factors{
      {"ms", 0.001},  {"millis", 0.001}, {"milliseconds", 0.001}, {"s", 1},    {"sec", 1},
      {"secs", 1},    {"seconds", 1},    {"second", 1},           {"m", 60},   {"min", 60},
      {"mins", 60},   {"minutes", 60},   {"minute", 60},          {"h", 3600}, {"hour", 3600},
      {"hours", 3600}};
  std::string lower;
  for (const char c : unit) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto found = factors.find(lower);
  return found == factors.end() ? 1 : found->second;
}

std::map<std::string, std::vector<reading>> readings(const source_side& side,
                                                     const threshold& rule) {
  std::map<std::string, std::vector<reading>> out;
  std::size_t count = 0;
  for (const auto& part : side.hunks) {
    const std::size_t begin = side.begin_of(channel::text, part.first);
    const std::size_t end = side.begin_of(channel::text, part.end);
    const re2::StringPiece within{side.text.data(), end};
    const int groups = std::min(4, rule.match->NumberOfCapturingGroups() + 1);
    std::array<re2::StringPiece, 4> found;
    std::size_t from = begin;
    while (from < end && count < most_hits &&
           rule.match->Match(within, from, end, re2::RE2::UNANCHORED, found.data(), groups)) {
      ++count;
      const auto at = static_cast<std::size_t>(found[0].data() - side.text.data());
      from = std::max(at + found[0].size(), from + 1);
      if (found[2].data() == nullptr) continue;
      std::string digits;
      for (const char c : std::string_view{found[2].data(), found[2].size()}) {
        if (c != '_' && c != ',') digits += c;
      }
      reading made;
      if (std::from_chars(digits.data(), digits.data() + digits.size(), made.value).ec !=
          std::errc{}) {
        continue;
      }
      if (groups > 3 && found[3].data() != nullptr) {
        made.value *= factor_of({found[3].data(), found[3].size()});
      }
      const auto number_at = static_cast<std::size_t>(found[2].data() - side.text.data());
      const std::size_t line = side.line_at(channel::text, number_at);
      made.line = side.lines[line].number;
      made.changed = side.lines[line].changed;
      made.shown = side.line_text(line);
      const std::string key =
          found[1].data() == nullptr ? "" : canonical_name({found[1].data(), found[1].size()});
      if (made.line != 0) out[key].push_back(std::move(made));
    }
  }
  return out;
}

void compare(const file_view& view, const threshold& rule, finding_list& into) {
  auto before = readings(view.before, rule);
  auto after = readings(view.after, rule);
  for (auto& [key, old_values] : before) {
    auto& values = after[key];
    // Lines that both sides have are the same line.
    std::erase_if(old_values, [](const reading& each) { return !each.changed; });
    std::erase_if(values, [](const reading& each) { return !each.changed; });
    for (auto& old_value : old_values) {
      const auto same = std::find_if(values.begin(), values.end(), [&](const reading& each) {
        return each.value == old_value.value;
      });
      if (same == values.end()) continue;
      values.erase(same);
      old_value.changed = false;
    }
    std::erase_if(old_values, [](const reading& each) { return !each.changed; });
    for (std::size_t i = 0; i < old_values.size(); ++i) {
      const auto& was = old_values[i];
      if (i >= values.size()) {
        if (!rule.removed_rule.empty()) {
          into.add(rule.removed_rule, {view.file->path(), was.line, was.shown, {}, {}});
        }
        continue;
      }
      const auto& now = values[i];
      if (rule.raised ? now.value > was.value : now.value < was.value) {
        into.add(rule.rule, {view.file->path(), now.line, was.shown, now.shown, {}});
      }
    }
  }
}

}  // namespace

void check_markers(const std::vector<file_view>& files, const table_content& tables,
                   finding_list& into) {
  marker_rules{files, tables, into}.check();
}

void check_thresholds(const std::vector<file_view>& files, const table_content& tables,
                      finding_list& into) {
  for (const auto& view : files) {
    if (!view.examined || view.file->removed() || view.file->added()) continue;
    for (const auto& rule : tables.thresholds) {
      if (rule.kinds != 0 && (rule.kinds & view.new_kinds) == 0) continue;
      if (rule.files != nullptr && !rule.files->matches(view.file->path())) continue;
      compare(view, rule, into);
    }
  }
}

}  // namespace skein::diff
