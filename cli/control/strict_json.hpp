// Reading JSON from outside: every member is asked for with its type and bound, unknown members are
// errors, and nothing throws across the interface.
#pragma once

#include "schema/error.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace skein::cli::control {

/// Thrown by fields and turned into `invalid` by whoever decodes.
class bad_message : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Parses one line. Throws bad_message for text that is no JSON or is nested deeper than 64.
[[nodiscard]] nlohmann::json parse_line(std::string_view line);

/// The members of one object. Throws bad_message.
class fields {
 public:
  /// `known`: every member that may be there.
  fields(const nlohmann::json& object, const char* where,
         std::initializer_list<std::string_view> known);

  [[nodiscard]] bool has(const char* key) const { return object_.contains(key); }
  /// The member as it is.
  [[nodiscard]] const nlohmann::json& any(const char* key) const;
  /// At most `longest` bytes, no NUL.
  [[nodiscard]] std::string text(const char* key, std::size_t longest = 4096) const;
  [[nodiscard]] bool flag(const char* key) const;
  /// 0 … `most`.
  [[nodiscard]] std::uint64_t number(const char* key, std::uint64_t most) const;
  template <class Value, class Parse>
  [[nodiscard]] Value word(const char* key, Parse parse) const {
    const auto value = parse(text(key, 64));
    if (!value) wrong(key, "is no word that is known here");
    return *value;
  }
  [[noreturn]] void wrong(const char* key, const std::string& what) const;

 private:
  const nlohmann::json& object_;
  const char* where_;
};

}  // namespace skein::cli::control
