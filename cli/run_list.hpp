// The runs that `get runs` shows: the store's rows, with `held` worked out and filtered by.
#pragma once

#include "cli/render/run_text.hpp"
#include "runtime/store/reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace skein::cli {

struct run_query {
  std::optional<schema::run_state> state;
  std::string tenant;
  std::string campaign;
  std::uint32_t limit = 100;  ///< 0: all
  std::int64_t cursor = 0;
  bool with_superseded = false;
};

struct run_page {
  std::vector<shown_run> runs;
  std::int64_t next = 0;  ///< the cursor of the next page; 0: this is the last
};

/// Blocking. Reads in pages of bounded size until the limit is full.
[[nodiscard]] result<run_page> list_runs(const store::reader& from, const run_query& query);

}  // namespace skein::cli
