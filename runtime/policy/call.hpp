// A call of a tool as a policy sees it: who asks for what under which circumstances, and which
// paths and commands its arguments mean.
#pragma once

#include "runtime/policy/path.hpp"
#include "schema/error.hpp"
#include "schema/policy.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::policy {

/// What the platform knows; nothing of it comes from the agent.
struct circumstances {
  std::string tenant;
  std::string lane;
  std::string risk;                       ///< low, medium, high or empty
  std::vector<std::string> capabilities;  ///< granted to the task: "modifyCi", …
  std::string workspace_root{default_workspace_root};
  std::optional<bool> required_verifiers_all_passed;
  std::vector<std::string> diff_paths;
  std::vector<std::string> diff_has;  ///< names of the diff gate's rules that found something
  std::optional<std::uint64_t> diff_files;
  std::optional<std::uint64_t> diff_lines;
};

/// Reads `facts` ({requiredVerifiersAllPassed, diff: {paths, files, lines, has}}) into
/// circumstances; `invalid` for anything else.
[[nodiscard]] result<> add_facts(const nlohmann::json& facts, circumstances& into);

/// More paths than this in one call are too many to be meant well.
inline constexpr std::size_t most_paths = 10'000;

/// What the arguments of a call mean.
struct call_subjects {
  std::vector<normalized_path> paths;  ///< of arguments that name files, and of patches
  std::optional<std::string> command;  ///< a command line
  std::string directory;               ///< where the command runs; empty: the workspace's root
  std::string obstacle;                ///< why the call cannot be judged; empty: it can
};

/// `args` is an object, or the call has an obstacle. Never throws; linear in the arguments.
[[nodiscard]] call_subjects subjects_of(std::string_view tool, const nlohmann::json& args,
                                        std::string_view workspace_root);

/// Every path that a patch names, in the forms of git, diff and `*** Update File:`; headers hidden
/// in the lines of a hunk do not count, unless they look like the next file.
[[nodiscard]] std::vector<std::string> paths_of_patch(std::string_view patch);

}  // namespace skein::policy
