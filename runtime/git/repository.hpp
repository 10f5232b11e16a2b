// Where a repository is and how git may reach it.
#pragma once

#include "schema/error.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace skein::git {

enum class transport { local, ssh, http };

/// Who we are to a remote over http. Reaches git by a file in memory that only this user can open:
/// it is in no argument, no address, no setting and no variable.
struct login {
  std::string user;
  std::string secret;
};

/// A checked repository address. The text is safe to give to the git command line: no control
/// characters, no leading dash, no transport helper (`ext::`), only path, file, https, http, ssh,
/// git@.
struct location {
  std::string url;  ///< as the user wrote it, absolute when it is a path
  transport how = transport::local;
  std::filesystem::path path;  ///< for local: the directory
  std::string key;  ///< 24 hexadecimal characters of the URL's SHA-256: names mirror and bases
  std::shared_ptr<const login> as = {};  ///< set by the caller, for http; empty: nobody
};

/// `invalid` names the reason: newline in the path, unknown scheme, credentials in the URL …
[[nodiscard]] result<location> parse_location(const std::string& url);

}  // namespace skein::git
