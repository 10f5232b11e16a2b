#include "cli/state_view.hpp"

#include "cli/remote/remote_fleet.hpp"
#include "cli/remote/remote_reader.hpp"
#include "cli/remote/session.hpp"
#include "cli/render/shell_word.hpp"
#include "cli/render/time_text.hpp"
#include "runtime/artifact/artifact_store.hpp"
#include "runtime/store/writer.hpp"

#include <chrono>

namespace skein::cli {

namespace {

int strength(store::switch_kind kind) {
  switch (kind) {
    case store::switch_kind::kill:
      return 3;
    case store::switch_kind::hold:
      return 2;
    case store::switch_kind::drain:
      return 1;
  }
  return 0;
}

bool covers(const store::switch_row& row, const schema::run& run) {
  switch (row.scope) {
    case store::switch_scope::all:
      return true;
    case store::switch_scope::tenant:
      return row.target == run.tenant;
    case store::switch_scope::campaign:
      return row.target == run.campaign;
    case store::switch_scope::repo:
      return row.target == run.repo.url;
    case store::switch_scope::run:
      return row.target == run.id;
  }
  return false;
}

}  // namespace

result<std::unique_ptr<store::reader>> open_reader(const global_options& global) {
  if (!global.server.empty()) {
    SKEIN_TRY(session, remote::session(global));
    return remote::open_remote_reader(session);
  }
  auto opened = store::reader::open(store::state_layout{global.state_dir});
  if (!opened && opened.error().code == errc::not_found) {
    return error{errc::not_found, "nothing here yet: no state in " + global.state_dir.string(),
                 "start with `skein run -f TASK`, or name another folder with --state-dir"};
  }
  return opened;
}

result<std::unique_ptr<store::reader>> open_reader_if_any(const global_options& global) {
  auto opened = open_reader(global);
  // A fleet elsewhere is there or it is an error: what is missing then are the credentials.
  const bool nothing_yet =
      global.server.empty() && !opened && opened.error().code == errc::not_found;
  if (nothing_yet) return std::unique_ptr<store::reader>{};
  return opened;
}

result<std::string> read_artifact(const global_options& global, const std::string& run,
                                  const std::string& ref) {
  if (!global.server.empty()) {
    SKEIN_TRY(session, remote::session(global));
    return remote::fetch_artifact(*session, run, ref);
  }
  return artifact::artifact_store(store::state_layout{global.state_dir}.artifacts()).get(ref);
}

std::optional<fleet_owner> owner_of(const global_options& global) {
  if (!global.server.empty()) {
    const auto session = remote::session(global);
    if (!session) return std::nullopt;
    const auto owner = remote::ask_owner(**session);
    if (!owner) return std::nullopt;
    return fleet_owner{owner->pid, owner->command};
  }
  const auto holder = store::state_lock::holder(store::state_layout{global.state_dir});
  if (!holder) return std::nullopt;
  return fleet_owner{holder->pid, holder->command};
}

result<schema::run> find_run(const store::reader& from, const std::string& prefix) {
  SKEIN_TRY(id, from.resolve_run(prefix));
  return from.run(id);
}

const store::switch_row* covering_switch(const std::vector<store::switch_row>& switches,
                                         const schema::run& run) {
  const store::switch_row* strongest = nullptr;
  for (const auto& row : switches) {
    if (!covers(row, run)) continue;
    if (strongest == nullptr || strength(row.kind) > strength(strongest->kind)) strongest = &row;
  }
  return strongest;
}

std::string switch_text(const store::switch_row& row) {
  return std::string(store::to_string(row.kind)) + " switch on " +
         std::string(store::to_string(row.scope)) + (row.target.empty() ? "" : " " + row.target) +
         " by " + row.by + " since " + local_time(row.since_ms) +
         (row.reason.empty() ? "" : ": " + row.reason);
}

std::string lift_command(const store::switch_row& row) {
  return "skein lift --" + std::string(store::to_string(row.scope)) +
         (row.target.empty() ? "" : " " + shell_word(row.target));
}

schema::run_state shown_state(const std::vector<store::switch_row>& switches,
                              const schema::run& run) {
  if (run.state != schema::run_state::schedule) return run.state;
  return covering_switch(switches, run) != nullptr ? schema::run_state::held : run.state;
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace skein::cli
