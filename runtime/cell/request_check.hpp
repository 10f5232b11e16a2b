// Refuses requests that PID 1 could not carry out, and packs the others into its fixed layouts.
#pragma once

#include "runtime/cell/cell.hpp"
#include "runtime/cell/init/protocol.hpp"

#include <string>
#include <vector>

namespace skein::cell {

[[nodiscard]] result<> check_spec(const cell_spec& spec);
/// One folder name of letters, digits, `-` and `_`.
[[nodiscard]] result<> check_phase(const std::string& phase);

struct packed_command {
  wire::execute_request head;
  std::string rest;
};

/// `standard`: the variables every command has; `own`, the cell's, replace them, and those of
/// `what` replace both.
[[nodiscard]] result<packed_command> pack_command(const command& what,
                                                  const std::vector<std::string>& own,
                                                  std::vector<std::string> standard);

}  // namespace skein::cell
