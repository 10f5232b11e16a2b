#include "runtime/model/json_writer.hpp"

#include "runtime/model/json_text.hpp"

#include <algorithm>

namespace skein::model {
namespace {

/// Stands for itself in a JSON string.
bool is_plain(char c) {
  return c >= ' ' && c < '\x7f' && c != '"' && c != '\\';
}

/// Of what stands in most texts of several lines or with quotes; empty for anything else.
std::string_view short_escape(std::string_view odd) {
  if (odd == "\n") return "\\n";
  if (odd == "\"") return "\\\"";
  if (odd == "\n\n") return "\\n\\n";
  if (odd == "\\") return "\\\\";
  return {};
}

}  // namespace

void json_writer::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

json_writer& json_writer::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
  return *this;
}

json_writer& json_writer::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

/// Most text is ASCII with a few line ends and quotes; the rest is left to the library.
void json_writer::quote(std::string_view value) {
  out_ += '"';
  while (!value.empty()) {
    const auto stop = std::find_if_not(value.begin(), value.end(), is_plain);
    out_.append(value.begin(), stop);
    value.remove_prefix(static_cast<std::size_t>(stop - value.begin()));
    if (value.empty()) break;
    // A sequence of UTF-8 has no plain byte in it.
    const auto end = std::find_if(value.begin(), value.end(), is_plain);
    const std::string_view odd = value.substr(0, static_cast<std::size_t>(end - value.begin()));
    if (const std::string_view known = short_escape(odd); !known.empty()) {
      out_ += known;
    } else {
      const std::string quoted = write_json(odd);
      out_.append(quoted, 1, quoted.size() - 2);
    }
    value.remove_prefix(odd.size());
  }
  out_ += '"';
}

json_writer& json_writer::key(std::string_view name) {
  separate();
  quote(name);
  out_ += ':';
  first_ = true;
  return *this;
}

json_writer& json_writer::text(std::string_view value) {
  separate();
  quote(value);
  return *this;
}

json_writer& json_writer::value(const nlohmann::json& tree) {
  return raw(write_json(tree));
}

json_writer& json_writer::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

}  // namespace skein::model
