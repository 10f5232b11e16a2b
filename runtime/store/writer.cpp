// Opening the database for writing, and group commit: one transaction per batch, all answers after
// the commit.
#include "runtime/store/writer.hpp"

#include "runtime/store/migrations.hpp"
#include "runtime/store/sqlite_writer.hpp"
#include "schema/identity.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>

namespace skein::store {

namespace {

/// A check of every page takes about a second per gigabyte; larger files are checked as they are
/// read.
constexpr std::uintmax_t checked_bytes = 32U << 20;

/// Made by us, so that it is private whatever the umask is; SQLite gives its log the same mode.
result<> create_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (fd < 0) {
    error out = errno_error("open " + path.string(), errno);
    out.remedy = "make the state directory writable, or name another with --state-dir";
    return out;
  }
  ::close(fd);
  return {};
}

result<> configure(connection& on) {
  SQLite::Database& database = on.database();
  const std::string mode = database.execAndGet("PRAGMA journal_mode = WAL").getString();
  if (mode != "wal") {
    return error{errc::unsupported,
                 on.path().string() + " cannot use a write-ahead log here (mode " + mode + ")",
                 "put the state directory on a local file system"};
  }
  database.exec(
      "PRAGMA synchronous = FULL;"
      "PRAGMA temp_store = MEMORY;"
      "PRAGMA cache_size = -32768;"        // 32 MiB
      "PRAGMA wal_autocheckpoint = 4000;"  // pages: 16 MiB of log before it is folded in
      "PRAGMA journal_size_limit = 67108864");
  return {};
}

result<> check_pages(connection& on) {
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(on.path(), failed);
  if (failed || size > checked_bytes) return {};
  const std::string verdict = on.database().execAndGet("PRAGMA quick_check(1)").getString();
  if (verdict != "ok") {
    return error{errc::corrupt, on.path().string() + " is damaged: " + verdict,
                 "restore a backup, or use another directory with --state-dir"};
  }
  return {};
}

result<std::unique_ptr<writer>> open_checked(const state_layout& layout, clock_fn clock) {
  const std::filesystem::path path = layout.database();
  auto on = std::make_unique<connection>(
      path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, path);
  // Before anything is written: a file of another program stays as it is.
  SKEIN_CHECK(stored_version(*on));
  SKEIN_CHECK(configure(*on));
  SKEIN_CHECK(migrate(*on, embedded::sql()));
  SKEIN_CHECK(check_pages(*on));
  auto opened = std::make_unique<sqlite_writer>(std::move(on), std::move(clock));
  SKEIN_CHECK(opened->load());
  return std::unique_ptr<writer>(std::move(opened));
}

}  // namespace

result<std::unique_ptr<writer>> writer::open(const state_layout& layout, clock_fn clock) {
  const std::filesystem::path path = layout.database();
  SKEIN_CHECK(create_file(path));
  SKEIN_CHECK(check_file(path));
  try {
    return open_checked(layout, std::move(clock));
  } catch (const SQLite::Exception& failed) {
    return sqlite_error("open", path, failed);
  } catch (const std::exception& failed) {
    return error{errc::internal, "open " + path.string() + ": " + failed.what(), ""};
  }
}

error refusal(errc code, std::string message, std::string remedy) {
  return {code, std::move(message), std::move(remedy)};
}

std::string payload_text(nlohmann::json fields, const nlohmann::json& extra) {
  if (extra.is_object()) {
    for (const auto& [name, value] : extra.items()) fields.emplace(name, value);
  }
  return schema::canonical_json(fields);
}

sqlite_writer::sqlite_writer(std::unique_ptr<connection> on, clock_fn clock)
    : connection_(std::move(on)),
      view_(*connection_),
      chain_(*connection_),
      clock_(std::move(clock)),
      find_run_(connection_->database(),
                "SELECT seq, state, attempt, started_ms, tenant, campaign FROM runs WHERE id = ?1"),
      advance_(connection_->database(),
               "UPDATE runs SET state = ?2, attempt = ?3, updated_ms = ?4, timings_json = "
               "coalesce(?5, timings_json) WHERE seq = ?1 AND phase < 2"),
      advance_phase_(connection_->database(),
                     "UPDATE runs SET state = ?2, attempt = ?3, updated_ms = ?4, timings_json = "
                     "coalesce(?5, timings_json), phase = ?6, started_ms = ?7, failed_attempts = "
                     "coalesce(?8, failed_attempts), crashes = coalesce(?9, crashes) WHERE "
                     "seq = ?1 AND phase < 2"),
      inserter_(*connection_) {}

