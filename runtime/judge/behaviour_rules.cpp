// Edits of source code that change what it does: numbers, conditions, signatures, what is caught,
// checked or permitted (T7.9), and code that knows that it is tested.
#include "runtime/judge/verdict_list.hpp"

#include <algorithm>
#include <map>

namespace skein::judge {
namespace {

using heard = verdict_list::heard;
using form = behaviour::form;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_name(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The line with every number as `#`. A digit within a name is none.
std::string without_numbers(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    if (is_digit(line[at]) && (at == 0 || !is_name(line[at - 1]))) {
      while (at < line.size() && (is_name(line[at]) || line[at] == '.')) ++at;
      out += '#';
      continue;
    }
    if (line[at] != ' ' && line[at] != '\t') out += line[at];
    ++at;
  }
  return out;
}

/// The line without comparisons, negations and truth values.
std::string without_operations(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    const char c = line[at];
    if (is_name(c)) {
      const auto begin = at;
      while (at < line.size() && is_name(line[at])) ++at;
      const auto name = line.substr(begin, at - begin);
      if (name != "not" && name != "and" && name != "or" && name != "true" && name != "false" &&
          name != "True" && name != "False" && name != "is" && name != "unless" && name != "if") {
        out += name;
        out += ' ';
      }
      continue;
    }
    if (std::string_view{"<>!=&| \t"}.find(c) == std::string_view::npos) out += c;
    ++at;
  }
  return out;
}

std::string squeezed(std::string_view line) {
  std::string out;
  for (const char c : line) {
    if (c != ' ' && c != '\t') out += c;
  }
  return out;
}

class behaviour_check {
 public:
  behaviour_check(const case_reading& all, const rule_content& known, verdict_list& into)
      : all_(all), known_(known), into_(into) {}

  /// True when what the code does is another than before.
  bool file(const file_reading& view) {
    view_ = &view;
    found_ = false;
    before_ = changed_code(view.before);
    after_ = changed_code(view.after);
    drop_moved();
    for (const auto& each : known_.behaviours) {
      if (!each.in.contains(view.kind) || all_.is_about(each.unless)) continue;
      switch (each.seen) {
        case form::lost:
          counted(each, before_, after_);
          break;
        case form::gained:
          counted(each, after_, before_);
          break;
        case form::number:
          paired(each, without_numbers);
          break;
        case form::operation:
          paired(each, without_operations);
          break;
        case form::signature:
          signatures(each);
          break;
        case form::gone:
          definitions(each);
          break;
        case form::named:
          named(each);
          break;
        case form::fixed:
          answers(each);
          break;
      }
    }
    return found_;
  }

 private:
  /// Lines that only went to another place say nothing.
  void drop_moved() {
    std::map<std::string, std::size_t> gone;
    for (const auto& line : before_) ++gone[squeezed(line.text)];
    std::map<std::string, std::size_t> back;
    std::vector<code_line> kept;
    for (const auto& line : after_) {
      auto key = squeezed(line.text);
      const auto found = gone.find(key);
      if (found != gone.end() && found->second > 0) {
        --found->second;
        ++back[std::move(key)];
      } else {
        kept.push_back(line);
      }
    }
    after_ = std::move(kept);
    kept.clear();
    for (const auto& line : before_) {
      const auto found = back.find(squeezed(line.text));
      if (found != back.end() && found->second > 0) {
        --found->second;
      } else {
        kept.push_back(line);
      }
    }
    before_ = std::move(kept);
  }

  void say(const behaviour& rule, const code_line& line) {
    found_ = true;
    word_set words;
    add_words(line.text, known_, words);
    auto excuse = heard::nothing;
    if (share_any(words, all_.intent.words)) {
      excuse = heard::intended;
    } else if (all_.explanation.words.size() >= 2) {
      add_words(view_->path(), known_, words);
      for (const auto& symbol : view_->symbols) {
        if (all_.explanation.symbols.contains(symbol)) excuse = heard::explained;
      }
      if (share_any(words, all_.explanation.words)) excuse = heard::explained;
    }
    into_.add(rule.rule, view_->path(),
              "line " + std::to_string(line.number) + ", " + std::string{line.text.substr(0, 120)},
              excuse);
  }

  void counted(const behaviour& rule, const std::vector<code_line>& more,
               const std::vector<code_line>& less) {
    // Of code, but what stands in quotes may be the very thing: a variable's or module's name.
    const auto hits = [&rule](const std::vector<code_line>& all, std::size_t at) {
      const auto& line = all[at];
      if (any_match(rule.match, line.text)) return true;
      if (!rule.joined || at + 1 == all.size() || all[at + 1].number != line.number + 1) {
        return false;
      }
      std::string both{line.text};
      while (!both.empty() && both.back() == '\n') both.pop_back();
      const auto below = all[at + 1].text;
      both += ' ';
      both += below.substr(std::min(below.find_first_not_of(" \t"), below.size()));
      return any_match(rule.match, both);
    };
    std::size_t balance = 0;
    for (std::size_t at = 0; at < less.size(); ++at) balance += hits(less, at) ? 1 : 0;
    for (std::size_t at = 0; at < more.size(); ++at) {
      if (!hits(more, at)) continue;
      if (balance == 0) return say(rule, more[at]);
      --balance;
    }
  }

