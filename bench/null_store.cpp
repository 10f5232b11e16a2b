// How close does the store come to the least that SQLite could do? Null runs (added, then seven
// transitions to published, nothing else) are committed in groups: once by a bare loop that writes
// the same columns of the same tables without guards, hashes or JSON, once through
// writer::commit. A transition is one change of a run's row and one event. JSON on standard output.
//
//   null_store [--runs N] [--group N] [--rounds N] [--dir DIR]
#include "runtime/store/writer.hpp"
#include "schema/embedded.hpp"
#include "schema/identity.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace skein;
using schema::run_state;

constexpr std::array path{run_state::schedule, run_state::prepare, run_state::agent,
                          run_state::verify,   run_state::gate,    run_state::publish,
                          run_state::published};

struct options {
  int runs = 4000;
  int group = 100;
  int rounds = 3;
  std::filesystem::path dir = std::filesystem::temp_directory_path();
};

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// Removes itself.
struct scratch {
  std::filesystem::path path;
  explicit scratch(const std::filesystem::path& under) {
    std::string name = (under / "skein-null-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() { std::filesystem::remove_all(path); }
};

schema::run null_run(int number) {
  schema::run out;
  out.id = schema::new_id();
  out.task_name = "null";
  out.fingerprint = schema::sha256_hex(std::to_string(number));
  out.repo.url = "file:///srv/git/repository-" + std::to_string(number) + ".git";
  out.repo.branch = "main";
  out.state = run_state::schedule;
  out.submitter = "bench";
  return out;
}

std::vector<schema::run> null_runs(int count) {
  std::vector<schema::run> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) out.push_back(null_run(i));
  return out;
}

/// Both ways write the same sequence: `group` runs side by side, one state after the other.
template <class Add, class Move, class Commit>
double transitions_per_second(const std::vector<schema::run>& runs, int group, Add&& add,
                              Move&& move, Commit&& commit) {
  const auto begin = std::chrono::steady_clock::now();
  std::size_t transitions = 0;
  for (std::size_t first = 0; first < runs.size(); first += static_cast<std::size_t>(group)) {
    const std::size_t last = std::min(runs.size(), first + static_cast<std::size_t>(group));
    for (std::size_t i = first; i < last; ++i) add(runs[i], i);
    commit();
    transitions += last - first;
    for (std::size_t step = 1; step < path.size(); ++step) {
      for (std::size_t i = first; i < last; ++i) move(runs[i], i, path[step - 1], path[step]);
      commit();
      transitions += last - first;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(transitions) / took.count();
}

double bare(const options& chosen) {
  const scratch dir(chosen.dir);
  SQLite::Database db((dir.path / "bare.db").string(),
                      SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
  db.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768;"
      "PRAGMA wal_autocheckpoint = 4000");
  for (const embedded::file& each : embedded::sql()) db.exec(std::string(each.text));
  db.exec("PRAGMA foreign_keys = OFF");  // what a bare loop would not have
  SQLite::Statement begin(db, "BEGIN IMMEDIATE");
  SQLite::Statement end(db, "COMMIT");
  SQLite::Statement insert_run(
      db,
      "INSERT INTO runs (seq, id, tenant, wave, superseded, eligible, phase, started_ms, "
      "failed_attempts, crashes, state, attempt, updated_ms) VALUES (?1, ?2, ?3, 0, 0, 1, 0, 0, 0, "
      "0, 'schedule', 0, ?4)");
  SQLite::Statement insert_origin(
      db,
      "INSERT INTO run_origins (run_seq, task_name, fingerprint, repo_url, repo_branch, "
      "repo_commit, risk, dry_run, submitter, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, '', 'low', "
      "0, ?6, ?7)");
  SQLite::Statement update(db,
                           "UPDATE runs SET state = ?2, phase = ?3, attempt = 1, updated_ms = ?4, "
                           "timings_json = ?5 WHERE id = ?1");
  SQLite::Statement insert_event(
      db,
      "INSERT INTO events (seq, at_ms, kind, run_seq, campaign, tenant, actor, payload, audited, "
      "hash) VALUES (?1, ?2, ?3, ?4, '', ?5, 'system', ?6, 0, ?7)");
  const std::string hash(32, 'x');
  const std::string kind = "run_prepare";
  const std::string timings = "[1,2,3,4,5,6,7]";
  const std::string payload = R"({"attempt":1,"from":"schedule","to":"prepare"})";
  std::array<std::string, schema::all_run_states.size()> words;
  for (const run_state each : schema::all_run_states) {
    words[static_cast<std::size_t>(each)] = schema::to_string(each);
  }
  std::int64_t event = 0;
  bool open = false;
  const auto ensure_open = [&] {
    if (!open) {
      begin.exec();
      begin.reset();
      open = true;
    }
  };
  const auto event_of = [&](std::size_t run, const schema::run& value) {
    insert_event.bind(1, ++event);
    insert_event.bind(2, now_ms());
    insert_event.bindNoCopy(3, kind);
    insert_event.bind(4, static_cast<std::int64_t>(run + 1));
    insert_event.bindNoCopy(5, value.tenant);
    insert_event.bindNoCopy(6, payload);
    insert_event.bindNoCopy(7, hash.data(), 32);
    insert_event.exec();
    insert_event.reset();
  };
  return transitions_per_second(
      null_runs(chosen.runs), chosen.group,
      [&](const schema::run& value, std::size_t number) {
        ensure_open();
        const auto seq = static_cast<std::int64_t>(number + 1);
        insert_run.bind(1, seq);
        insert_run.bindNoCopy(2, value.id);
        insert_run.bindNoCopy(3, value.tenant);
        insert_run.bind(4, now_ms());
        insert_run.exec();
        insert_run.reset();
        insert_origin.bind(1, seq);
        insert_origin.bindNoCopy(2, value.task_name);
        insert_origin.bindNoCopy(3, value.fingerprint);
        insert_origin.bindNoCopy(4, value.repo.url);
        insert_origin.bindNoCopy(5, value.repo.branch);
        insert_origin.bindNoCopy(6, value.submitter);
        insert_origin.bind(7, now_ms());
        insert_origin.exec();
        insert_origin.reset();
        event_of(number, value);
      },
      [&](const schema::run& value, std::size_t number, run_state, run_state to) {
        ensure_open();
        update.bindNoCopy(1, value.id);
        update.bindNoCopy(2, words[static_cast<std::size_t>(to)]);
        update.bind(3, schema::is_final(to) ? 2 : 1);
        update.bind(4, now_ms());
        update.bindNoCopy(5, timings);
        update.exec();
        update.reset();
        event_of(number, value);
      },
      [&] {
        end.exec();
        end.reset();
        open = false;
      });
}

double through_store(const options& chosen) {
  const scratch dir(chosen.dir);
  auto opened = store::writer::open(store::state_layout{dir.path}, now_ms);
  if (!opened) {
    std::cerr << opened.error().message << '\n';
    std::exit(1);
  }
  store::writer& writer = **opened;
  std::vector<store::operation> batch;
  batch.reserve(static_cast<std::size_t>(chosen.group));
  return transitions_per_second(
      null_runs(chosen.runs), chosen.group,
      [&](const schema::run& value, std::size_t) { batch.emplace_back(store::add_run{value}); },
      [&](const schema::run& value, std::size_t, run_state from, run_state to) {
        store::advance_run op;
        op.run_id = value.id;
        op.from = from;
        op.to = to;
        op.attempt = from == run_state::schedule ? 0 : 1;
        if (from == run_state::schedule) op.new_attempt = 1;
        op.timings = schema::stage_timings{1, 2, 3, 4, 5, 6, 7};
        batch.emplace_back(std::move(op));
      },
      [&] {
        for (const auto& answer : writer.commit(batch)) {
          if (!answer) {
            std::cerr << answer.error().message << '\n';
            std::exit(1);
          }
        }
        batch.clear();
      });
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

bool parse(int argc, char** argv, options& into) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--dir") {
      into.dir = argv[i + 1];
      continue;
    }
    int value = 0;
    const char* text = argv[i + 1];
    std::from_chars(text, text + std::char_traits<char>::length(text), value);
    if (value <= 0) return false;
    if (name == "--runs") {
      into.runs = value;
    } else if (name == "--group") {
      into.group = value;
    } else if (name == "--rounds") {
      into.rounds = value;
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

}  // namespace

int main(int argc, char** argv) {
  options chosen;
  if (!parse(argc, argv, chosen)) {
    std::cerr << "usage: null_store [--runs N] [--group N] [--rounds N] [--dir DIR]\n";
    return 2;
  }
  // Alternating, so that a busy spell of the machine hits both.
  std::vector<double> bare_rates;
  std::vector<double> store_rates;
  std::vector<double> ratios;
  for (int round = 0; round < chosen.rounds; ++round) {
    bare_rates.push_back(bare(chosen));
    store_rates.push_back(through_store(chosen));
    ratios.push_back(store_rates.back() / bare_rates.back());
  }
  std::cout << nlohmann::json{{"bench", "null_store"},
                              {"runs", chosen.runs},
                              {"group", chosen.group},
                              {"rounds", chosen.rounds},
                              {"transitionsPerRun", path.size()},
                              {"bareTransitionsPerSecond", median(bare_rates)},
                              {"storeTransitionsPerSecond", median(store_rates)},
                              {"ratio", median(ratios)}}
                   .dump(2)
            << '\n';
  return 0;
}