result<> sqlite_writer::load() {
  SKEIN_CHECK(chain_.load());
  query last(connection_->prepared("SELECT coalesce(max(seq), 0) FROM runs"));
  if (last.step()) next_run_ = last.integer(0) + 1;
  return {};
}

std::vector<result<applied>> sqlite_writer::commit(std::span<const operation> batch) {
  if (batch.empty()) return {};
  const chain_head head = chain_.head();
  const std::int64_t next_run = next_run_;
  now_ms_ = clock_();
  const std::string attempted = "commit " + std::to_string(batch.size()) + " operations";
  if (connection_->moved()) {
    return answers(batch.size(),
                   error{errc::io,
                         attempted + ": " + connection_->path().string() +
                             " was removed or replaced while it was in use",
                         "put the state directory back as it was, then start again"});
  }
  error failure;
  for (const bool careful : {false, true}) {
    bool one_operation_failed = false;
    try {
      return apply_all(batch, careful);
    } catch (const SQLite::Exception& failed) {
      one_operation_failed = is_constraint(failed);
      failure = sqlite_error(attempted, connection_->path(), failed);
      // Whatever kept the commit from the disk, to the caller it is input and output.
      if (failure.code == errc::internal && !one_operation_failed) failure.code = errc::io;
    } catch (const std::exception& failed) {
      one_operation_failed = true;
      failure = {errc::internal, attempted + ": " + failed.what(), ""};
    }
    roll_back(head, next_run);
    if (!one_operation_failed) break;
  }
  return answers(batch.size(), failure);
}

sqlite_writer::answers sqlite_writer::apply_all(std::span<const operation> batch, bool careful) {
  answers out;
  out.reserve(batch.size());
  query(connection_->prepared("BEGIN IMMEDIATE")).run();
  const std::int64_t last_event = chain_.head().seq;
  for (const operation& each : batch) {
    out.push_back(careful ? apply_carefully(each) : apply_any(each));
  }
  if (chain_.head().seq != last_event) chain_.save();
  query(connection_->prepared("COMMIT")).run();
  return out;
}

result<applied> sqlite_writer::apply_carefully(const operation& each) {
  std::string reason;
  try {
    return all_or_nothing([&] { return apply_any(each); });
  } catch (const SQLite::Exception& failed) {
    if (!is_constraint(failed)) throw;
    reason = failed.what();
  } catch (const std::exception& failed) {
    reason = failed.what();
  }
  return refusal(errc::internal, "apply an operation: " + reason);
}

result<applied> sqlite_writer::apply_any(const operation& each) {
  return std::visit([this](const auto& op) { return apply(op); }, each);
}

void sqlite_writer::roll_back(const chain_head& head, std::int64_t next_run) noexcept {
  // After some failures SQLite has rolled back already.
  if (!connection_->idle()) connection_->database().tryExec("ROLLBACK");
  chain_.restore(head);
  next_run_ = next_run;
}

result<sqlite_writer::run_key> sqlite_writer::find_run(const std::string& id) {
  query row(find_run_, id);
  if (!row.step()) return refusal(errc::not_found, "no run " + id);
  run_key out;
  out.seq = row.integer(0);
  out.state = state_of_word(row.text(1));
  out.attempt = row.small(2);
  out.started_ms = row.integer(3);
  out.tenant = row.text(4);
  out.campaign = row.text(5);
  return out;
}

std::int64_t sqlite_writer::append(const std::string& kind, std::int64_t run_seq,
                                   const std::string& run_id, const std::string& campaign,
                                   const std::string& tenant, const std::string& actor,
                                   const std::string& payload) {
  return chain_.append(
      run_seq, {now_ms_, kind, run_id, campaign, tenant, actor, payload, is_audited(kind, actor)});
}

}  // namespace skein::store
