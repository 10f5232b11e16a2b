// operator: who may reach this fleet from elsewhere. Works on the state directory, whether or not
// a daemon has it; the daemon notices at once.
#include "actors/console/keyring.hpp"
#include "actors/console/private_file.hpp"
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/person.hpp"
#include "cli/render/table.hpp"
#include "cli/render/time_text.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"
#include "schema/names.hpp"
#include "schema/quantity.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <memory>

namespace skein::cli {

namespace {

namespace fs = std::filesystem;

struct operator_options {
  std::string name;
  std::string role = "viewer";
  std::string tenant;
  std::string expires = "30d";
  std::string server;
  std::string file;
};

result<std::int64_t> end_of(const std::string& expires) {
  const auto time = schema::parse_duration(expires);
  if (!time || time->count() <= 0) {
    return error{errc::invalid, "--expires \"" + expires + "\" is no time",
                 "for example 30d or 12h"};
  }
  return now_ms() + time->count();
}

result<> here_only(const global_options& global) {
  if (global.server.empty()) return {};
  return error{errc::invalid, "operators are kept on the fleet's own machine",
               "leave --server and SKEIN_SERVER away, and run it there"};
}

/// The file is the only place where the token and the key are.
int hand_out(const global_options& global, const operator_options& given,
             console::credentials made) {
  if (!given.server.empty()) made.server = given.server;
  const auto text = console::to_yaml(made);
  if (given.file == "-") {
    write_all(STDOUT_FILENO, text);
    return exit_ok;
  }
  const fs::path file =
      given.file.empty() ? fs::path{made.name + ".credentials.yaml"} : fs::path{given.file};
  if (auto written = console::write_private(file, text); !written) return report(written.error());
  output out(global);
  if (out.structured()) {
    out.print(
        nlohmann::json{{"name", made.name}, {"file", file.string()}, {"server", made.server}});
  } else {
    out.print("credentials of " + made.name + " are in " + file.string() + "\n");
    say(global, "give it to them in private, and remove it here; they name it with --credentials");
  }
  return out.finish(exit_ok);
}

result<console::credentials> add(const global_options& global, const operator_options& given) {
  SKEIN_CHECK(here_only(global));
  SKEIN_TRY(until, end_of(given.expires));
  if (!schema::is_name(given.name) || (!given.tenant.empty() && !schema::is_name(given.tenant))) {
    return error{errc::invalid, "an operator or a tenant has no such name",
                 "names are lower-case letters, digits, `.`, `_` and `-`"};
  }
  const auto role = console::parse_role(given.role);
  if (!role) return error{errc::invalid, "no role " + given.role, {}};
  return console::keyring_files{global.state_dir}.add(
      {given.name, *role, given.tenant, current_person(), until}, now_ms());
}

result<console::credentials> rotate(const global_options& global, const operator_options& given) {
  SKEIN_CHECK(here_only(global));
  SKEIN_TRY(until, end_of(given.expires));
  const console::keyring_files files{global.state_dir};
  return files.rotate(given.name, current_person(), until, now_ms());
}

int revoke(const global_options& global, const operator_options& given) {
  if (auto here = here_only(global); !here) return report(here.error());
  auto done =
      console::keyring_files{global.state_dir}.revoke(given.name, current_person(), now_ms());
  if (!done) return report(done.error());
  output out(global);
  if (out.structured()) {
    out.print(nlohmann::json{{"name", given.name}, {"state", "revoked"}});
  } else {
    out.print("operator " + given.name + " is revoked\n");
  }
  return out.finish(exit_ok);
}

const char* state_of(const console::operator_row& row) {
  if (row.revoked_ms != 0) return "revoked";
  return now_ms() < row.expires_ms ? "active" : "expired";
}

int list(const global_options& global) {
  if (auto here = here_only(global); !here) return report(here.error());
  const auto rows = console::read_operators(console::keyring_files{global.state_dir}.operators());
  if (!rows) return report(rows.error());
  output out(global);
  if (out.structured()) {
    auto all = nlohmann::json::array();
    for (const auto& row : *rows) {
      all.push_back({{"name", row.name},
                     {"role", to_string(row.role)},
                     {"tenant", row.tenant},
                     {"state", state_of(row)},
                     {"addedAt", utc_time(row.added_ms)},
                     {"expiresAt", utc_time(row.expires_ms)}});
    }
    out.print(all);
    return out.finish(exit_ok);
  }
  table made({{"NAME", squeeze::end}, {"ROLE"}, {"TENANT", squeeze::end}, {"STATE"}, {"EXPIRES"}});
  for (const auto& row : *rows) {
    made.add({{row.name},
              {std::string(to_string(row.role))},
              {row.tenant.empty() ? "all" : row.tenant},
              {state_of(row)},
              {utc_time(row.expires_ms)}});
  }
  out.print(made.text(out.width(), out.look()));
  return out.finish(exit_ok);
}

void add_file_options(CLI::App& verb, operator_options& given) {
  verb.add_option("--expires", given.expires, "how long token and certificate are good")
      ->type_name("TIME")
      ->capture_default_str();
  verb.add_option("--at", given.server, "HOST:PORT to write into the file (default: the last one)")
      ->type_name("HOST:PORT");
  verb.add_option("--out", given.file,
                  "the credentials file, - for standard output (default: NAME.credentials.yaml)")
      ->type_name("FILE");
}

}  // namespace

void add_operator(CLI::App& app, invocation& call) {
  auto given = std::make_shared<operator_options>();
  auto* verb = app.add_subcommand("operator", "who may reach this fleet from elsewhere");
  verb->require_subcommand(0, 1);
  auto* adding = verb->add_subcommand("add", "let somebody in, and write their credentials");
  adding->add_option("NAME", given->name, "what the audit trail calls them")->required();
  adding->add_option("--role", given->role, "what they may do")
      ->check(CLI::IsMember({"viewer", "submitter", "approver", "operator", "admin"}))
      ->type_name("ROLE")
      ->capture_default_str();
  adding->add_option("--tenant", given->tenant, "only this tenant's part of the fleet")
      ->type_name("NAME");
  add_file_options(*adding, *given);
  adding->callback([&call, given] {
    call.action = [&call, given] {
      auto made = add(call.global, *given);
      return made ? hand_out(call.global, *given, std::move(*made)) : report(made.error());
    };
  });
  auto* rotating = verb->add_subcommand("rotate", "new credentials; the old ones end at once");
  rotating->add_option("NAME", given->name, "the operator")->required();
  add_file_options(*rotating, *given);
  rotating->callback([&call, given] {
    call.action = [&call, given] {
      auto made = rotate(call.global, *given);
      return made ? hand_out(call.global, *given, std::move(*made)) : report(made.error());
    };
  });
  auto* revoking = verb->add_subcommand("revoke", "shut somebody out, now");
  revoking->add_option("NAME", given->name, "the operator")->required();
  revoking->callback(
      [&call, given] { call.action = [&call, given] { return revoke(call.global, *given); }; });
  auto* listing = verb->add_subcommand("list", "who they are, and until when");
  listing->callback([&call] { call.action = [&call] { return list(call.global); }; });
}

}  // namespace skein::cli
