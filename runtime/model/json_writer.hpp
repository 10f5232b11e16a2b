// JSON written front to back, without a tree of it: a long conversation becomes a request at every
// step of a loop. For reading and for short values, see json_text.hpp.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::model {

/// One value as one line. The caller keeps the order: a key before each member, an end for each
/// begin. Broken UTF-8 is replaced.
class json_writer {
 public:
  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_array() { return open('['); }
  json_writer& end_array() { return close(']'); }
  json_writer& key(std::string_view name);
  json_writer& text(std::string_view value);
  json_writer& number(std::uint64_t value) { return raw(std::to_string(value)); }
  json_writer& boolean(bool value) { return raw(value ? "true" : "false"); }
  json_writer& null() { return raw("null"); }
  json_writer& value(const nlohmann::json& tree);
  /// What is JSON already.
  json_writer& raw(std::string_view json);

  json_writer& member(std::string_view name, std::string_view value) {
    return key(name).text(value);
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void separate();
  void quote(std::string_view value);
  json_writer& open(char bracket);
  json_writer& close(char bracket);

  std::string out_;
  bool first_ = true;  ///< nothing stands before the next value that a comma would part it from
};

}  // namespace skein::model
