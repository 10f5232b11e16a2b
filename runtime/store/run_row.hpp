// A run as a row of `runs` joined with its row of `run_results`, and the words that states have
// there.
#pragma once

#include "runtime/store/connection.hpp"
#include "schema/run.hpp"

namespace skein::store {

/// The stored word of a state; lives for ever, so it can be bound without a copy.
[[nodiscard]] const std::string& word_of(schema::run_state state);
/// 0 queued, 1 under way or parked, 2 final; as in table run_states.
[[nodiscard]] int phase_of(schema::run_state state);
/// Throws std::runtime_error for a word that is no state.
[[nodiscard]] schema::run_state state_of_word(const std::string& word);

/// "SELECT …" of every column that read_run wants, FROM runs r LEFT JOIN run_results x.
[[nodiscard]] std::string select_runs(std::string_view source = "runs r");
/// The current row of a select_runs statement. Throws std::exception on a row that does not fit.
[[nodiscard]] schema::run read_run(const query& row);

/// The columns of run_results that are set.
struct result_columns {
  std::optional<std::string> diff;
  std::optional<std::string> failed;
  std::optional<std::string> published;
  std::optional<std::string> verdicts;
  std::optional<std::string> findings;
  std::optional<std::string> used;
  [[nodiscard]] bool any() const {
    return diff || failed || published || verdicts || findings || used;
  }
};
/// Inserts or updates the row; unset columns keep what they have.
void write_results(connection& on, std::int64_t run_seq, const result_columns& columns);

/// Inserts `value` with its own seq; throws SQLite::Exception.
void insert_run(SQLite::Statement& statement, const schema::run& value, bool eligible);
/// The text of the statement that insert_run wants.
extern const char* const insert_run_sql;

}  // namespace skein::store
