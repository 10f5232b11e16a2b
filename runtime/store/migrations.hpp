// Brings a database up to the schema of this program, forward only, and refuses what is not ours.
#pragma once

#include "runtime/store/connection.hpp"
#include "schema/embedded.hpp"

#include <span>

namespace skein::store {

/// Stored in the header of every database of ours; schema/sql/0001 sets it.
inline constexpr std::int64_t application_id = 1397441865;

/// The number of the last migration in `files`.
[[nodiscard]] std::uint32_t newest_version(std::span<const embedded::file> files);

/// `corrupt` unless the file at `path` is missing, empty, or begins like a database and is as long
/// as its header says. Blocking.
[[nodiscard]] result<> check_file(const std::filesystem::path& path);

/// Refuses a database of another program (`corrupt`). The value is its schema version; 0: it is
/// new. Throws SQLite::Exception.
[[nodiscard]] result<std::uint32_t> stored_version(connection& on);

/// Applies the migrations that are missing, each in its own transaction; `unsupported` when the
/// database is newer than `files`. Throws SQLite::Exception.
[[nodiscard]] result<> migrate(connection& on, std::span<const embedded::file> files);

/// The error of a database whose schema does not fit this program.
[[nodiscard]] error version_error(const std::filesystem::path& path, std::uint32_t stored,
                                  std::uint32_t known);

}  // namespace skein::store
