// The git command line as this program runs it: for transport only, with nothing of the user's
// configuration, no prompt, no hook of ours and only the allowed protocols.
#pragma once

#include "runtime/git/repository.hpp"
#include "runtime/process/run_child.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace skein::git {

struct git_call {
  std::vector<std::string> arguments;  ///< after `git`
  transport how = transport::local;  ///< ssh also gets the user's home and agent; http the proxies
  std::string input;
  std::chrono::milliseconds timeout{std::chrono::minutes{1}};
  std::shared_ptr<const login> as = {};  ///< told only to the scheme and host of `remote`
  std::string remote;               ///< needed with `as`
  std::filesystem::path defaults;  ///< stands for the user's global configuration; empty: none
};

/// Runs git; a non-zero exit is an answer, not an error. Blocking.
[[nodiscard]] result<process::child_result> run_git(git_call call, std::stop_token stop);

/// The `-c` options of every call in which we are the client. Not for a receiving end: there they
/// would switch off the hooks of its owner.
[[nodiscard]] std::vector<std::string> client_options();

/// What a failed call to a remote means: `not_found`, `unavailable` or `invalid`.
[[nodiscard]] error remote_error(const std::string& attempted, const process::child_result& ended);

/// True when the remote's answer is a refusal that repeating cannot change (access, policy).
[[nodiscard]] bool is_refusal(const std::string& output);

}  // namespace skein::git
