// Scans files and folders of a person's own machine. Not for workspaces: those are read by the
// worker, and their changes as diffs.
#pragma once

#include "runtime/scan/secret_scanner.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

namespace skein::scan {

struct file_options {
  std::uint64_t largest_file = 256U << 20U;  ///< a larger one is a finding: `unscanned`
  bool trust_inline_allow = true;  ///< also the .gitleaksignore in the folder that is scanned
  std::function<bool()> stop;      ///< asked before each file; may be empty
};

struct file_scan {
  std::vector<secret_finding> findings;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  bool complete = true;  ///< false: stopped, or more findings than can be kept
};

/// Blocking. A file, or a folder with everything in it but links and git's object store; paths of
/// findings begin with `path` as it is given. What cannot be read is a finding. `not_found` when
/// there is no such path.
[[nodiscard]] result<file_scan> scan_files(const secret_scanner& scanner,
                                           const std::filesystem::path& path,
                                           const file_options& options = {});

}  // namespace skein::scan
