// What one assertion says. See assertion.hpp.
#include "runtime/diff/assertion.hpp"

#include "runtime/diff/assertion_text.hpp"
#include "runtime/diff/assertion_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace skein::diff {
namespace {

constexpr std::size_t most_operands = 20;

const std::set<std::string, std::less<>> subjects{"expect", "assertthat", "expectthat", "should",
                                                  "verifythat"};
const std::set<std::string, std::less<>> negations{"not",   "tonot",     "notto",  "isnot",
                                                   "never", "shouldnot", "doesnot"};

struct judged {
  int strength = weak;
  std::string op;
  std::vector<std::string> operands;
};

class statement {
 public:
  statement(std::string_view text, std::string_view code, const language& as,
            const table_content& tables)
      : text_(text), code_(code), as_(as), tables_(tables) {}

  /// What a condition that must hold says.
  [[nodiscard]] judged condition(span within, int depth = 0) const {
    within = stripped(code_, within);
    judged out;
    if (depth > 8) return out;
    for (const std::string_view either : {"||", "or"}) {
      if (const auto at = find_top(code_, within, either); at != npos) {
        return combined(condition({within.begin, at}, depth + 1),
                        condition({at + either.size(), within.end}, depth + 1), true);
      }
    }
    for (const std::string_view both : {"&&", "and"}) {
      if (const auto at = find_top(code_, within, both); at != npos) {
        return combined(condition({within.begin, at}, depth + 1),
                        condition({at + both.size(), within.end}, depth + 1), false);
      }
    }
    const auto whole = squeezed(within.of(text_));
    if (const std::size_t negation = negation_of(within); negation > 0 && !always_true(whole)) {
      return failure_condition({within.begin + negation, within.end}, depth + 1);
    }
    if (compared(within, out)) return out;
    out.operands.push_back(whole);
    if (always_true(whole)) {
      out.strength = trivial;
    } else if (split_top(code_, within, ',').size() > 1 && within.begin > 0) {
      out.strength = trivial;  // a tuple is true
    } else {
      out.strength = std::max<int>(weak, called_in(within));
    }
    return out;
  }

  /// The same of the condition under which a test fails.
  [[nodiscard]] judged failure_condition(span within, int depth = 0) const {
    if (const auto semicolon = find_top(code_, within, ";"); semicolon != npos) {
      judged last = failure_condition({semicolon + 1, within.end}, depth + 1);
      last.strength = std::max(last.strength, called_in({within.begin, semicolon}));
      last.operands.push_back(squeezed(text_.substr(within.begin, semicolon - within.begin)));
      return last;
    }
    within = stripped(code_, within);
    judged out;
    if (depth > 8) return out;
    for (const std::string_view either : {"||", "&&", "or", "and"}) {
      if (const auto at = find_top(code_, within, either); at != npos) {
        return combined(failure_condition({within.begin, at}, depth + 1),
                        failure_condition({at + either.size(), within.end}, depth + 1),
                        either == "&&" || either == "and");
      }
    }
    const auto whole = squeezed(within.of(text_));
    if (whole == "false" || whole == "False" || whole == "0") return {trivial, "", {whole}};
    if (const std::size_t negation = negation_of(within); negation > 0) {
      return condition({within.begin + negation, within.end}, depth + 1);
    }
    if (!compared(within, out)) {
      out.operands.push_back(whole);
      // Not equal, not empty: that leaves much.
      out.strength = called_in(within) == partial ? partial : weak;
      return out;
    }
    // `1 != 1` never fails; `1 != 2` always does.
    if (out.strength == trivial) return out;
    const auto& right = out.operands.back();
    const bool nothing = right == "nil" || right == "null" || right == "NULL" || right == "nullptr";
    if (out.op == "!=" || out.op == "!==" || out.op == "is not") {
      out.strength = nothing || is_boolean(right) ? weak : exact;
    } else if (out.op == "==" || out.op == "===" || out.op == "is") {
      out.strength = weak;
    }
    return out;
  }

  [[nodiscard]] assertion read() const {
    assertion out;
    out.key = squeezed(text_);
    collect_words(out);
    const auto links = links_of(code_);
    judged found = judge(links);
    out.strength = found.strength;
    out.operands = std::move(found.operands);
    out.operands.resize(std::min(out.operands.size(), most_operands));
    for (const auto& each : links) {
      if (known(each.name) || subjects.contains(each.name) || negations.contains(each.name) ||
          &each == links.data()) {
        out.matcher += each.name + ".";
      }
    }
    out.matcher += found.op;
    return out;
  }

