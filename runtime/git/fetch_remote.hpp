// Fetching over http and ssh with the git command line, and asking a remote for its branches.
#pragma once

#include "runtime/git/mirror.hpp"

namespace skein::git {

/// fetch() for repositories on other machines: the one branch or commit, without history. Blocking.
[[nodiscard]] result<base> fetch_remote(const std::filesystem::path& mirrors, const location& where,
                                        const std::string& branch, const std::string& commit,
                                        std::chrono::milliseconds timeout, std::stop_token stop);

struct advertised {
  std::string head;    ///< the branch that HEAD names; empty when detached or unknown
  std::string commit;  ///< what was asked for; empty when there is none
};

/// Asks the remote where `reference` ("HEAD" or a full name) is. Blocking.
[[nodiscard]] result<advertised> ask_remote(const location& where, const std::string& reference,
                                            std::chrono::milliseconds timeout,
                                            std::stop_token stop);

}  // namespace skein::git
