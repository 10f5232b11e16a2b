// External agents: the platform's files about them, and what one needs in a cell. Nothing here runs
// anything.
#pragma once

#include "runtime/cell/cell.hpp"
#include "schema/agent_file.hpp"
#include "schema/error.hpp"
#include "schema/task.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace skein::agent {

/// Blocking. Every *.yaml of the folder by name; `invalid` names the first thing that is wrong.
[[nodiscard]] result<std::map<std::string, schema::agent_file>> load_agents(
    const std::filesystem::path& folder);

/// Where its installation stands in the cell, and where it keeps its settings. The home is new in
/// every phase.
inline constexpr std::string_view installed_path = "/opt/agent";
inline constexpr std::string_view home_path = "/tmp/home";
/// The port of the cell's loopback behind which the gateway is.
inline constexpr std::uint16_t gateway_port = 3129;

struct adapter_values {
  std::string token;
  std::string model;
};

/// The commands that put the agent's files and the task into its home, in order.
[[nodiscard]] result<std::vector<cell::command>> preparation(const schema::agent_file& agent,
                                                             const adapter_values& values,
                                                             const std::string& prompt);

/// `line` with the agent's environment.
[[nodiscard]] cell::command in_its_environment(const schema::agent_file& agent,
                                               const adapter_values& values, std::string line);

/// What an external agent is told: the platform's rules and the task; it reads the repository itself.
[[nodiscard]] std::string prompt_of(const schema::task& task);

}  // namespace skein::agent
