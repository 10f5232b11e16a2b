// Forward-only migrations from the SQL files that travel inside the program.
#include "runtime/store/migrations.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <fstream>

namespace skein::store {

namespace {

constexpr std::string_view remedy = "restore a backup, or use another directory with --state-dir";

std::uint32_t number_of(std::string_view file_name) {
  std::uint32_t number = 0;
  std::from_chars(file_name.data(), file_name.data() + file_name.size(), number);
  return number;
}

std::uint32_t big_endian(const unsigned char* bytes, int count) {
  std::uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

std::int64_t single_integer(connection& on, const char* sql) {
  SQLite::Statement statement(on.database(), sql);
  return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
}

}  // namespace

std::uint32_t newest_version(std::span<const embedded::file> files) {
  std::uint32_t newest = 0;
  for (const embedded::file& each : files) newest = std::max(newest, number_of(each.name));
  return newest;
}

result<> check_file(const std::filesystem::path& path) {
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  if (failed == std::errc::no_such_file_or_directory || (!failed && size == 0)) return {};
  if (failed) return errno_error("read " + path.string(), failed.value());

  std::array<unsigned char, 100> header{};
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(header.data()), header.size());
  if (file.gcount() != static_cast<std::streamsize>(header.size()) ||
      std::memcmp(header.data(), "SQLite format 3", 16) != 0) {
    return error{errc::corrupt, path.string() + " is not a database", std::string(remedy)};
  }
  // With a log beside it the header may be older than the content, so it proves nothing.
  std::filesystem::path log = path;
  log += "-wal";
  const std::uintmax_t log_size = std::filesystem::file_size(log, failed);
  if (!failed && log_size > 0) return {};
  const std::uint32_t stored_page_size = big_endian(&header[16], 2);
  const std::uint64_t page_size = stored_page_size == 1 ? 65536 : stored_page_size;
  const std::uint64_t expected = page_size * big_endian(&header[28], 4);
  if (size < expected) {
    return error{errc::corrupt,
                 path.string() + " is truncated: it has " + std::to_string(size) + " of " +
                     std::to_string(expected) + " bytes",
                 std::string(remedy)};
  }
  return {};
}

result<std::uint32_t> stored_version(connection& on) {
  const std::int64_t mark = single_integer(on, "PRAGMA application_id");
  const std::int64_t objects = single_integer(on, "SELECT count(*) FROM sqlite_schema");
  // Created, but the first migration never committed: as good as new.
  if (mark == 0 && objects == 0) return 0U;
  if (mark != application_id) {
    return error{errc::corrupt,
                 on.path().string() + " is a database of another program (application id " +
                     std::to_string(mark) + ")",
                 "use another directory with --state-dir"};
  }
  std::uint32_t version = 0;
  if (single_integer(on, "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'") == 1) {
    query row(on.prepared("SELECT value FROM meta WHERE name = 'schema_version'"));
    if (row.step()) version = number_of(row.text(0));
  }
  if (version == 0) {
    return error{errc::corrupt, on.path().string() + " does not say its schema version",
                 std::string(remedy)};
  }
  return version;
}

error version_error(const std::filesystem::path& path, std::uint32_t stored, std::uint32_t known) {
  const std::string versions = path.string() + " has schema version " + std::to_string(stored) +
                               ", this program knows " + std::to_string(known);
  if (stored > known) {
    return {errc::unsupported, versions,
            "use the newer program that wrote it, or another directory with --state-dir"};
  }
  return {errc::unsupported, versions, "start `skein serve` or any run once: it updates the file"};
}

result<> migrate(connection& on, std::span<const embedded::file> files) {
  SKEIN_TRY(stored, stored_version(on));
  const std::uint32_t newest = newest_version(files);
  if (stored > newest) return version_error(on.path(), stored, newest);
  for (const embedded::file& each : files) {
    const std::uint32_t number = number_of(each.name);
    if (number <= stored) continue;
    // Rolls back when it goes out of scope without a commit.
    SQLite::Transaction transaction(on.database(), SQLite::TransactionBehavior::IMMEDIATE);
    on.database().exec(std::string(each.text));
    SQLite::Statement version(on.database(),
                              "INSERT INTO meta (name, value) VALUES ('schema_version', ?1) "
                              "ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    version.bind(1, std::to_string(number));
    version.exec();
    transaction.commit();
  }
  return {};
}

}  // namespace skein::store