  void collect_words(assertion& out) const {
    for (std::size_t i = 0; i < code_.size();) {
      const char c = code_[i];
      if (c == '"' || c == '\'' || c == '`') {
        const std::size_t close = code_.find(c, i + 1);
        const std::size_t end = close == npos ? code_.size() : close + 1;
        out.literals.insert(squeezed(text_.substr(i, end - i)));
        i = end;
      } else if (is_word_byte(c)) {
        const std::size_t first = i;
        const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
        while (i < code_.size() && (is_word_byte(code_[i]) || (digit && code_[i] == '.'))) ++i;
        const std::string word{code_.substr(first, i - first)};
        if (digit || is_boolean(word)) {
          out.literals.insert(word);
        } else if (const auto name = canonical_name(word);
                   !known(name) && !subjects.contains(name) && name != "assert") {
          out.words.insert(word);
        }
      } else {
        ++i;
      }
    }
  }

 private:
  static constexpr auto npos = std::string_view::npos;

  [[nodiscard]] std::optional<int> lookup(const std::string& name) const {
    if (const auto own = as_.matchers.find(name); own != as_.matchers.end()) return own->second;
    const auto found = tables_.matchers.find(name);
    if (found == tables_.matchers.end()) return std::nullopt;
    return found->second;
  }
  [[nodiscard]] bool known(const std::string& name) const { return lookup(name).has_value(); }

  static judged combined(judged left, judged right, bool either) {
    judged out;
    // `x or True` holds always, `x and True` holds when x does.
    out.strength =
        either ? std::min(left.strength, right.strength) : std::max(left.strength, right.strength);
    out.op = left.op + (either ? "||" : "&&") + right.op;
    out.operands = std::move(left.operands);
    out.operands.insert(out.operands.end(), right.operands.begin(), right.operands.end());
    return out;
  }

  /// The length of a `!` or `not` in front of all of it; 0: none.
  [[nodiscard]] std::size_t negation_of(span within) const {
    const auto part = within.of(code_);
    if (part.starts_with('!') && !part.starts_with("!=")) return covers_all(within, 1) ? 1 : 0;
    if (part.starts_with("not ") || part.starts_with("not(")) return covers_all(within, 3) ? 3 : 0;
    return 0;
  }

  /// False for `!a == b`, whose negation is of `a` only.
  [[nodiscard]] bool covers_all(span within, std::size_t from) const {
    judged ignored;
    const span rest{within.begin + from, within.end};
    if (from == 3) return true;  // `not` binds less than comparisons
    return stripped(code_, rest).begin != trimmed_span(code_, rest).begin ||
           !compared(rest, ignored);
  }

  [[nodiscard]] int called_in(span within) const {
    const auto part = within.of(code_);
    int best = unknown;
    for (const auto& [what, value] : tables_.conditions) {
      if (part.find(what) != npos) best = std::max(best, value);
    }
    return best;
  }

  bool compared(span within, judged& out) const {
    struct comparison {
      std::string_view op;
      int strength;
    };
    static constexpr std::array<comparison, 14> comparisons{{{"===", strict},
                                                             {"!==", weak},
                                                             {"==", exact},
                                                             {"!=", weak},
                                                             {">=", partial},
                                                             {"<=", partial},
                                                             {"=~", partial},
                                                             {"!~", partial},
                                                             {"is not", weak},
                                                             {"not in", partial},
                                                             {"is", exact},
                                                             {"in", partial},
                                                             {"<", partial},
                                                             {">", partial}}};
    for (const auto& [op, value] : comparisons) {
      const auto at = find_top(code_, within, op);
      if (at == npos || at == within.begin) continue;
      if ((op == "<" || op == ">") && std::string_view{"<>=-"}.find(code_[at - 1]) != npos) {
        continue;
      }
      if (at + op.size() < within.end && (op == "<" || op == ">") &&
          std::string_view{"<>="}.find(code_[at + 1]) != npos) {
        continue;
      }
      out.op = op;
      out.strength = value;
      const auto left = squeezed(stripped(code_, {within.begin, at}).of(text_));
      const auto right = squeezed(stripped(code_, {at + op.size(), within.end}).of(text_));
      out.operands = {left, right};
      const bool same = left == right && value != weak && op != "<" && op != ">";
      const bool size = (op == ">=" && right == "0" && is_size(left)) ||
                        (op == "<=" && left == "0" && is_size(right));
      if (same || size || (is_literal(left) && is_literal(right))) {
        out.strength = trivial;
      } else if (value >= exact && (is_boolean(left) || is_boolean(right))) {
        out.strength = weak;
      } else if (value >= exact && (is_loose(left) || is_loose(right))) {
        out.strength = partial;
      }
      return true;
    }
    return false;
  }

