// schema: the JSON Schema of each kind of file, for editors and other programs.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/verbs/verbs.hpp"
#include "schema/document.hpp"

#include <CLI/App.hpp>

#include <memory>

namespace skein::cli {

namespace {

int print_schema(const global_options& global, const std::string& name) {
  output out(global);
  if (name.empty()) {
    for (const auto& each : schema::json_schema_names()) out.print(each + "\n");
    return out.finish(exit_ok);
  }
  const auto text = schema::json_schema(name);
  if (!text) {
    std::string known;
    for (const auto& each : schema::json_schema_names())
      known += (known.empty() ? "" : ", ") + each;
    return report({errc::invalid, "there is no schema \"" + name + "\"", "known are: " + known});
  }
  out.print(*text);
  if (!text->ends_with('\n')) out.print("\n");
  return out.finish(exit_ok);
}

}  // namespace

void add_schema(CLI::App& app, invocation& call) {
  auto name = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("schema", "print the JSON Schema (draft-07) of a kind of file");
  verb->add_option("NAME", *name, "which; without it, the names are listed");
  verb->callback(
      [&call, name] { call.action = [&call, name] { return print_schema(call.global, *name); }; });
}

}  // namespace skein::cli
