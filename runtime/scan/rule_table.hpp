// Typed reading of one TOML table of a rule file. Only rule_file.cpp includes this.
#pragma once

#include "runtime/scan/rule_file.hpp"

#include <cstdint>
#include <string>
#include <vector>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace skein::scan {

/// The first thing that is wrong is kept, with its place. Keys may have any case, as gitleaks reads
/// them.
class rule_table {
 public:
  rule_table(const toml::table& table, std::string file, std::string rule)
      : table_(table), file_(std::move(file)), rule_(std::move(rule)) {}

  void read(const char* key, std::string& into) { read_as<std::string>(key, "a string", into); }
  void read(const char* key, bool& into) { read_as<bool>(key, "true or false", into); }
  void read(const char* key, double& into) { read_as<double>(key, "a number", into); }
  void read(const char* key, std::int64_t& into) { read_as<std::int64_t>(key, "an integer", into); }
  void read(const char* key, written_regex& into);
  void read(const char* key, std::vector<std::string>& into);
  void read(const char* key, std::vector<written_regex>& into);

  /// The tables of `key`, which may be an array of tables or a single one.
  [[nodiscard]] std::vector<const toml::table*> tables(const char* key);

  void fail(const std::string& key, const std::string& expected);
  [[nodiscard]] result<> checked() const;

 private:
  [[nodiscard]] const toml::node* find(std::string_view key) const;

  template <class T>
  void read_as(const char* key, const char* expected, T& into) {
    const toml::node* found = find(key);
    if (found == nullptr) return;
    if (const auto value = found->value<T>()) {
      into = *value;
    } else {
      fail(key, expected);
    }
  }

  const toml::table& table_;
  std::string file_;
  std::string rule_;
  std::string reason_;
  toml::source_position at_;
};

}  // namespace skein::scan
