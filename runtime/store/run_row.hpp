// A run as its rows of `runs`, `run_origins` and `run_results`, and the words that states have
// there.
#pragma once

#include "runtime/store/connection.hpp"
#include "runtime/store/operation.hpp"
#include "schema/run.hpp"

namespace skein::store {

/// The stored word of a state; lives for ever, so it can be bound without a copy.
[[nodiscard]] const std::string& word_of(schema::run_state state);
/// 0 queued, 1 under way or parked, 2 final; what the partial indexes of `runs` rely on.
[[nodiscard]] int phase_of(schema::run_state state);
/// Throws std::runtime_error for a word that is no state.
[[nodiscard]] schema::run_state state_of_word(const std::string& word);

/// "SELECT …" of every column that read_run wants, FROM runs r with its other rows as o and x.
[[nodiscard]] std::string select_runs(std::string_view source = "runs r");
/// The current row of a select_runs statement. Throws std::exception on a row that does not fit.
[[nodiscard]] schema::run read_run(const query& row);

/// The columns of run_results that are set.
struct result_columns {
  std::optional<std::string> base_branch;
  std::optional<std::string> base_commit;
  std::optional<std::string> tree;
  std::optional<std::string> patch_ref;
  std::optional<std::string> log_ref;
  std::optional<std::string> diff;
  std::optional<std::string> failed;
  std::optional<std::string> published;
  std::optional<std::string> verdicts;
  std::optional<std::string> findings;
  std::optional<std::string> used;
  [[nodiscard]] bool any() const {
    return base_branch || base_commit || tree || patch_ref || log_ref || diff || failed || published || verdicts ||
           findings || used;
  }
};
/// Inserts or updates the row; unset columns keep what they have.
void write_results(connection& on, std::int64_t run_seq, const result_columns& columns);

/// Adds the rows of a new run, `value.seq` included. Throws SQLite::Exception: `runs` comes first,
/// so an id that exists leaves nothing behind.
class run_inserter {
 public:
  explicit run_inserter(connection& on);
  void insert(const schema::run& value, const add_run& how);

 private:
  connection& connection_;
  SQLite::Statement runs_;
  SQLite::Statement origins_;
};

}  // namespace skein::store