  /// `== approx(…)`, `== ANY`.
  [[nodiscard]] bool is_loose(const std::string& operand) const {
    const auto& loose = tables_.loose_operands;
    return std::any_of(loose.begin(), loose.end(), [&operand](const std::string& each) {
      return operand.find(each) != std::string::npos;
    });
  }

  [[nodiscard]] judged judge(const std::vector<link>& links) const {
    judged out;
    if (links.empty()) return {unknown, "", {}};
    // `assert a == b, "why"`: a keyword, not a call.
    const auto& head = links.front();
    if (head.name == "assert" && !head.called && head.followed) {
      auto parts = split_top(code_, head.arguments, ',');
      return parts.empty() ? judged{unknown, "", {}} : condition(before_reason(parts.front()));
    }
    if (head.name == "assert" && head.called && links.size() == 1) {
      const auto rest = trimmed_span(code_, {head.arguments.end + 1, code_.size()});
      if (!rest.empty() && code_[rest.begin] != ';' && code_[rest.begin] != ',') {
        // `assert (a + b) == c`
        auto parts = split_top(code_, {head.arguments.begin - 1, code_.size()}, ',');
        return condition(parts.front());
      }
      if (as_.name == "python") {
        const auto whole = condition(head.arguments);
        return split_top(code_, head.arguments, ',').size() > 1
                   ? judged{trivial, whole.op, whole.operands}
                   : whole;
      }
    }
    return judge_calls(links);
  }

  /// Java's `assert a : "why"`.
  [[nodiscard]] span before_reason(span part) const {
    const auto colon = find_top(code_, part, " : ");
    return colon == npos ? part : span{part.begin, colon};
  }

  [[nodiscard]] judged judge_calls(const std::vector<link>& links) const {
    judged out;
    out.strength = unknown;
    bool negated = false;
    bool subject = false;
    const link* best = nullptr;
    for (const auto& each : links) {
      if (negations.contains(each.name)) negated = true;
      const bool is_subject = subjects.contains(each.name);
      subject = subject || is_subject;
      // A value, not what is asserted: `x shouldNotBe null`.
      const bool plain = !each.dotted && !each.called && &each != links.data();
      if (plain && (each.name == "null" || each.name == "nil" || each.name == "true" ||
                    each.name == "false" || each.name == "none")) {
        continue;
      }
      auto value = is_subject ? std::nullopt : lookup(each.name);
      if (value && each.name == "be" && !each.called) value = value_of_be(each);
      if (value && *value >= out.strength) {
        out.strength = *value;
        best = &each;
      }
      if ((each.called && (is_subject || value)) || (each.followed && best == &each)) {
        add_operands(each, out.operands);
      }
    }
    if (best == nullptr && !subject) {
      for (const auto& each : links) add_operands(each, out.operands);
    }
    drop_context(out.operands);
    if (subject && best == nullptr) {
      // Hamcrest says what in the second argument; nothing said holds nothing.
      if (out.operands.size() < 2 && links.size() == 1) return {trivial, "", out.operands};
      int nested = unknown;
      for (std::size_t i = 1; i < out.operands.size(); ++i)
        nested = named_in(out.operands[i], nested);
      out.strength = nested;
      return out;
    }
    if (best == nullptr) return out;
    if (out.strength == raises) {
      out.strength = names_exception(*best) ? exact : weak;
      return out;
    }
    if (negated && out.strength >= exact) out.strength = weak;
    if (out.strength == weak && best->called && !subject) return truth_of(*best, std::move(out));
    if (out.strength == weak && subject && !out.operands.empty()) {
      // expect(a === b).toBe(true) says what is between its brackets.
      return truth_of(links.front(), std::move(out));
    }
    if (subject || compares(best->name)) weigh_operands(out, subject);
    if (subject && out.strength == weak) return truth_of(links.front(), std::move(out));
    return out;
  }

  /// `to.be.true` leaves it to what follows, `to be > 3` compares.
  [[nodiscard]] int value_of_be(const link& be) const {
    if (!be.followed) return weak;
    const char first = code_[be.arguments.begin];
    return first == '<' || first == '>' ? partial : exact;
  }

  /// Go's t says nothing.
  static void drop_context(std::vector<std::string>& operands) {
    if (operands.size() > 1 && (operands.front() == "t" || operands.front() == "T" ||
                                operands.front() == "s.T()" || operands.front() == "tb")) {
      operands.erase(operands.begin());
    }
  }

