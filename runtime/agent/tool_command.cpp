#include "runtime/agent/tool_command.hpp"

#include "runtime/process/spawn.hpp"

#include <algorithm>
#include <array>

namespace skein::agent {
namespace {

constexpr std::array file_tools{"list_files", "read_file", "search", "write_file", "apply_patch"};

/// Longest answer of a file tool: text in JSON, escaped at worst sixfold, and its frame.
constexpr std::uint64_t frame_bytes = 256ULL << 10;

bool is_file_tool(std::string_view tool) {
  return std::find(file_tools.begin(), file_tools.end(), tool) != file_tools.end();
}

result<cell::command> file_command(std::string_view tool, nlohmann::json arguments,
                                   const call_limits& limits) {
  const bool reads = tool == "read_file" || tool == "search";
  if (reads && limits.read_bytes == 0)
    return error{errc::refused, "the run has read all the bytes of files that its budget allows",
                 "work with what was read, or finish"};
  if (reads) arguments["mostBytes"] = limits.read_bytes;
  SKEIN_TRY(input, process::memory_file(arguments.dump(
                       -1, ' ', false, nlohmann::json::error_handler_t::replace)));
  cell::command what;
  what.line = "exec " + std::string(tools_path) + " " + std::string(tool);
  what.timeout = std::min<std::chrono::milliseconds>(limits.time, std::chrono::seconds{60});
  what.output_limit = 6 * limits.read_bytes + frame_bytes;
  what.kill_on_output_limit = true;
  what.input = std::make_shared<const process::descriptor>(std::move(input));
  return what;
}

result<cell::command> shell_command(const nlohmann::json& arguments, const call_limits& limits) {
  if (limits.output_bytes == 0)
    return error{errc::refused, "commands of the run have written all that its budget allows",
                 "work with what was seen, or finish"};
  cell::command what;
  what.line = arguments.at("command").get<std::string>();
  what.timeout = limits.time;
  if (const auto asked = arguments.find("timeoutSeconds"); asked != arguments.end())
    what.timeout = std::min<std::chrono::milliseconds>(
        what.timeout, std::chrono::seconds{asked->get<std::int64_t>()});
  what.output_limit = limits.output_bytes;
  what.kill_on_output_limit = true;
  return what;
}

}  // namespace

result<cell::mount> tools_mount() {
  SKEIN_TRY(program, process::find_own_program("skein-tools"));
  return cell::mount{program, tools_path};
}

bool acts_in_cell(std::string_view tool) noexcept {
  return tool == "run_shell" || is_file_tool(tool);
}

result<cell::command> command_of(std::string_view tool, const nlohmann::json& arguments,
                                 const call_limits& limits) {
  if (tool == "run_shell") return shell_command(arguments, limits);
  if (is_file_tool(tool)) return file_command(tool, arguments, limits);
  return error{errc::invalid, "tool " + std::string(tool) + " does not act in the cell", ""};
}

}  // namespace skein::agent
