#include "cli/render/structured.hpp"

#include "schema/identity.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace skein::cli {

namespace {

using nlohmann::json;

/// DEL, C1 and the characters that YAML takes for line breaks or not at all: they only occur inside
/// JSON strings, where an escape means the same.
std::string without_raw_controls(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto at = [&text](std::size_t index) {
      return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
    };
    char escape[8] = "";
    std::size_t length = 1;
    if (at(i) == 0x7f) {
      std::snprintf(escape, sizeof escape, "\\u007f");
    } else if (at(i) == 0xc2 && at(i + 1) < 0xa0 && at(i + 1) >= 0x80) {
      std::snprintf(escape, sizeof escape, "\\u%04x", at(i + 1));
      length = 2;
    } else if (at(i) == 0xe2 && at(i + 1) == 0x80 && (at(i + 2) == 0xa8 || at(i + 2) == 0xa9)) {
      std::snprintf(escape, sizeof escape, "\\u%04x", 0x2000 + (at(i + 2) & 0x3fU));
      length = 3;
    } else if (at(i) == 0xef && at(i + 1) == 0xbb && at(i + 2) == 0xbf) {
      std::snprintf(escape, sizeof escape, "\\ufeff");
      length = 3;
    }
    if (escape[0] == '\0') {
      out += text[i];
    } else {
      out += escape;
      i += length - 1;
    }
  }
  return out;
}

std::string flow(const json& value) {
  return without_raw_controls(schema::dump(value));
}

/// Words that no reader of any YAML version takes for something else.
bool is_plain(const std::string& text) {
  if (text.empty() || text.size() > 60) return false;
  if (std::isalpha(static_cast<unsigned char>(text.front())) == 0) return false;
  const bool simple = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/');
  });
  if (!simple) return false;
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* word :
       {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}) {
    if (low == word) return false;
  }
  return true;
}

std::string scalar(const json& value) {
  if (value.is_string() && is_plain(value.get_ref<const std::string&>())) {
    return value.get<std::string>();
  }
  return flow(value);
}

bool is_block(const json& value) {
  return value.is_structured() && !value.empty();
}

/// `first`: the indentation of the first line is there already (after `- `).
void write(std::string& out, const json& value, std::size_t depth, bool first) {
  const auto indent = [&out, depth, &first] {
    if (!first) out.append(depth * 2, ' ');
    first = false;
  };
  if (value.is_array()) {
    for (const json& each : value) {
      indent();
      out += "- ";
      if (is_block(each)) {
        write(out, each, depth + 1, true);
      } else {
        out += scalar(each) + "\n";
      }
    }
    return;
  }
  for (const auto& [key, each] : value.items()) {
    indent();
    out += scalar(key) + ":";
    if (is_block(each)) {
      out += "\n";
      write(out, each, depth + 1, false);
    } else {
      out += " " + scalar(each) + "\n";
    }
  }
}

}  // namespace

std::string json_text(const json& value) {
  return without_raw_controls(schema::dump(value, 2)) + "\n";
}

std::string yaml_text(const json& value) {
  if (!is_block(value)) return scalar(value) + "\n";
  std::string out;
  write(out, value, 0, false);
  return out;
}

std::string structured_text(const json& value, output_format format) {
  return format == output_format::yaml ? yaml_text(value) : json_text(value);
}

}  // namespace skein::cli
