#include "cli/app.hpp"

#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/printable.hpp"
#include "cli/settings.hpp"
#include "cli/verbs/verbs.hpp"
#include "runtime/store/writer.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <vector>

namespace skein::cli {

namespace {

const char* meaning(int code) {
  switch (code) {
    case exit_ok:
      return "ok";
    case exit_failure:
      return "failure";
    case exit_usage:
      return "usage or invalid file";
    case exit_refused:
      return "rejected, denied or blocked by policy";
    case exit_not_authorised:
      return "not authorised";
    case exit_budget:
      return "budget exhausted";
    case exit_verification:
      return "verification failed";
    case exit_killed:
      return "killed";
    case exit_pending:
      return "still pending";
    case exit_interrupted:
      return "interrupted";
    default:
      return "";
  }
}

/// Which exit codes each verb can return; part of INTERFACE.md's promise about --help.
const std::map<std::string, std::vector<int>>& codes_of_verbs() {
  static const std::vector<int> outcome{0, 1, 2, 3, 4, 5, 6, 7, 8, 130};
  static const std::vector<int> plain{0, 1, 2, 4, 130};
  static const std::map<std::string, std::vector<int>> all{{"run", outcome},
                                                           {"campaign run", outcome},
                                                           {"campaign status", plain},
                                                           {"campaign pause", plain},
                                                           {"campaign resume", plain},
                                                           {"campaign abort", plain},
                                                           {"campaign retry", plain},
                                                           {"campaign rollback", {1, 2}},
                                                           {"get", plain},
                                                           {"describe", plain},
                                                           {"why", plain},
                                                           {"trace", plain},
                                                           {"logs", plain},
                                                           {"diff", plain},
                                                           {"patch", plain},
                                                           {"replay", plain},
                                                           {"hold", plain},
                                                           {"release", plain},
                                                           {"drain", plain},
                                                           {"kill", plain},
                                                           {"lift", plain},
                                                           {"approve", {0, 1, 2, 3, 4}},
                                                           {"deny", {0, 1, 2, 3, 4}},
                                                           {"console", plain},
                                                           {"serve", plain},
                                                           {"doctor", plain},
                                                           {"schema", plain},
                                                           {"config", plain},
                                                           {"audit", plain},
                                                           {"policy test", {0, 1, 2}},
                                                           {"policy explain", {0, 1, 2}},
                                                           {"completion", {0, 2}}};
  return all;
}

void add_footers(CLI::App& app, const std::string& prefix) {
  for (CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    const std::string name = prefix + verb->get_name();
    add_footers(*verb, name + " ");
    const auto known = codes_of_verbs().find(name);
    const auto codes = known != codes_of_verbs().end() ? known->second : std::vector<int>{0, 1, 2};
    std::string text = verb->get_footer();
    if (!text.empty()) text += "\n\n";
    if (verb->get_subcommands([](const CLI::App*) { return true; }).empty() &&
        text.find("Exit codes") == std::string::npos) {
      text += "Exit codes:\n";
      for (const int code : codes) {
        text += "  " + padded(std::to_string(code), 5) + meaning(code) + "\n";
      }
    }
    verb->footer(text + "Options of every verb (-o, --state-dir, --color …): skein --help");
  }
}

/// Single row of the Levenshtein matrix.
std::size_t distance(const std::string& from, const std::string& to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (from[i] == to[j] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

/// The innermost verb that was recognised.
CLI::App* innermost(CLI::App& app) {
  CLI::App* at = &app;
  while (true) {
    const auto inner = at->get_subcommands();
    if (inner.empty()) return at;
    at = inner.back();
  }
}

std::string full_name(const CLI::App* app) {
  std::string name = app->get_name();
  for (const CLI::App* up = app->get_parent(); up != nullptr; up = up->get_parent()) {
    name = up->get_name() + " " + name;
  }
  return name;
}

std::vector<std::string> verb_names(CLI::App& of) {
  std::vector<std::string> out;
  for (const CLI::App* each : of.get_subcommands([](const CLI::App*) { return true; })) {
    out.push_back(each->get_name());
  }
  return out;
}

std::vector<std::string> option_names(const CLI::App* of) {
  std::vector<std::string> out;
  for (; of != nullptr; of = of->get_parent()) {
    for (const CLI::Option* each : of->get_options()) {
      for (const auto& name : each->get_lnames()) out.push_back("--" + name);
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& each : words) out += (out.empty() ? "" : ", ") + each;
  return out;
}

int wrong_usage(CLI::App& app, const std::string& what, const std::string& maybe) {
  std::string text = "error: " + printable(what) + "\n";
  text += "hint: ";
  if (!maybe.empty()) text += "did you mean " + maybe + "? ";
  text += "see `" + full_name(innermost(app)) + " --help`\n";
  write_all(STDERR_FILENO, text);
  return exit_usage;
}

/// What was not expected, and the word that was probably meant.
int unexpected(CLI::App& app, const std::string& word) {
  CLI::App* verb = innermost(app);
  if (word.starts_with("-")) {
    const std::string name = word.substr(0, word.find('='));
    return wrong_usage(app, full_name(verb) + " has no option " + name,
                       closest(name, option_names(verb)));
  }
  if (const auto verbs = verb_names(*verb); !verbs.empty()) {
    return wrong_usage(app, "unknown verb " + word, closest(word, verbs));
  }
  return wrong_usage(app, full_name(verb) + " does not take the argument " + word, {});
}

/// The word that stands where a verb should, when it is none; the parser takes the next word that
/// is one (`skein descibe run ID` as `run`).
std::string misspelt_verb(CLI::App& app, int argc, const char* const* argv) {
  const auto extra = app.remaining(true);
  const auto verbs = verb_names(app);
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (std::find(verbs.begin(), verbs.end(), word) != verbs.end()) return {};
    const bool unknown = std::find(extra.begin(), extra.end(), word) != extra.end();
    if (unknown && !word.starts_with("-")) return word;
  }
  return {};
}

int wrong_words(CLI::App& app, const CLI::ParseError& failed, int argc, const char* const* argv) {
  if (const auto word = misspelt_verb(app, argc, argv); !word.empty()) {
    const auto maybe = closest(word, verb_names(app));
    return wrong_usage(app, "unknown verb " + word, maybe);
  }
  const auto extra = app.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&failed) != nullptr && !extra.empty()) {
    return unexpected(app, extra.front());
  }
  return wrong_usage(app, failed.what(), {});
}

int without_action(CLI::App& app) {
  CLI::App* verb = innermost(app);
  if (verb == &app) {
    write_all(STDERR_FILENO, app.help());
    return exit_usage;
  }
  return wrong_usage(app, full_name(verb) + " needs one of: " + joined(verb_names(*verb)), {});
}

void add_global_options(CLI::App& app, invocation& call) {
  auto& global = call.global;
  app.add_option_function<std::string>(
         "-o,--output",
         [&global](const std::string& word) {
           static const std::map<std::string, output_format> formats{{"text", output_format::text},
                                                                     {"wide", output_format::wide},
                                                                     {"json", output_format::json},
                                                                     {"yaml", output_format::yaml}};
           global.output = formats.at(word);
         },
         "text, wide, json or yaml; data on stdout, everything else on stderr")
      ->check(CLI::IsMember({"text", "wide", "json", "yaml"}))
      ->type_name("FORMAT");
  app.add_option("--state-dir", global.state_dir,
                 "where the fleet's state is (default: $XDG_STATE_HOME/skein)")
      ->envname("SKEIN_STATE_DIR")
      ->type_name("DIR");
  app.add_option("--server", global.server, "a fleet elsewhere, as `skein serve --listen` names it")
      ->envname("SKEIN_SERVER")
      ->type_name("HOST:PORT");
  app.add_option("--credentials", global.credentials,
                 "for --server: a file of `skein operator add` (default: the state directory's own, "
                 "then $XDG_CONFIG_HOME/skein/credentials.yaml)")
      ->envname("SKEIN_CREDENTIALS")
      ->type_name("FILE");
  app.add_option("--config", global.config_file,
                 "skein.yaml (default: $XDG_CONFIG_HOME/skein/skein.yaml if it exists)")
      ->envname("SKEIN_CONFIG")
      ->type_name("FILE");
  app.add_option_function<std::string>(
         "--color",
         [&global](const std::string& word) {
           global.color = word == "always"  ? color_wish::always
                          : word == "never" ? color_wish::never
                                            : color_wish::automatic;
         },
         "auto, always or never (NO_COLOR and CLICOLOR_FORCE are obeyed)")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
  app.add_flag("-q,--quiet", global.quiet, "no progress, only errors");
  app.add_flag("-v,--verbose", global.verbose, "say more on stderr");
}

/// These are about this machine, whatever fleet the configuration names.
bool stays_here(const std::string& verb) {
  static constexpr std::array here{"serve",  "operator", "doctor",   "schema",
                                   "config", "policy",   "controls", "scan",   "completion"};
  return std::find(here.begin(), here.end(), verb) != here.end();
}

result<> resolve_state_dir(global_options& global) {
  if (global.state_dir.empty()) {
    SKEIN_TRY(standard, store::default_state_dir());
    global.state_dir = standard;
  }
  std::error_code failed;
  // Links resolved: one directory has one name, whoever says it.
  const auto absolute = std::filesystem::absolute(global.state_dir, failed);
  const auto resolved = std::filesystem::weakly_canonical(absolute, failed);
  if (!failed) global.state_dir = resolved;
  return {};
}

}  // namespace

std::string closest(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& each : known) {
    const std::size_t away = distance(word, each);
    if (away < least) {
      least = away;
      best = each;
    }
  }
  return best;
}

