// Single words and operands. See assertion_words.hpp and assertion.hpp.
#include "runtime/diff/assertion_words.hpp"

#include "runtime/diff/assertion.hpp"
#include "runtime/diff/assertion_text.hpp"

#include <algorithm>
#include <cctype>

namespace skein::diff {

bool is_boolean(std::string_view operand) {
  return operand == "true" || operand == "false" || operand == "True" || operand == "False" ||
         operand == "TRUE" || operand == "FALSE";
}

std::string squeezed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool space = false;
  for (char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      space = true;
      continue;
    }
    if (c == '\'') c = '"';
    if (space && !out.empty() && is_word_byte(out.back()) && is_word_byte(c)) out += ' ';
    if ((c == ')' || c == ']' || c == '}') && !out.empty() && out.back() == ',') out.pop_back();
    space = false;
    out += c;
  }
  while (!out.empty() && (out.back() == ';' || out.back() == ',')) out.pop_back();
  return out;
}

bool is_literal(std::string_view operand) {
  if (operand.empty()) return false;
  const char c = operand.front();
  if (c == '-' && operand.size() > 1) return is_literal(operand.substr(1));
  if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
    char previous = 0;
    return std::all_of(operand.begin(), operand.end(), [&previous](char each) {
      const bool exponent = (each == '-' || each == '+') && (previous == 'e' || previous == 'E');
      previous = each;
      return exponent || std::isalnum(static_cast<unsigned char>(each)) != 0 || each == '.' ||
             each == '_';
    });
  }
  if (c == '"' || c == '`') {
    return operand.size() > 1 && operand.find(c, 1) == operand.size() - 1;
  }
  return is_boolean(operand) || operand == "null" || operand == "nil" || operand == "None" ||
         operand == "undefined" || operand == "NULL" || operand == "nullptr";
}

bool always_true(std::string_view whole) {
  if (whole.starts_with("not ")) {
    const auto rest = whole.substr(4);
    return rest == "False" || rest == "None" || rest == "0" || rest == "false" || rest == "nil";
  }
  if (whole.starts_with("!")) {
    const auto rest = whole.substr(1);
    return rest == "false" || rest == "0" || rest == "null" || rest == "FALSE" ||
           rest == "undefined" || rest == "(false)";
  }
  if (whole == "false" || whole == "False" || whole == "0" || whole == "nil" || whole == "None" ||
      whole == "null" || whole == "FALSE" || whole == "undefined") {
    return false;
  }
  return is_literal(whole);
}

bool is_size(const std::string& operand) {
  const auto name = canonical_name(operand);
  for (const std::string_view word : {"len", "size", "count"}) {
    if (name.find(word) != std::string::npos) return true;
  }
  return false;
}

bool compares(const std::string& name) {
  for (const std::string_view part : {"equal", "same", "identical", "eq", "null", "nil", "none"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return name == "is" || name == "be";
}

bool is_negative(const std::string& name) {
  for (const std::string_view part : {"false", "falsy", "falsey", "refute", "notok"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

bool best_is_binary(const std::string& name) {
  return name.find("equal") != std::string::npos || name.find("same") != std::string::npos ||
         name.find("ne") != std::string::npos || name.find("instance") != std::string::npos ||
         name.find("type") != std::string::npos;
}

}  // namespace skein::diff
