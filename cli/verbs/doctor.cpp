// doctor: tries what a fleet needs on this machine, and says what to do about what does not work.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/table.hpp"
#include "cli/settings.hpp"
#include "cli/verbs/verbs.hpp"
#include "runtime/cell/cell.hpp"
#include "runtime/process/run_child.hpp"
#include "runtime/process/spawn.hpp"
#include "runtime/store/writer.hpp"

#include <SQLiteCpp/Database.h>
#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

namespace skein::cli {

namespace {

namespace fs = std::filesystem;
using report_row = ::skein::cell::layer_report;
using namespace std::chrono_literals;

constexpr std::uint64_t little_space = 1ULL << 30;

report_row good(std::string layer, std::string evidence) {
  return {std::move(layer), true, true, std::move(evidence), {}};
}
report_row bad(std::string layer, const error& why) {
  return {std::move(layer), false, true, why.message, why.remedy};
}

report_row check_git() {
  const auto program = process::find_program("git");
  if (!program) return bad("git", {errc::unsupported, "git is not in PATH", "install git"});
  const auto said = process::run_child({.argv = {program->string(), "--version"},
                                        .environment = {},
                                        .directory = {},
                                        .input = {},
                                        .timeout = 10s});
  if (!said) return bad("git", said.error());
  return good("git", program->string() + ": " + said->out.substr(0, said->out.find('\n')));
}

/// The directory, or the nearest one above it that exists.
fs::path existing(fs::path directory) {
  std::error_code failed;
  while (!fs::exists(directory, failed) && directory.has_relative_path()) {
    directory = directory.parent_path();
  }
  return directory;
}

/// By making a file, not by looking at permissions: a disk may be full or mounted read-only.
result<> try_write(const fs::path& directory) {
  std::string name = (directory / ".skein-doctor-XXXXXX").string();
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return errno_error("make a file in " + directory.string(), errno);
  const char byte = 'x';
  const bool written = ::write(file, &byte, 1) == 1 && ::fsync(file) == 0;
  const int reason = errno;
  ::close(file);
  ::unlink(name.c_str());
  if (!written) return errno_error("write a file in " + directory.string(), reason);
  return {};
}

report_row check_state_directory(const fs::path& directory) {
  const std::string layer = "state directory";
  const auto there = existing(directory);
  if (auto tried = try_write(there); !tried) {
    auto why = tried.error();
    why.remedy = "make it writable, free space, or name another with --state-dir";
    return bad(layer, why);
  }
  std::string evidence = directory.string() + (there == directory ? "" : " (not made yet)");
  struct statvfs space {};
  if (::statvfs(there.c_str(), &space) != 0) return good(layer, evidence + ": writable");
  const auto bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  evidence += ": writable, " + std::to_string(bytes >> 20) + " MiB free";
  if (const auto owner = store::state_lock::holder(store::state_layout{directory})) {
    evidence += "; in use by pid " + std::to_string(owner->pid) + " (" + owner->command + ")";
  }
  auto row = good(layer, evidence);
  if (bytes < little_space) row.remedy = "less than 1 GiB is free: make room";
  return row;
}

report_row check_shipped() {
  const auto found = shipped_configuration();
  if (!found) return bad("shipped configuration", found.error());
  return good("shipped configuration", found->string());
}

report_row check_settings(const global_options& global) {
  const auto file = settings_file(global);
  if (const auto loaded = load_settings(global); !loaded) return bad("skein.yaml", loaded.error());
  return good("skein.yaml", file ? file->string() : "none; the defaults hold");
}

std::vector<report_row> examine(const global_options& global) {
  std::vector<report_row> rows{check_git(), check_state_directory(global.state_dir),
                               good("sqlite", SQLite::getLibVersion()), check_shipped(),
                               check_settings(global)};
  // Where workspaces will be: whether overlayfs works depends on the file system.
  const auto there = existing(global.state_dir);
  auto layers = ::skein::cell::probe_layers(
      ::access(there.c_str(), W_OK) == 0 ? there : fs::temp_directory_path());
  std::move(layers.begin(), layers.end(), std::back_inserter(rows));
  return rows;
}

nlohmann::json document(const std::vector<report_row>& rows, bool healthy) {
  auto layers = nlohmann::json::array();
  for (const auto& each : rows) {
    layers.push_back({{"layer", each.layer},
                      {"works", each.works},
                      {"required", each.required},
                      {"evidence", each.evidence},
                      {"remedy", each.remedy}});
  }
  return {{"healthy", healthy}, {"layers", std::move(layers)}};
}

cell verdict_of(const report_row& row) {
  if (row.works) return {"yes", row.remedy.empty() ? tone::good : tone::warn};
  return row.required ? cell{"NO", tone::bad} : cell{"no (optional)", tone::warn};
}

int examine_and_tell(const global_options& global) {
  const auto rows = examine(global);
  const bool healthy = std::all_of(rows.begin(), rows.end(),
                                   [](const auto& row) { return row.works || !row.required; });
  output out(global);
  if (out.structured()) {
    out.print(document(rows, healthy));
    return out.finish(healthy ? exit_ok : exit_failure);
  }
  table shown({{"LAYER"}, {"WORKS"}, {"EVIDENCE", squeeze::end}});
  for (const auto& each : rows) shown.add({each.layer, verdict_of(each), each.evidence});
  out.print(shown.text(out.width(), out.look()));
  std::string remedies;
  for (const auto& each : rows) {
    if (!each.remedy.empty()) remedies += each.layer + ": " + each.remedy + "\n";
  }
  if (!remedies.empty()) out.print_foreign("\n" + remedies);
  out.print(healthy ? "\nready: every required layer works\n"
                    : "\nnot ready: a required layer does not work\n");
  return out.finish(healthy ? exit_ok : exit_failure);
}

}  // namespace

void add_doctor(CLI::App& app, invocation& call) {
  app.add_subcommand("doctor", "try every layer of containment and what else a fleet needs here")
      ->callback([&call] { call.action = [&call] { return examine_and_tell(call.global); }; });
}

}  // namespace skein::cli
