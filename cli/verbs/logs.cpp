// `skein logs ID [-f]`: what the agent's steps and the verifiers wrote. Bytes on stdout, the
// headers of the sections on stderr.
#include "cli/control/directory_watch.hpp"
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/run_logs.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"
#include "runtime/store/writer.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <memory>

namespace skein::cli {

namespace {

struct logs_options {
  std::string id;
  std::string verifier;
  bool follow = false;
};

class log_printer {
 public:
  log_printer(const global_options& global, const logs_options& options)
      : global_(global),
        options_(options),
        out_(global) {}

  /// Prints the sections that were not there before. A log that cannot be read is a warning, so
  /// that the others are still shown.
  result<> print_new(const store::reader& from, const schema::run& run) {
    SKEIN_TRY(sections, log_sections(from, run, options_.verifier));
    for (; printed_ < sections.size(); ++printed_) print(run.id, sections[printed_]);
    return {};
  }

  /// Everything at once, as one object.
  result<> print_document(const store::reader& from, const schema::run& run) {
    SKEIN_TRY(sections, log_sections(from, run, options_.verifier));
    auto list = nlohmann::json::array();
    for (const auto& each : sections) {
      auto text = each.ref.empty() ? result<std::string>{std::string()}
                                   : read_artifact(global_, run.id, each.ref);
      if (!text) {
        warn(text.error().message);
        failed_ = true;
      }
      list.push_back({{"title", each.title},
                      {"kind", each.kind},
                      {"name", each.name},
                      {"ref", each.ref},
                      {"text", text ? *text : std::string()}});
    }
    nlohmann::json whole{{"runId", run.id}, {"sections", std::move(list)}};
    out_.print(whole);
    return {};
  }

  [[nodiscard]] bool structured() const { return out_.structured(); }
  [[nodiscard]] std::size_t printed() const { return printed_; }
  [[nodiscard]] int finish() const { return out_.finish(failed_ ? exit_failure : exit_ok); }

 private:
  void print(const std::string& run, const log_section& section) {
    if (!global_.quiet) {
      write_all(STDERR_FILENO,
                error_style(global_).paint(tone::strong, "==> " + section.title) + "\n");
    }
    if (section.ref.empty()) return;
    const auto text = read_artifact(global_, run, section.ref);
    if (!text) {
      warn(text.error().message);
      failed_ = true;
      return;
    }
    out_.print_foreign(*text);
    // The next header starts on a line of its own; a pipe gets the bytes as they are.
    if (out_.to_terminal() && !text->empty() && text->back() != '\n') out_.print("\n");
  }

  const global_options& global_;
  const logs_options& options_;
  output out_;
  std::size_t printed_ = 0;
  bool failed_ = false;
};

int print_logs(const global_options& global, const logs_options& options) {
  exit_at_interrupt(options.follow ? 2 : 1);
  const auto from = open_reader(global);
  if (!from) return report(from.error());
  auto run = find_run(**from, options.id);
  if (!run) return report(run.error());
  log_printer printer(global, options);
  const control::directory_watch changes(global.state_dir);
  while (true) {
    if (!printer.structured()) {
      if (auto printed = printer.print_new(**from, *run); !printed) return report(printed.error());
    }
    if (!options.follow || schema::is_final(run->state)) break;
    if (wait_for_interrupt(std::chrono::milliseconds{50})) return exit_interrupted;
    changes.wait(std::chrono::milliseconds{500});
    run = (*from)->run(run->id);
    if (!run) return report(run.error());
  }
  if (printer.structured()) {
    if (auto printed = printer.print_document(**from, *run); !printed) {
      return report(printed.error());
    }
  } else if (printer.printed() == 0) {
    say(global,
        options.verifier.empty()
            ? "run " + run->id + " has no logs (" + std::string(schema::to_string(run->state)) + ")"
            : "run " + run->id + " has no log of a verifier " + options.verifier);
  }
  return printer.finish();
}

}  // namespace

void add_logs(CLI::App& app, invocation& call) {
  auto options = std::make_shared<logs_options>();
  auto* verb = app.add_subcommand("logs", "what a run's steps and verifiers wrote");
  verb->add_option("ID", options->id, "the run's id, or the beginning of it")->required();
  verb->add_flag("-f,--follow", options->follow, "go on until the run is over");
  verb->add_option("--verifier", options->verifier, "only the log of this verifier")
      ->type_name("NAME");
  verb->callback([options, &call] {
    call.action = [options, &call] { return print_logs(call.global, *options); };
  });
}

}  // namespace skein::cli
