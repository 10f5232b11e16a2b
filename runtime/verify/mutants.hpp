// Wrong versions of a change: one small fault each, in a line that the change itself added. Tests
// that are worth something notice them. Pure.
#pragma once

#include "runtime/diff/change.hpp"
#include "runtime/workspace/workspace.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace skein::verify {

struct mutant {
  std::string path;
  std::uint32_t line = 0;                               ///< of the file as the change leaves it
  std::string what;                                     ///< "== becomes !="
  std::shared_ptr<const workspace::change_set> change;  ///< the whole change with the fault in it
};

/// At most `most`, spread over the added lines of `sources`: paths of production code.
[[nodiscard]] std::vector<mutant> mutants_of(
    const diff::change& parsed, const std::shared_ptr<const workspace::change_set>& change,
    const std::set<std::string>& sources, std::size_t most);

}  // namespace skein::verify
