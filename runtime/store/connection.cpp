// Statement cache and the translation of SQLite's failures.
#include "runtime/store/connection.hpp"

#include <sqlite3.h>

#include <cstring>

namespace skein::store {

namespace {

constexpr int busy_timeout_ms = 5000;

}  // namespace

connection::connection(const std::string& uri, int flags, std::filesystem::path shown_path)
    : path_(std::move(shown_path)), database_(uri, flags, busy_timeout_ms) {
  sqlite3_extended_result_codes(database_.getHandle(), 1);
  // The file's own schema must not be able to run anything of ours, nor be edited as data.
  sqlite3_db_config(database_.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database_.getHandle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(database_.getHandle(), SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
}

SQLite::Statement& connection::prepared(std::string_view sql) {
  std::string key(sql);
  auto found = statements_.find(key);
  if (found == statements_.end()) {
    auto statement = std::make_unique<SQLite::Statement>(database_, key);
    found = statements_.emplace(std::move(key), std::move(statement)).first;
  }
  return *found->second;
}

bool connection::idle() const noexcept {
  return sqlite3_get_autocommit(database_.getHandle()) != 0;
}

bool connection::moved() const noexcept {
  int answer = 0;
  return sqlite3_file_control(database_.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &answer) ==
             SQLITE_OK &&
         answer != 0;
}

bool is_constraint(const SQLite::Exception& failed) noexcept {
  return (failed.getErrorCode() & 0xff) == SQLITE_CONSTRAINT;
}

error sqlite_error(const std::string& attempted, const std::filesystem::path& path,
                   const SQLite::Exception& failed) {
  const std::string message = attempted + ": " + path.string() + ": " + failed.what() +
                              " (SQLite code " + std::to_string(failed.getExtendedErrorCode()) +
                              ")";
  switch (failed.getErrorCode() & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return {errc::corrupt, message,
              "restore a backup, or use another directory with --state-dir"};
    case SQLITE_FULL:
      return {errc::io, message, "free space on that file system, then try again"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return {errc::io, message, "make the state directory and its files writable for this user"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {errc::io, message, "end the program that has the database open for writing"};
    case SQLITE_IOERR:
      return {errc::io, message, "check free space, quota and health of that file system"};
    default:
      return {errc::internal, message, ""};
  }
}

}  // namespace skein::store
