// How git is told a password: by a helper that reads a file in memory of this process. Nothing of
// it is in an argument, an address, a setting, a variable or on a disk.
#pragma once

#include "runtime/git/repository.hpp"
#include "runtime/process/descriptor.hpp"
#include "schema/error.hpp"

#include <string>
#include <vector>

namespace skein::git {

/// Open as long as git may ask. `invalid` for a line break or another control character in it.
[[nodiscard]] result<process::descriptor> login_file(const login& as);

/// The `-c` options that give it to the scheme, host and port of `remote` and to nobody else:
/// redirects are not followed.
[[nodiscard]] std::vector<std::string> login_options(const std::string& remote, int file);

}  // namespace skein::git
