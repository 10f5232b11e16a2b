// `skein diff ID` and `skein patch ID`: a run's change, to read and to apply.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/diff_text.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace skein::cli {

namespace {

struct change {
  schema::run run;
  std::string patch;  ///< empty: nothing was changed
};

result<change> read_change(const global_options& global, const std::string& prefix) {
  SKEIN_TRY(from, open_reader(global));
  SKEIN_TRY(run, find_run(*from, prefix));
  change out{std::move(run), {}};
  if (out.run.patch_ref.empty()) {
    if (out.run.state == schema::run_state::no_change) return out;
    return error{errc::not_found,
                 "run " + out.run.id + " has no change: it is " +
                     std::string(schema::to_string(out.run.state)),
                 "see `skein why " + out.run.id + "`"};
  }
  SKEIN_TRY(patch, read_artifact(global, out.run.id, out.run.patch_ref));
  out.patch = std::move(patch);
  return out;
}

nlohmann::json document(const change& found) {
  const auto run = schema::to_json(found.run, true);
  return {{"runId", found.run.id},
          {"patchRef", run["patchRef"]},
          {"diff", run["diff"]},
          {"baseCommit", found.run.base_commit},
          {"patch", found.patch}};
}

int diff(const global_options& global, const std::string& prefix) {
  exit_at_interrupt(1);
  const auto found = read_change(global, prefix);
  if (!found) return report(found.error());
  output out(global);
  if (out.structured()) {
    out.print(document(*found));
  } else if (found->patch.empty()) {
    say(global, "run " + found->run.id + " changed nothing");
  } else if (out.look().colored() || out.to_terminal()) {
    out.print(diff_text(found->patch, out.look()));
  } else {
    out.print(found->patch);
  }
  return out.finish(exit_ok);
}

/// The bytes as they are.
result<> write_file(const std::string& path, const std::string& bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return errno_error("write " + path, errno);
  const bool written = write_all(file, bytes);
  const int failed = errno;
  if (::close(file) != 0) return errno_error("write " + path, errno);
  if (!written) return errno_error("write " + path, failed);
  return {};
}

int patch(const global_options& global, const std::string& prefix, const std::string& file) {
  exit_at_interrupt(1);
  const auto found = read_change(global, prefix);
  if (!found) return report(found.error());
  if (found->patch.empty()) say(global, "run " + found->run.id + " changed nothing");
  if (!file.empty() && file != "-") {
    if (auto written = write_file(file, found->patch); !written) return report(written.error());
    return exit_ok;
  }
  output out(global);
  if (out.structured()) {
    out.print(document(*found));
  } else {
    out.print_foreign(found->patch);
  }
  return out.finish(exit_ok);
}

}  // namespace

void add_diff(CLI::App& app, invocation& call) {
  auto id = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>();
  auto* reading = app.add_subcommand("diff", "a run's change, in colours on a terminal");
  reading->add_option("ID", *id, "the run's id, or the beginning of it")->required();
  reading->callback([id, &call] { call.action = [id, &call] { return diff(call.global, *id); }; });
  auto* applying = app.add_subcommand("patch", "a run's change for `git apply`");
  applying->add_option("ID", *id, "the run's id, or the beginning of it")->required();
  applying->add_option("-O,--output-file", *file, "write it there instead of standard output")
      ->type_name("FILE");
  applying->footer(
      "skein patch ID | git apply\n"
      "On a terminal control characters are made visible; in a pipe or with -O the\n"
      "bytes are as they are.");
  applying->callback([id, file, &call] {
    call.action = [id, file, &call] { return patch(call.global, *id, *file); };
  });
}

}  // namespace skein::cli