  /// A name that was defined and is no more, in no file of the change.
  void definitions(const behaviour& rule) {
    const auto each = [&rule](std::string_view code, auto&& take) {
      for (const auto& match : rule.match) {
        std::string name;
        if (re2::RE2::PartialMatch({code.data(), code.size()}, *match, &name)) return take(name);
      }
    };
    std::set<std::string> kept;
    for (const auto& view : all_.files) {
      for (std::size_t i = 0; i < view.after.lines.size(); ++i) {
        each(view.after.line_code(i), [&](const std::string& name) { kept.insert(name); });
      }
    }
    for (const auto& line : before_) {
      each(line.code, [&](const std::string& name) {
        if (!kept.contains(name)) say(rule, line);
      });
    }
  }

  void named(const behaviour& rule) {
    for (const auto& line : after_) {
      for (const auto& match : rule.match) {
        std::string name;
        if (!re2::RE2::PartialMatch({line.text.data(), line.text.size()}, *match, &name)) continue;
        if (any_match(rule.except, name)) continue;
        const bool known = all_.flat_intent.find(flattened(name)) != std::string::npos ||
                           std::any_of(all_.files.begin(), all_.files.end(), [&](const auto& view) {
                             return view.before.text.find(name) != std::string::npos;
                           });
        if (!known) return say(rule, line);
      }
    }
  }

  /// Counted by hunk: a guard that answers early takes no computed answer away.
  void answers(const behaviour& rule) {
    struct tally {
      int computed = 0;
      int fixed = 0;
      const code_line* first = nullptr;
    };
    std::map<std::size_t, tally> by_hunk;
    const auto count = [&](const std::vector<code_line>& lines, int way) {
      for (const auto& line : lines) {
        auto& sum = by_hunk[line.hunk];
        if (any_match(rule.match, line.text)) {
          sum.fixed += way;
          if (way > 0 && sum.first == nullptr) sum.first = &line;
        } else if (answers_something(line.code)) {
          sum.computed += way;
        }
      }
    };
    count(before_, -1);
    count(after_, 1);
    for (const auto& [hunk, sum] : by_hunk) {
      if (sum.computed < 0 && sum.fixed > 0) say(rule, *sum.first);
    }
  }

  static bool answers_something(std::string_view code) {
    const auto at = code.find("return");
    if (at == std::string_view::npos || (at > 0 && is_name(code[at - 1]))) return false;
    const auto rest = code.substr(at + 6);
    return !rest.empty() && !is_name(rest[0]) && rest.find_first_not_of(" \t\n;}") != rest.npos;
  }

  template <class F>
  void paired(const behaviour& rule, F&& reduced) {
    std::multimap<std::pair<std::size_t, std::string>, const code_line*> gone;
    for (const auto& line : before_) {
      auto key = reduced(line.code);
      if (key.size() > 1) gone.emplace(std::pair{line.hunk, std::move(key)}, &line);
    }
    std::size_t said = 0;
    for (const auto& line : after_) {
      const auto found = gone.find({line.hunk, reduced(line.code)});
      if (found == gone.end()) continue;
      const auto& old = *found->second;
      // The same code: only a text is another one.
      if (squeezed(old.code) != squeezed(line.code) &&
          (rule.match.empty() || any_match(rule.match, line.code)) && ++said <= 4) {
        say(rule, line);
      }
      gone.erase(found);
    }
  }

  void signatures(const behaviour& rule) {
    std::map<std::string, std::set<std::string>> now;
    std::map<std::string, const code_line*> where;
    const auto each = [&rule](const code_line& line, auto&& take) {
      for (const auto& match : rule.match) {
        std::string name;
        std::string parameters;
        if (re2::RE2::PartialMatch({line.code.data(), line.code.size()}, *match, &name,
                                   &parameters)) {
          return take(name, squeezed(parameters));
        }
      }
    };
    for (const auto& line : after_) {
      each(line, [&](const std::string& name, std::string parameters) {
        now[name].insert(std::move(parameters));
        where[name] = &line;
      });
    }
    for (const auto& line : before_) {
      each(line, [&](const std::string& name, const std::string& parameters) {
        const auto found = now.find(name);
        if (found != now.end() && !found->second.contains(parameters)) say(rule, *where[name]);
      });
    }
  }

  const case_reading& all_;
  const rule_content& known_;
  verdict_list& into_;
  const file_reading* view_ = nullptr;
  std::vector<code_line> before_;
  std::vector<code_line> after_;
  bool found_ = false;
};

}  // namespace

bool check_behaviour(const case_reading& all, const rule_content& known, verdict_list& into) {
  behaviour_check check{all, known, into};
  bool found = false;
  for (const auto& view : all.files) {
    const bool edits = check.file(view);
    found = found || (edits && view.is_source() && !view.file->added());
  }
  return found;
}

}  // namespace skein::judge
