#include "cli/control/strict_json.hpp"

#include <algorithm>

namespace skein::cli::control {

namespace {

constexpr int max_depth = 64;

/// Checked before anything is built: a deep document costs far more memory than its text.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char each = text[i];
    if (in_string) {
      if (each == '\\') ++i;
      if (each == '"') in_string = false;
    } else if (each == '"') {
      in_string = true;
    } else if (each == '[' || each == '{') {
      if (++depth > max_depth) return true;
    } else if (each == ']' || each == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

nlohmann::json parse_line(std::string_view line) {
  if (too_deep(line)) {
    throw bad_message("the message is nested deeper than " + std::to_string(max_depth));
  }
  auto parsed = nlohmann::json::parse(line, nullptr, false);
  if (parsed.is_discarded()) throw bad_message("the line is no JSON");
  if (!parsed.is_object()) throw bad_message("the line is no JSON object");
  return parsed;
}

fields::fields(const nlohmann::json& object, const char* where,
               std::initializer_list<std::string_view> known)
    : object_(object), where_(where) {
  if (!object.is_object()) throw bad_message(std::string{where} + " is no object");
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw bad_message(std::string{where} + " has a member that is not known here");
    }
  }
}

const nlohmann::json& fields::any(const char* key) const {
  const auto found = object_.find(key);
  if (found == object_.end()) wrong(key, "is missing");
  return *found;
}

std::string fields::text(const char* key, std::size_t longest) const {
  const auto& value = any(key);
  if (!value.is_string()) wrong(key, "is no text");
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > longest) wrong(key, "is longer than " + std::to_string(longest) + " bytes");
  if (text.find('\0') != std::string::npos) wrong(key, "contains a NUL byte");
  return text;
}

bool fields::flag(const char* key) const {
  const auto& value = any(key);
  if (!value.is_boolean()) wrong(key, "is neither true nor false");
  return value.get<bool>();
}

std::uint64_t fields::number(const char* key, std::uint64_t most) const {
  const auto& value = any(key);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) {
    wrong(key, "is no whole number from 0 to " + std::to_string(most));
  }
  return value.get<std::uint64_t>();
}

void fields::wrong(const char* key, const std::string& what) const {
  throw bad_message(std::string{where_} + "." + key + " " + what);
}

}  // namespace skein::cli::control
