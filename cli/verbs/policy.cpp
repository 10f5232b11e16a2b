// policy: what the rules say about a call, whether they keep their own promises, and what they are.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/policy_batch.hpp"
#include "cli/render/printable.hpp"
#include "cli/task_files.hpp"
#include "cli/verbs/verbs.hpp"
#include "runtime/policy/load.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

namespace skein::cli {

namespace {

using nlohmann::json;

struct policy_wish {
  std::vector<std::string> files;  ///< --policy
  std::string task;
  std::string tool;
  std::vector<std::string> args;  ///< "name=value"
  std::string args_json;
  std::vector<std::string> facts;
  std::vector<std::string> capabilities;
  std::string tenant;
  std::string lane;
  std::string risk;
  std::string workspace{policy::default_workspace_root};
  std::string rule;
  bool batch = false;
};

result<std::filesystem::path> shipped_policies() {
  SKEIN_TRY(shared, shipped_configuration());
  return shared / "policies";
}

result<policy::engine> load_engine(const policy_wish& wish) {
  SKEIN_TRY(folder, shipped_policies());
  return policy::load(folder, wish.files);
}

error usage(std::string message, std::string remedy) {
  return {errc::invalid, std::move(message), std::move(remedy)};
}

/// The arguments of the call; a name that is given again becomes a list.
result<> read_arguments(const policy_wish& wish, json& into) {
  into = json::object();
  if (!wish.args_json.empty()) {
    into = json::parse(wish.args_json, nullptr, false);
    if (!into.is_object()) return usage("--args is no JSON object", "give {\"path\": \"src/a.c\"}");
  }
  for (const std::string& each : wish.args) {
    const std::size_t equals = each.find('=');
    if (equals == std::string::npos || equals == 0) {
      return usage("--arg " + each + " is not NAME=VALUE", "give --arg path=src/a.c");
    }
    const std::string name = each.substr(0, equals);
    const std::string value = each.substr(equals + 1);
    if (!into.contains(name)) {
      into[name] = value;
    } else if (into[name].is_array()) {
      into[name].push_back(value);
    } else {
      into[name] = json::array({into[name], value});
    }
  }
  return {};
}

/// The last part of a fact's name below `diff` is a list for `paths` and `has`.
result<> read_facts(const policy_wish& wish, policy::circumstances& into) {
  json facts = json::object();
  for (const std::string& each : wish.facts) {
    const std::size_t equals = each.find('=');
    if (equals == std::string::npos) {
      return usage("--fact " + each + " is not NAME=VALUE",
                   "give --fact requiredVerifiersAllPassed=true");
    }
    const std::string name = each.substr(0, equals);
    const std::string text = each.substr(equals + 1);
    const json value = json::parse(text, nullptr, false);
    if (!name.starts_with("diff.")) {
      facts[name] = value.is_discarded() ? json(text) : value;
    } else if (name == "diff.paths" || name == "diff.has") {
      facts["diff"][name.substr(5)].push_back(text);
    } else {
      facts["diff"][name.substr(5)] = value.is_discarded() ? json(text) : value;
    }
  }
  return policy::add_facts(facts, into);
}

void add_task(const schema::task& task, policy::circumstances& into) {
  into.tenant = task.tenant;
  into.risk = schema::to_string(task.spec.risk);
  for (auto& name : schema::granted_names(task.spec.capabilities)) {
    into.capabilities.push_back(std::move(name));
  }
}

/// nullopt: told on stderr.
std::optional<policy::circumstances> circumstances_of(const policy_wish& wish) {
  policy::circumstances out;
  if (!wish.task.empty()) {
    const auto tasks = read_tasks(wish.task, {});
    if (!tasks) return std::nullopt;
    if (tasks->size() != 1) {
      (void)report(usage(wish.task + " holds " + std::to_string(tasks->size()) + " tasks",
                         "name a file with one task"));
      return std::nullopt;
    }
    add_task(tasks->front(), out);
  }
  for (const std::string& each : wish.capabilities) out.capabilities.push_back(each);
  if (!wish.tenant.empty()) out.tenant = wish.tenant;
  if (!wish.lane.empty()) out.lane = wish.lane;
  if (!wish.risk.empty()) out.risk = wish.risk;
  out.workspace_root = wish.workspace;
  if (auto read = read_facts(wish, out); !read) {
    (void)report(read.error());
    return std::nullopt;
  }
  return out;
}

int code_of(policy::effect what) {
  const auto word = policy::outcome(what);
  return word == "allow" ? exit_ok : word == "needs_approval" ? exit_pending : exit_refused;
}

int check(const global_options& global, const policy_wish& wish) {
  const auto around = circumstances_of(wish);
  if (!around) return exit_usage;
  const auto rules = load_engine(wish);
  if (!rules) return report(rules.error());
  output out(global);
  if (wish.batch) {
    const bool good = decide_batch(*rules, *around, STDIN_FILENO, out);
    return out.finish(good ? exit_ok : exit_failure);
  }
  if (wish.tool.empty()) {
    return report(usage("policy check needs a tool", "give --tool NAME, or --batch"));
  }
  json args;
  if (auto read = read_arguments(wish, args); !read) return report(read.error());
  const policy::decision said = rules->decide(wish.tool, args, *around);
  if (out.structured()) {
    std::string text =
        "{\"tool\":" + json(wish.tool).dump(-1, ' ', false, json::error_handler_t::replace) + ",";
    append_decision(said, text);
    out.print(json::parse(text + "}"));
    return out.finish(code_of(said.what));
  }
  std::string text = std::string(policy::to_string(said.what)) + "  " + said.rule + "\n";
  text += "  reason: " + printable(said.reason) + "\n";
  if (!said.alternative.empty()) text += "  instead: " + printable(said.alternative) + "\n";
  for (const std::string& each : said.paths) text += "  path: " + printable(each) + "\n";
  for (const std::string& each : said.commands) text += "  command: " + printable(each) + "\n";
  out.print(text);
  return out.finish(code_of(said.what));
}

int test(const global_options& global, const policy_wish& wish) {
  const auto folder = shipped_policies();
  if (!folder) return report(folder.error());
  auto rules = policy::load_rules(*folder, wish.files);
  if (!rules) return report(rules.error());
  const auto made = policy::engine::compile(std::move(*rules));
  if (!made) return report(made.error());
  const auto broken = made->try_examples();
  output out(global);
  auto all = json::array();
  std::string text;
  std::size_t count = 0;
  for (const policy::rule& each : made->rules()) {
    const auto& source = each.source();
    auto wrong = json::array();
    for (const auto& one : broken) {
      if (one.rule == source.name) wrong.push_back(one.what);
    }
    count += source.examples.size();
    all.push_back({{"rule", source.name},
                   {"examples", source.examples.size()},
                   {"ok", wrong.empty()},
                   {"broken", wrong}});
    text += std::string(wrong.empty() ? "ok    " : "wrong ") + padded(source.name, 40) +
            std::to_string(source.examples.size()) + " examples\n";
  }
  for (const auto& each : broken) write_all(STDERR_FILENO, printable(each.what) + "\n");
  if (out.structured()) {
    out.print(all);
  } else {
    out.print(text + std::to_string(made->rules().size()) + " rules, " + std::to_string(count) +
              " examples, " + std::to_string(broken.size()) + " broken\n");
  }
  return out.finish(broken.empty() ? exit_ok : exit_failure);
}

json described(const policy::rule& rule) {
  const auto& source = rule.source();
  json out = schema::to_json(source);
  out["place"] = schema::to_string(schema::place_of(source, ""));
  out["weight"] = rule.weight();
  return out;
}

int explain(const global_options& global, const policy_wish& wish) {
  const auto rules = load_engine(wish);
  if (!rules) return report(rules.error());
  output out(global);
  if (wish.rule.empty()) {
    auto all = json::array();
    std::string text;
    for (const policy::rule& each : rules->rules()) {
      all.push_back(described(each));
      text += padded(each.source().name, 40) +
              padded(std::string(schema::to_string(each.source().action)), 22) +
              printable(schema::to_string(schema::place_of(each.source(), ""))) + "\n";
    }
    if (out.structured()) {
      out.print(all);
    } else {
      out.print(text);
    }
    return out.finish(exit_ok);
  }
  if (wish.rule == policy::default_rule) {
    const json one{{"rule", wish.rule}, {"action", "deny"}, {"description", "no rule spoke"}};
    if (out.structured()) {
      out.print(one);
    } else {
      out.print("default_deny: what no rule allows is denied\n");
    }
    return out.finish(exit_ok);
  }
  const policy::rule* found = rules->find(wish.rule);
  if (found == nullptr) {
    std::string known;
    for (const policy::rule& each : rules->rules()) {
      known += (known.empty() ? "" : ", ") + each.source().name;
    }
    return report({errc::not_found, "there is no rule " + wish.rule, "known are: " + known});
  }
  const json one = described(*found);
  if (out.structured()) {
    out.print(one);
    return out.finish(exit_ok);
  }
  const auto& source = found->source();
  std::string text = source.name + "  " + std::string(schema::to_string(source.action)) +
                     "\n  at " + printable(schema::to_string(schema::place_of(source, ""))) + "\n";
  if (!source.description.empty()) text += "  " + printable(source.description) + "\n";
  for (const auto& [key, value] : one["when"].items()) {
    text += "  when " + key + ": " +
            printable(value.dump(-1, ' ', false, json::error_handler_t::replace)) + "\n";
  }
  for (const char* key : {"allow", "allowPrefixes", "denyPatterns", "reason", "alternative"}) {
    if (one.contains(key)) {
      text += std::string("  ") + key + ": " +
              printable(one[key].dump(-1, ' ', false, json::error_handler_t::replace)) + "\n";
    }
  }
  for (const auto& each : source.examples) {
    text += std::string(each.allowed ? "  lets through " : "  denies ") + each.tool + " " +
            printable(each.args_json) + "\n";
  }
  out.print(text);
  return out.finish(exit_ok);
}

void add_files(CLI::App& verb, const std::shared_ptr<policy_wish>& wish) {
  verb.add_option("--policy", wish->files,
                  "a file of rules, added to the shipped ones or in the place of those with the "
                  "same name; may be given again")
      ->type_name("FILE")
      ->take_all();
}

}  // namespace

void add_policy(CLI::App& app, invocation& call) {
  auto* verb = app.add_subcommand("policy", "decide, test and explain policy rules");
  auto wish = std::make_shared<policy_wish>();

  auto* checks = verb->add_subcommand("check", "what the policy says about a call of a tool");
  add_files(*checks, wish);
  checks->add_option("--task", wish->task, "take tenant, risk and capabilities from this task")
      ->type_name("FILE");
  checks->add_option("--tool", wish->tool, "the tool, such as run_shell")->type_name("NAME");
  checks->add_option("--arg", wish->args, "an argument of the call; again: a list")
      ->type_name("NAME=VALUE")
      ->take_all();
  checks->add_option("--args", wish->args_json, "all arguments")->type_name("JSON");
  checks
      ->add_option("--fact", wish->facts,
                   "what the platform knows: requiredVerifiersAllPassed=true, diff.paths=P, "
                   "diff.has=RULE, diff.files=N, diff.lines=N")
      ->type_name("NAME=VALUE")
      ->take_all();
  checks->add_option("--capability", wish->capabilities, "granted to the task")
      ->type_name("NAME")
      ->take_all();
  checks->add_option("--tenant", wish->tenant, "of the run")->type_name("NAME");
  checks->add_option("--lane", wish->lane, "of the run")->type_name("NAME");
  checks->add_option("--risk", wish->risk, "of the run")
      ->check(CLI::IsMember({"low", "medium", "high"}))
      ->type_name("LEVEL");
  checks->add_option("--workspace", wish->workspace, "where the workspace is")->type_name("DIR");
  checks->add_flag(
      "--batch", wish->batch,
      "a call on each line of standard input, {\"id\", \"tool\", \"args\"}; a decision "
      "on each line of standard output");
  checks->footer(
      "Exit codes:\n  0    allowed (or a batch was answered)\n  1    failure\n  2    usage or "
      "invalid file\n  3    denied\n  8    needs an approval\n  130  interrupted\n");
  checks->callback(
      [&call, wish] { call.action = [&call, wish] { return check(call.global, *wish); }; });

  auto* tests = verb->add_subcommand("test", "try every rule against its own examples");
  add_files(*tests, wish);
  tests->add_option("FILE", wish->files, "as --policy")->take_all();
  tests->callback(
      [&call, wish] { call.action = [&call, wish] { return test(call.global, *wish); }; });

  auto* explains = verb->add_subcommand("explain", "what a rule says and where it stands");
  add_files(*explains, wish);
  explains->add_option("RULE", wish->rule, "its name; without it, the rules are listed");
  explains->callback(
      [&call, wish] { call.action = [&call, wish] { return explain(call.global, *wish); }; });
}

}  // namespace skein::cli
