// What identifies things: random ids, content hashes, the frozen form of a task.
#pragma once

#include "schema/task.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace skein::schema {

/// 16 random characters of Crockford's base 32 in lower case (80 bits, OpenSSL's generator). Random
/// from the first character on, so that short prefixes are unique.
[[nodiscard]] std::string new_id();

/// Lower-case hexadecimal SHA-256.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// Canonical JSON: keys sorted, no white space, invalid UTF-8 replaced.
[[nodiscard]] std::string canonical_json(const nlohmann::json& value);

/// JSON text for people (`indent` >= 0) or for a line (-1); invalid UTF-8 is replaced, never
/// thrown.
[[nodiscard]] std::string dump(const nlohmann::json& value, int indent = -1);

struct frozen_task {
  std::string json;         ///< canonical JSON of the whole document
  std::string sha256;       ///< of `json`
  std::string fingerprint;  ///< see fingerprint()
};

/// Freezes a task: from here on only its canonical text counts.
[[nodiscard]] frozen_task freeze(const task& value);

/// SHA-256 over what the change is and where it goes (intent, scope, agent, verifiers, repository,
/// branch), leaving out name, labels, tenant, budget and publish options: two tasks with the same
/// fingerprint would open the same pull request.
[[nodiscard]] std::string fingerprint(const task& value);

}  // namespace skein::schema
