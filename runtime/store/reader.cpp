// Opening the database for reading beside, or without, a running fleet.
#include "runtime/store/reader.hpp"

#include "runtime/store/migrations.hpp"
#include "runtime/store/sqlite_reader.hpp"
#include "runtime/store/writer.hpp"

#include <sqlite3.h>

namespace skein::store {

namespace {

/// As the path of a `file:` URI.
std::string uri_of(const std::filesystem::path& path) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "file:";
  for (const char each : path.string()) {
    const auto byte = static_cast<unsigned char>(each);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte == '/' || byte == '-' || byte == '_' ||
                       byte == '.';
    if (plain) {
      out += each;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

bool has_log(const std::filesystem::path& database) {
  std::filesystem::path log = database;
  log += "-wal";
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(log, failed);
  return !failed && size > 0;
}

result<std::unique_ptr<reader>> open_at(const std::string& uri, const std::filesystem::path& path) {
  auto on = std::make_unique<connection>(
      uri, SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX | SQLite::OPEN_URI, path);
  SKEIN_TRY(stored, stored_version(*on));
  const std::uint32_t known = newest_version(embedded::sql());
  if (stored == 0) {
    return error{errc::not_found, path.string() + " holds no state yet",
                 "start `skein serve` or any run first"};
  }
  if (stored != known) return version_error(path, stored, known);
  return std::unique_ptr<reader>(std::make_unique<sqlite_reader>(std::move(on)));
}

}  // namespace

result<std::unique_ptr<reader>> reader::open(const state_layout& layout) {
  const std::filesystem::path path = layout.database();
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) {
    return error{errc::not_found, "no state in " + layout.root.string(),
                 "start a run first, or name another directory with --state-dir"};
  }
  SKEIN_CHECK(check_file(path));
  const std::string uri = uri_of(path);
  for (const bool immutable : {false, true}) {
    try {
      return open_at(immutable ? uri + "?immutable=1" : uri, path);
    } catch (const SQLite::Exception& failure) {
      // A log needs a shared-memory file beside it, which read-only media cannot have. Without a
      // log there is nothing that could change under a plain read of the file.
      const int code = failure.getErrorCode() & 0xff;
      const bool media = code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
      if (immutable || !media || has_log(path)) return sqlite_error("open", path, failure);
    } catch (const std::exception& failure) {
      return error{errc::internal, "open " + path.string() + ": " + failure.what(), ""};
    }
  }
  return error{errc::internal, "open " + path.string() + ": no way left", ""};
}

namespace {

error not_from_here(const std::string& what) {
  return {errc::unsupported, what + " is not told to a view from afar",
          "ask on the fleet's own machine"};
}

}  // namespace

result<std::vector<queued_run>> reader::lane(const lane_filter&) const {
  return not_from_here("a lane of the queue");
}
result<queue_counts> reader::count_queue(const std::string&) const {
  return not_from_here("the length of the queue");
}
result<std::vector<timetable_row>> reader::timetables() const {
  return not_from_here("what is scheduled");
}
result<std::vector<campaign_usage>> reader::campaign_use(const std::string&) const {
  return not_from_here("what campaigns have used");
}
result<std::vector<opened_pull_request>> reader::opened_since(const std::string&,
                                                              std::int64_t) const {
  return not_from_here("what was opened");
}
result<std::vector<std::int64_t>> reader::ends(const std::string&) const {
  return not_from_here("when runs ended");
}

}  // namespace skein::store
