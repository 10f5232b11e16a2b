// `config/controls.yaml` (kind: Controls): for every ID of the contract, the code that enforces it,
// the tests that fail without it and the record that proves it ran.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace skein::schema {

struct control {
  std::string id;                  ///< "T5.4"
  std::string guarantee;           ///< in a few words
  std::vector<std::string> code;   ///< files of the source tree
  std::vector<std::string> tests;  ///< names or globs of registered tests
  std::string record;              ///< kind of event, or `none`
  std::string why;                 ///< why there is no record, or more about it
  bool planned = false;            ///< not in this version, wholly or in part
  std::string missing;             ///< planned: what is not there yet
  friend bool operator==(const control&, const control&) = default;
};

/// What is worth protecting.
struct asset {
  std::string id;  ///< "A2"
  std::string name;
  std::string touched_by;
  std::string boundary;
  std::string worst;
  std::vector<std::string> controls;
  std::string log;
  friend bool operator==(const asset&, const asset&) = default;
};

struct control_table {
  std::vector<control> controls;
  std::vector<asset> assets;
  friend bool operator==(const control_table&, const control_table&) = default;
};

[[nodiscard]] nlohmann::json to_json(const control& value);
[[nodiscard]] nlohmann::json to_json(const asset& value);
[[nodiscard]] nlohmann::json to_json(const control_table& value);
[[nodiscard]] control_table controls_from_json(const nlohmann::json& document);

}  // namespace skein::schema
