#include "runtime/tools/compiled_rules.hpp"

#include "runtime/policy/fold.hpp"
#include "runtime/tools/views.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <array>

namespace skein::tools {

namespace {

/// Layers of encoding that are taken off, and texts that are looked at on the way.
constexpr int most_layers = 3;
constexpr std::size_t most_texts = 60;

error wrong(const std::string& rule, const std::string& what) {
  return {errc::invalid, "rule " + rule + ": " + what,
          "correct the rules about tools; `skein schema tool-rules` says how"};
}

/// Texts are folded before, so that letters of other scripts are looked for as what they become.
std::string folded(const std::string& pattern) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::size_t length =
        policy::first_code_point(std::string_view(pattern).substr(at)).length;
    const std::string each = pattern.substr(at, length);
    out += length == 1 ? each : policy::fold(each);
    at += length;
  }
  return out;
}

/// In words a space may be absent: `ignorePreviousInstructions` and `ignoreprevious` say the same.
std::string with_optional_spaces(const std::string& pattern) {
  std::string out;
  bool in_class = false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '\\' && at + 1 < pattern.size()) {
      out += c;
      out += pattern[++at];
      continue;
    }
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    out += c;
    if (c == ' ' && !in_class) out += '?';
  }
  return out;
}

result<std::unique_ptr<RE2>> expression(const std::string& rule,
                                        const std::vector<std::string>& patterns, bool words) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(16 << 20);
  std::string all;
  for (const std::string& each : patterns) {
    const RE2 alone(each, options);
    if (!alone.ok()) {
      return wrong(rule, "pattern " + schema::detail::in_quotes(each) + ": " + alone.error());
    }
    all += (all.empty() ? "(?:" : "|(?:") +
           (words ? with_optional_spaces(folded(each)) : folded(each)) + ")";
  }
  auto out = std::make_unique<RE2>(all, options);
  if (!out->ok()) return wrong(rule, "its patterns together: " + out->error());
  return out;
}

/// The promises of the examples that are not kept, a line each.
class broken_promises {
 public:
  std::string lines;

  template <class Rule, class Catches>
  void try_examples(const Rule& rule, Catches&& catches) {
    for (const std::string& each : rule.catches) {
      if (!catches(each)) add("rule " + rule.rule + " does not catch ", each);
    }
    for (const std::string& each : rule.passes) {
      if (catches(each)) add("rule " + rule.rule + " does not let pass ", each);
    }
  }

 private:
  void add(const std::string& what, const std::string& example) {
    lines += (lines.empty() ? "" : "\n") + what + schema::detail::in_quotes(example);
  }
};

result<> try_examples(const schema::tool_rules& rules, const compiled_rules& compiled) {
  broken_promises broken;
  for (const schema::tool_phrase_rule& rule : rules.phrases) {
    broken.try_examples(rule, [&](const std::string& text) {
      const auto hits = compiled.hits(text);
      return std::any_of(hits.begin(), hits.end(),
                         [&](const phrase_hit& hit) { return hit.phrase->rule == rule.rule; });
    });
  }
  for (std::size_t at = 0; at < rules.parameters.size(); ++at) {
    broken.try_examples(rules.parameters[at], [&](const std::string& name) {
      return compiled_rules::suspicious(compiled.parameters[at], words_of(name), {});
    });
  }
  if (broken.lines.empty()) return {};
  return error{errc::invalid, broken.lines, "correct the rules about tools"};
}

/// One text and the ways to read it.
class reading {
 public:
  reading(const std::vector<compiled_phrase>& phrases, std::vector<phrase_hit>& out)
      : phrases_(phrases), out_(out) {}

