// One SQLite connection with the settings that the store relies on, its cached statements, and the
// translation of SQLite's failures. Knows nothing of runs or events.
#pragma once

#include "schema/error.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace skein::store {

/// Bytes to bind as a blob.
struct blob {
  const void* data = nullptr;
  int size = 0;
};

/// One use of a prepared statement: binds, steps, and is reset when it goes out of scope, so that
/// no read transaction outlives it. Bound strings are not copied: they must live as long as it.
class query {
 public:
  template <class... Values>
  explicit query(SQLite::Statement& statement, const Values&... values) : statement_(statement) {
    statement_.tryReset();
    int index = 0;
    (bind(++index, values), ...);
  }
  query(const query&) = delete;
  query& operator=(const query&) = delete;
  ~query() { statement_.tryReset(); }

  /// True while there is a row.
  bool step() { return statement_.executeStep(); }
  /// Runs a statement that returns no rows; the value is the number of rows changed.
  std::uint64_t run() { return static_cast<std::uint64_t>(statement_.exec()); }

  [[nodiscard]] std::string text(int column) const {
    const SQLite::Column value = statement_.getColumn(column);
    const char* begin = value.getText("");
    return {begin, static_cast<std::size_t>(value.getBytes())};
  }
  [[nodiscard]] std::int64_t integer(int column) const {
    return statement_.getColumn(column).getInt64();
  }
  [[nodiscard]] std::uint32_t small(int column) const {
    return static_cast<std::uint32_t>(statement_.getColumn(column).getInt64());
  }
  [[nodiscard]] double real(int column) const { return statement_.getColumn(column).getDouble(); }
  [[nodiscard]] bool null(int column) const { return statement_.isColumnNull(column); }
  [[nodiscard]] std::string bytes(int column) const {
    const SQLite::Column value = statement_.getColumn(column);
    const void* begin = value.getBlob();
    return {static_cast<const char*>(begin), static_cast<std::size_t>(value.getBytes())};
  }

 private:
  void bind(int index, std::int64_t value) { statement_.bind(index, value); }
  void bind(int index, std::uint64_t value) {
    statement_.bind(index, static_cast<std::int64_t>(value));
  }
  void bind(int index, int value) { statement_.bind(index, value); }
  void bind(int index, std::uint32_t value) { statement_.bind(index, value); }
  void bind(int index, double value) { statement_.bind(index, value); }
  void bind(int index, bool value) { statement_.bind(index, value ? 1 : 0); }
  void bind(int index, const std::string& value) { statement_.bindNoCopy(index, value); }
  void bind(int index, blob value) { statement_.bindNoCopy(index, value.data, value.size); }
  void bind(int index, std::nullptr_t) { statement_.bind(index); }
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    if (value) {
      bind(index, *value);
    } else {
      statement_.bind(index);
    }
  }

  SQLite::Statement& statement_;
};

class connection {
 public:
  /// Throws SQLite::Exception. `uri` may be a plain path.
  connection(const std::string& uri, int flags, std::filesystem::path shown_path);

  [[nodiscard]] SQLite::Database& database() noexcept { return database_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// The statement of this text, prepared once. Only for a bounded set of texts.
  [[nodiscard]] SQLite::Statement& prepared(std::string_view sql);

  /// True outside a transaction.
  [[nodiscard]] bool idle() const noexcept;

  /// True when its file was removed or replaced: what is written would go nowhere.
  [[nodiscard]] bool moved() const noexcept;

 private:
  std::filesystem::path path_;
  SQLite::Database database_;
  std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
};

/// True for a failed UNIQUE, CHECK or FOREIGN KEY constraint or a trigger that said no.
[[nodiscard]] bool is_constraint(const SQLite::Exception& failed) noexcept;

/// What a failure of SQLite means to the user; `attempted` as in "read run x".
[[nodiscard]] error sqlite_error(const std::string& attempted, const std::filesystem::path& path,
                                 const SQLite::Exception& failed);

/// Runs `read` and turns what SQLite or a decoder throws into an error.
template <class Read>
auto guarded(const connection& on, const std::string& attempted, Read&& read) -> decltype(read()) {
  try {
    return std::forward<Read>(read)();
  } catch (const SQLite::Exception& failed) {
    return sqlite_error(attempted, on.path(), failed);
  } catch (const std::exception& failed) {
    return error{errc::corrupt,
                 attempted + ": " + on.path().string() +
                     " holds a row that cannot be read: " + failed.what(),
                 "restore a backup, or use another directory with --state-dir"};
  }
}

}  // namespace skein::store
