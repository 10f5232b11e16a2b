// Every verb adds itself to the command line; one file a verb (or a family of verbs).
#pragma once

#include "cli/invocation.hpp"

namespace CLI {
class App;
}

namespace skein::cli {

void add_run(CLI::App& app, invocation& call);
void add_campaign(CLI::App& app, invocation& call);
void add_get(CLI::App& app, invocation& call);
void add_describe(CLI::App& app, invocation& call);
void add_why(CLI::App& app, invocation& call);
void add_trace(CLI::App& app, invocation& call);
void add_logs(CLI::App& app, invocation& call);
void add_diff(CLI::App& app, invocation& call);  ///< diff and patch
void add_replay(CLI::App& app, invocation& call);
void add_switches(CLI::App& app, invocation& call);  ///< hold, release, drain, kill, lift
void add_approvals(CLI::App& app, invocation& call);  ///< approve, deny
void add_console(CLI::App& app, invocation& call);
void add_serve(CLI::App& app, invocation& call);
void add_operator(CLI::App& app, invocation& call);
void add_doctor(CLI::App& app, invocation& call);
void add_schema(CLI::App& app, invocation& call);
void add_config(CLI::App& app, invocation& call);
void add_audit(CLI::App& app, invocation& call);
void add_policy(CLI::App& app, invocation& call);
void add_scan(CLI::App& app, invocation& call);
void add_controls(CLI::App& app, invocation& call);
void add_completion(CLI::App& app, invocation& call);

}  // namespace skein::cli