  [[nodiscard]] int named_in(const std::string& operand, int best) const {
    for (std::size_t i = 0; i < operand.size();) {
      if (!is_word_byte(operand[i])) {
        ++i;
        continue;
      }
      const std::size_t first = i;
      while (i < operand.size() && is_word_byte(operand[i])) ++i;
      if (const auto value = lookup(canonical_name(operand.substr(first, i - first)))) {
        best = std::max(best, *value);
      }
    }
    return best;
  }

  void add_operands(const link& from, std::vector<std::string>& into) const {
    for (const auto part : split_top(code_, from.arguments, ',')) {
      into.push_back(squeezed(part.of(text_)));
    }
  }

  /// A class that is not any exception, or a message.
  [[nodiscard]] bool names_exception(const link& call) const {
    for (const auto part : split_top(code_, call.arguments, ',')) {
      const auto operand = squeezed(part.of(text_));
      if (operand.starts_with('/') || (operand.starts_with('"') && is_literal(operand)))
        return true;
    }
    assertion words;
    collect_words(words);
    return std::any_of(words.words.begin(), words.words.end(), [this](const std::string& word) {
      const auto& broad = tables_.broad_exceptions;
      const bool exception = word.find("Error") != std::string::npos ||
                             word.find("Exception") != std::string::npos ||
                             word.starts_with("Err") || word.find("Fault") != std::string::npos;
      return exception && std::find(broad.begin(), broad.end(), word) == broad.end();
    });
  }

  [[nodiscard]] judged truth_of(const link& call, judged out) const {
    auto parts = split_top(code_, call.arguments, ',');
    if (parts.size() > 1 && parts.front().of(code_) == "t") parts.erase(parts.begin());
    if (parts.empty()) return out;
    if (parts.size() > 1) {
      const auto left = squeezed(parts[0].of(text_));
      const auto right = squeezed(parts[1].of(text_));
      if (left.starts_with('"') && is_literal(left) && !right.starts_with('"')) {
        parts.erase(parts.begin());  // JUnit 4 says why first
      } else if (!right.starts_with('"') && best_is_binary(call.name)) {
        if (is_literal(left) && is_literal(right)) out.strength = trivial;
        return out;
      }
    }
    const judged inner =
        is_negative(call.name) ? failure_condition(parts.front()) : condition(parts.front());
    const auto first = squeezed(parts.front().of(text_));
    // assertFalse(false) and assertNotNull("x") hold as surely as assertTrue(true).
    if (inner.strength == trivial || is_literal(first)) {
      out.strength = trivial;
    } else {
      out.strength = std::max(out.strength, inner.strength);
    }
    if (!inner.op.empty()) {
      out.op = inner.op;
      out.operands = inner.operands;
    }
    return out;
  }

  void weigh_operands(judged& out, bool subject) const {
    if (out.operands.size() >= 3 && out.operands[0].starts_with('"') &&
        is_literal(out.operands[0]) && is_literal(out.operands[1]) &&
        !is_literal(out.operands[2])) {
      out.operands.erase(out.operands.begin());  // JUnit 4 says why first
    }
    if (!subject && out.operands.size() == 1 && out.strength == exact &&
        is_literal(out.operands[0])) {
      out.strength = trivial;  // assertNull(null)
    }
    if (out.operands.size() < 2 || out.strength < partial) return;
    const auto& left = out.operands[0];
    const auto& right = out.operands[1];
    if (out.strength >= exact && (left == right || (is_literal(left) && is_literal(right)))) {
      out.strength = trivial;
    } else if (out.strength >= exact && (is_boolean(left) || is_boolean(right))) {
      out.strength = weak;
    } else if (out.strength >= exact && (is_loose(left) || is_loose(right))) {
      out.strength = partial;
    }
  }

  std::string_view text_;
  std::string_view code_;
  const language& as_;
  const table_content& tables_;
};

}  // namespace

assertion read_assertion(std::string_view text, std::string_view code, const language& as,
                         const table_content& tables) {
  // `if cond` of a guarded failure.
  const statement whole{text, code, as, tables};
  if (as.guarded != nullptr && code.starts_with("if ")) {
    assertion out;
    out.key = squeezed(text);
    whole.collect_words(out);
    auto found = whole.failure_condition({3, code.size()});
    out.strength = found.strength;
    out.matcher = "if." + found.op;
    out.operands = std::move(found.operands);
    return out;
  }
  return whole.read();
}

}  // namespace skein::diff
