// What a forge is asked with: a fixed token, or those that a GitHub App gets for one repository and
// a short time. No secret of these is ever in an error, a log or a body.
#pragma once

#include "runtime/forge/forge.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace skein::forge {

/// Reads a secret from where it is kept: `env:NAME` or `file:/absolute/path` (regular, at most
/// 64 KiB, readable by its owner only; white space at the end is cut off). Errors name the place.
[[nodiscard]] result<std::string> read_secret(const std::string& source);

struct app_identity {
  std::string app_id;
  std::string private_key;  ///< PEM, RSA
};

/// A JSON Web Token signed with RS256, valid from a minute before `now_s` for nine minutes: the
/// forge takes ten at most, and its clock may differ. `invalid` for a key that is none.
[[nodiscard]] result<std::string> app_token(const app_identity& app, std::int64_t now_s);

/// Either of the two; `token` wins. Called again for every use, so that a changed secret is taken
/// up.
struct credentials {
  std::function<result<std::string>()> token;
  std::function<result<app_identity>()> app;
};

}  // namespace skein::forge
