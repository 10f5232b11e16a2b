// What `/` says about runs: `state:agent tenant:payments campaign:old-api any words`.
#pragma once

#include "runtime/store/reader.hpp"
#include "schema/error.hpp"

#include <optional>
#include <string>
#include <vector>

namespace skein::cli::screen {

struct run_search {
  std::optional<schema::run_state> state;
  bool open = false;  ///< state:open: not final
  std::string tenant;
  std::string campaign;
  std::vector<std::string> words;  ///< in lower case; all of them have to occur

  /// Of the id, the repository, the task and the submitter.
  [[nodiscard]] bool matches_words(const schema::run& run) const;
  /// What the store can answer; `held` is stored as queued.
  [[nodiscard]] store::run_filter stored() const;
};

/// `invalid`: an unknown state, or an unknown name before a colon that is none of an address.
[[nodiscard]] result<run_search> parse_run_search(const std::string& text);

}  // namespace skein::cli::screen
