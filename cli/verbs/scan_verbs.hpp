// The sub-verbs of `scan`, one file each, and what they share.
#pragma once

#include "cli/invocation.hpp"
#include "runtime/scan/secret_scanner.hpp"
#include "schema/error.hpp"

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace skein::cli {

void add_scan_secrets(CLI::App& scan, invocation& call);
void add_scan_text(CLI::App& scan, invocation& call);
void add_scan_tools(CLI::App& scan, invocation& call);

/// The options of every scanner of secrets.
struct secret_scan_options {
  std::string format;             ///< -o; empty: as the global option says
  std::string rules;              ///< --rules FILE; empty: the shipped ones
  std::vector<std::string> held;  ///< --held VAR: environment variables with secrets
};
void add_secret_scan_options(CLI::App& verb, secret_scan_options& chosen);

/// Blocking. The scanner that they ask for.
[[nodiscard]] result<scan::secret_scanner> make_scanner(const secret_scan_options& chosen);

/// Prints the findings and returns the exit code: 3 when there are any.
int print_findings(const global_options& global, const secret_scan_options& chosen,
                   const std::vector<scan::secret_finding>& findings);

/// Blocking. All of a file, or of standard input for `-`; `refused` when it has more than 1 GiB. More
/// than `enough` bytes are not read: whoever asks knows that it is too much.
[[nodiscard]] result<std::string> read_input(const std::string& file,
                                             std::size_t enough = std::size_t{1} << 31U);

}  // namespace skein::cli
