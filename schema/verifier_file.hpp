// A file of `config/verifiers/` (kind: Verifier): a check that the platform holds and no repository
// can edit.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace skein::schema {

struct verifier_file {
  std::string name;
  std::string description;
  std::string run;      ///< command line for /bin/sh -c in the cell; or
  std::string builtin;  ///< "secrets": a check of the control plane itself
  std::vector<std::string>
      when_files;  ///< activates by itself when one of these exists at the root
  bool required = true;
  std::chrono::milliseconds timeout{std::chrono::minutes{5}};
  friend bool operator==(const verifier_file&, const verifier_file&) = default;
};

[[nodiscard]] nlohmann::json to_json(const verifier_file& value);
[[nodiscard]] verifier_file verifier_from_json(const nlohmann::json& document);

}  // namespace skein::schema
