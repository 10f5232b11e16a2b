// A tool's call as a command of the cell. Permission was given before; what the tool does happens
// there, whatever the arguments say.
#pragma once

#include "runtime/cell/cell.hpp"
#include "schema/error.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace skein::agent {

/// Where `skein-tools` is in a cell of an agent that calls tools.
inline constexpr std::string_view tools_path = "/run/skein/tools";

/// The mount that puts it there.
[[nodiscard]] result<cell::mount> tools_mount();

/// What is left of the run's budget, and what one answer may hold.
struct call_limits {
  std::chrono::milliseconds time{std::chrono::minutes{5}};
  std::uint64_t output_bytes = 1ULL << 20;  ///< a shell command may write
  std::uint64_t read_bytes = 64ULL << 10;   ///< of files, in one answer
};

/// True for the tools that act in the cell: files and the shell.
[[nodiscard]] bool acts_in_cell(std::string_view tool) noexcept;

/// `arguments` fit the tool's schema. `refused` when nothing is left of what the tool needs;
/// `invalid` for a tool that does not act in the cell.
[[nodiscard]] result<cell::command> command_of(std::string_view tool, const nlohmann::json& arguments,
                                               const call_limits& limits);

}  // namespace skein::agent