  void read(std::string_view text, const std::string& disguise, int layer) {
    if (layer == 0) budget_ = 4 * text.size() + 4096;
    if (++texts_ > most_texts || text.size() > budget_) return;
    budget_ -= text.size();
    look(text, false, disguise);
    if (const std::string folded = policy::fold(text); folded != text) {
      look(folded, false, disguise);
    }
    const std::string words = words_of(text);
    look(words, true, disguise);
    other(words, without_digits(words), disguise + "with digits for letters ");
    other(words, closed_up(words), disguise + "with its letters apart ");
    other(words, reversed(words), disguise + "backwards ");
    other(words, rotated(words), disguise + "rotated ");
    if (layer >= most_layers) return;
    for (const decoded_text& each : decoded(text)) {
      if (each.text != text) read(each.text, disguise + "in " + each.how + " ", layer + 1);
    }
  }

 private:
  void other(const std::string& words, const std::string& view, const std::string& disguise) {
    if (view != words) look(view, true, disguise);
  }

  void look(std::string_view text, bool words, const std::string& disguise) {
    for (const compiled_phrase& each : phrases_) {
      if (each.on_words != words || known(each)) continue;
      re2::StringPiece found;
      const re2::StringPiece all(text.data(), text.size());
      if (!each.pattern->Match(all, 0, all.size(), RE2::UNANCHORED, &found, 1)) continue;
      out_.push_back({&each, disguise, std::string(found.data(), found.size())});
    }
  }

  [[nodiscard]] bool known(const compiled_phrase& phrase) const {
    return std::any_of(out_.begin(), out_.end(),
                       [&](const phrase_hit& hit) { return hit.phrase == &phrase; });
  }

  const std::vector<compiled_phrase>& phrases_;
  std::vector<phrase_hit>& out_;
  std::size_t texts_ = 0;
  std::size_t budget_ = 0;  ///< bytes that are still read, of what encodings hide
};

}  // namespace

std::vector<phrase_hit> compiled_rules::hits(std::string_view text) const {
  std::vector<phrase_hit> out;
  reading(phrases, out).read(text, "", 0);
  return out;
}

bool compiled_rules::allows_host(std::string_view host, std::string_view own) const {
  if (!own.empty() && host == own) return true;
  return std::any_of(hosts.begin(), hosts.end(), [&](const std::string& each) {
    if (each.starts_with("*.")) {
      return host == std::string_view(each).substr(2) ||
             host.ends_with(std::string_view(each).substr(1));
    }
    return host == each;
  });
}

bool compiled_rules::suspicious(const compiled_parameter& rule, std::string_view name_words,
                                std::string_view about) {
  const re2::StringPiece name(name_words.data(), name_words.size());
  if (!RE2::FullMatch(name, *rule.names)) return false;
  if (rule.unless == nullptr) return true;
  return !RE2::PartialMatch(re2::StringPiece(about.data(), about.size()), *rule.unless);
}

result<compiled_rules> compile(const schema::tool_rules& rules) {
  compiled_rules out;
  std::set<std::string> names;
  for (const schema::tool_phrase_rule& each : rules.phrases) {
    if (!names.insert(each.rule).second) return wrong(each.rule, "it stands twice");
    SKEIN_TRY(pattern, expression(each.rule, each.patterns, each.on_words));
    out.phrases.push_back({each.rule, each.description, each.on_words, std::move(pattern)});
  }
  for (const schema::tool_parameter_rule& each : rules.parameters) {
    if (!names.insert(each.rule).second) return wrong(each.rule, "it stands twice");
    SKEIN_TRY(pattern, expression(each.rule, each.names, true));
    std::unique_ptr<RE2> unless;
    if (!each.unless_tool.empty()) {
      SKEIN_TRY(explains, expression(each.rule, {each.unless_tool}, true));
      unless = std::move(explains);
    }
    out.parameters.push_back({each.rule, each.description, std::move(pattern), std::move(unless)});
  }
  out.hosts = rules.allowed_hosts;
  out.keywords.insert(rules.schema_keywords.begin(), rules.schema_keywords.end());
  out.limits = rules.limits;
  SKEIN_CHECK(try_examples(rules, out));
  return out;
}

}  // namespace skein::tools