std::unique_ptr<CLI::App> make_app(invocation& call) {
  auto app = std::make_unique<CLI::App>(
      "Flies fleets of coding agents and codemods over many git repositories and lets only safe,\n"
      "verified, reviewable changes land.",
      "skein");
  app->fallthrough();
  app->set_version_flag("--version", "skein " SKEIN_VERSION);
  app->set_help_flag("-h,--help", "what this verb does, its options and its exit codes");
  app->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  add_global_options(*app, call);
  app->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  add_run(*app, call);
  add_campaign(*app, call);
  add_get(*app, call);
  add_describe(*app, call);
  add_why(*app, call);
  add_trace(*app, call);
  add_logs(*app, call);
  add_diff(*app, call);
  add_replay(*app, call);
  add_switches(*app, call);
  add_approvals(*app, call);
  add_console(*app, call);
  add_serve(*app, call);
  add_operator(*app, call);
  add_doctor(*app, call);
  add_schema(*app, call);
  add_config(*app, call);
  add_audit(*app, call);
  add_policy(*app, call);
  add_scan(*app, call);
  add_controls(*app, call);
  add_completion(*app, call);
  // Also keeps CLI11 from reading the `run` of `describe run ID` as the verb.
  app->require_subcommand(0, 1);
  add_footers(*app, "");
  app->footer("Try: skein run -f TASK --repo PATH --dry-run, then skein diff ID");
  return app;
}

std::optional<int> parse(CLI::App& app, invocation& call, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failed) {
    // Help and version are what was asked for, so they go to stdout.
    if (failed.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      return app.exit(failed);
    }
    return wrong_words(app, failed, argc, argv);
  }
  if (!call.action) return without_action(app);
  const auto verbs = app.get_subcommands();
  if (!verbs.empty() && !stays_here(verbs.front()->get_name())) {
    if (auto chosen = choose_fleet(call.global); !chosen) return report(chosen.error());
  }
  if (auto resolved = resolve_state_dir(call.global); !resolved) {
    (void)report(resolved.error());
    return exit_usage;
  }
  return std::nullopt;
}

}  // namespace skein::cli
