// Runs one host program (git) to its end. Not for repository code: that runs in a cell.
#pragma once

#include "schema/error.hpp"

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace skein::process {

struct child_spec {
  std::vector<std::string> argv;         ///< argv[0] is looked up in PATH once
  std::vector<std::string> environment;  ///< "K=V"; nothing is inherited
  std::filesystem::path directory;       ///< empty: the current one
  std::string input;                     ///< standard input; then end of file
  std::chrono::milliseconds timeout{std::chrono::minutes{1}};
  std::size_t output_limit = 1U << 20;   ///< per stream; the rest is read and dropped
};

struct child_result {
  int exit_code = -1;  ///< 128 + signal when a signal ended it
  std::string out;
  std::string err;
};

/// Blocking. The child leads its own process group; timeout and cancellation kill the whole group
/// and answer `timeout` or `cancelled`. `io` when it cannot be started. Children die with the
/// process (PR_SET_PDEATHSIG) and inherit no descriptor but their three streams.
[[nodiscard]] result<child_result> run_child(const child_spec& spec, std::stop_token stop = {});

}  // namespace skein::process
