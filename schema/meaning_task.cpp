// The rules of a task's spec, which a campaign shares.
#include "schema/meaning.hpp"
#include "schema/names.hpp"
#include "schema/text.hpp"

#include <array>
#include <set>
#include <utility>

namespace skein::schema::detail {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

void check_repo(const scope_of_check& repo) {
  if (repo.has("url")) {
    if (const auto problem = repo_url_problem(repo.text("url"))) {
      repo.at("url").wrong("not a usable address: " + *problem,
                           "a path, file://, https://, ssh:// or git@host:path");
    }
  }
  if (repo.has("branch") && !is_branch(repo.text("branch"))) {
    repo.at("branch").wrong("not a branch name: " + in_quotes(repo.text("branch")),
                            "a git branch such as main");
  }
  if (repo.has("commit") && !is_object_id(repo.text("commit"))) {
    repo.at("commit").wrong("not a full object id: " + in_quotes(repo.text("commit")),
                            "40 or 64 lower-case hexadecimal digits");
  }
}

void check_scope(const scope_of_check& scope) {
  for (const char* key : {"include", "exclude"}) {
    for (const scope_of_check& pattern : scope.each(key)) {
      const auto& text = pattern.value().get_ref<const std::string&>();
      if (const auto problem = scope_pattern_problem(text)) {
        pattern.wrong("not a usable pattern " + in_quotes(text) + ": " + *problem,
                      "a path pattern such as src/**");
      }
    }
  }
}

void check_capabilities(const scope_of_check& capabilities) {
  capabilities.word("network", {"none", "registries", "{allow: [\"host:443\"]}"});
  if (!capabilities.has("network")) return;
  for (const scope_of_check& host : capabilities.at("network").each("allow")) {
    const auto& text = host.value().get_ref<const std::string&>();
    if (!is_host_port(text)) {
      host.wrong("not a host with port: " + in_quotes(text), "host:port such as pypi.org:443");
    }
  }
}

void check_agent(const scope_of_check& agent) {
  static constexpr std::array<std::pair<const char*, const char*>, 5> owners{
      {{"steps", "script"},
       {"provider", "model"},
       {"model", "model"},
       {"use", "external"},
       {"transcript", "replay"}}};
  const std::string kind = agent.text("kind");
  for (const auto& [key, owner] : owners) {
    if (agent.has(key) && kind != owner) {
      agent.at(key).wrong_key(
          "key " + in_quotes(key) + " does not belong to an agent of kind " + kind,
          "it with kind: " + std::string(owner));
    }
  }
  if (agent.has("tools") && kind != "model" && kind != "replay") {
    agent.at("tools").wrong_key("key " + in_quotes("tools") + " does not belong to an agent of kind " + kind,
                                "it with kind: model or replay");
  }
  for (const scope_of_check& step : agent.each("steps")) {
    step.duration("timeout", milliseconds{1}, hours{24});
  }
  agent.name("provider");
  agent.name("use");
  agent.line("model");
  agent.line("transcript");
}

void check_verifiers(const scope_of_check& spec) {
  std::set<std::string> names;
  for (const scope_of_check& verifier : spec.each("verifiers")) {
    verifier.exactly_one({"run", "use"});
    verifier.command("run");
    verifier.name("name");
    verifier.name("use");
    verifier.duration("timeout", milliseconds{1}, hours{24});
    const bool uses = verifier.has("use");
    if (uses && verifier.has("name")) {
      verifier.at("name").wrong_key("key \"name\" beside use", "only the name that use gives");
    }
    if (!uses && !verifier.has("name")) {
      verifier.wrong("key \"name\" is missing", "a name such as unit");
    }
    const std::string name = verifier.text(uses ? "use" : "name");
    if (!name.empty() && !names.insert(name).second) {
      verifier.wrong("a second verifier called " + in_quotes(name), "each name once");
    }
  }
}

void check_budget(const scope_of_check& budget) {
  budget.duration("wallClock", seconds{1}, hours{24 * 7});
  budget.size("shellOutputBytes", 0, 1ULL << 30);
  budget.size("fileReadBytes", 0, 1ULL << 40);
}

void check_resources(const scope_of_check& resources) {
  resources.size("memory", 16ULL << 20, 1ULL << 50);
}

void check_publish(const scope_of_check& publish) {
  if (publish.has("branchPrefix") && !is_branch_prefix(publish.text("branchPrefix"))) {
    publish.at("branchPrefix")
        .wrong("not the start of a branch name: " + in_quotes(publish.text("branchPrefix")),
               "text such as skein/ that git accepts in a branch name");
  }
  publish.line("title");
  for (const scope_of_check& label : publish.each("labels")) {
    if (has_control_character(label.value().get_ref<const std::string&>())) {
      label.wrong("a line break or control character in a label", "one line of text");
    }
  }
  publish.word("reviewers", {"codeowners", "or a list of users and teams"});
  for (const scope_of_check& reviewer : publish.each("reviewers")) {
    const auto& text = reviewer.value().get_ref<const std::string&>();
    if (!is_reviewer(text)) {
      reviewer.wrong("not a reviewer: " + in_quotes(text), "a user or org/team");
    }
  }
}

}  // namespace

void check_task_spec(const scope_of_check& spec) {
  static constexpr std::array<std::pair<const char*, void (*)(const scope_of_check&)>, 7> parts{
      {{"repo", check_repo},
       {"scope", check_scope},
       {"capabilities", check_capabilities},
       {"agent", check_agent},
       {"budget", check_budget},
       {"resources", check_resources},
       {"publish", check_publish}}};
  for (const auto& [key, check] : parts) {
    if (spec.has(key)) check(spec.at(key));
  }
  check_verifiers(spec);
}

}  // namespace skein::schema::detail
