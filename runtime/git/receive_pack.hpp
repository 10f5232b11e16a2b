// Changes one branch of a repository on this machine: we are the client of its own `git
// receive-pack`, in one process instead of the five of `git push`. Its owner's hooks and settings
// apply in full; git refuses repositories of other users unless the user has listed them as
// safe.directory.
#pragma once

#include "runtime/git/local_repository.hpp"

#include <chrono>
#include <stop_token>
#include <string>

namespace skein::git {

struct branch_update {
  std::string reference;  ///< "refs/heads/x"
  std::string before;     ///< object id; 40 zeros: must not exist
  std::string after;      ///< object id; 40 zeros: delete
  std::string pack;       ///< what the repository lacks; empty for a deletion
};

struct receive_answer {
  bool accepted = false;
  bool answered = false;  ///< false: it ended without a report, nothing is known
  std::string detail;     ///< one bounded line
};

/// `defaults`: a configuration file that the repository's own settings override. Blocking.
[[nodiscard]] result<receive_answer> update_branch(const local_repository& repository,
                                                   branch_update update,
                                                   const std::filesystem::path& defaults,
                                                   std::chrono::milliseconds timeout,
                                                   std::stop_token stop);

/// The pack of everything that `commit` has beyond its parent. Blocking.
[[nodiscard]] result<std::string> pack_of(const std::filesystem::path& mirror,
                                          const std::string& commit);

}  // namespace skein::git
