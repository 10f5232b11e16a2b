// A cell of its own loop for callers that may block: the probes of `skein doctor`. Not for runs.
#pragma once

#include "runtime/cell/cell.hpp"
#include "schema/error.hpp"

#include <memory>
#include <string>

namespace skein::cell {

/// Blocking, with finite deadlines. The cell is dead when this is destroyed.
class blocking_cell {
 public:
  blocking_cell() = default;
  ~blocking_cell();
  blocking_cell(const blocking_cell&) = delete;
  blocking_cell& operator=(const blocking_cell&) = delete;

  [[nodiscard]] result<> start(cell_spec spec);
  [[nodiscard]] const std::filesystem::path& workspaces() const { return cell_->workspaces(); }
  [[nodiscard]] result<> enter_phase(const std::string& phase);
  [[nodiscard]] result<command_result> execute(command what);

 private:
  process::io_loop loop_;
  std::shared_ptr<cell> cell_;
};

}  // namespace skein::cell
