// A task: the immutable contract of one change, as written in YAML, and its frozen form.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace skein::schema {

enum class risk_level { low, medium, high };
enum class network_grant { none, registries, allow };
enum class agent_kind { script, model, external, replay };
enum class publish_mode { pr, draft, patch, none };

[[nodiscard]] std::string_view to_string(risk_level value) noexcept;
[[nodiscard]] std::string_view to_string(agent_kind value) noexcept;
[[nodiscard]] std::string_view to_string(publish_mode value) noexcept;

struct repo_spec {
  std::string url;
  std::string branch;  ///< empty: the remote's HEAD
  std::string commit;  ///< full object id; wins over branch
  friend bool operator==(const repo_spec&, const repo_spec&) = default;
};

/// Patterns are gitignore-like globs over repository paths; an empty include allows nothing.
struct scope_spec {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::uint32_t max_files = 200;
  std::uint32_t max_changed_lines = 4000;
  friend bool operator==(const scope_spec&, const scope_spec&) = default;
};

struct capability_spec {
  network_grant network = network_grant::none;
  std::vector<std::string> network_allow;  ///< "host:port", for network_grant::allow
  bool modify_ci = false;
  bool modify_lockfile = false;
  bool modify_tests = false;
  bool modify_agent_config = false;  ///< instructions and settings of coding agents
  bool modify_tool_config = false;   ///< what editors, shells and package managers load
  bool modify_git_config = false;    ///< .gitattributes, .gitmodules and the like
  friend bool operator==(const capability_spec&, const capability_spec&) = default;
};
/// As policies name them: "network", "modifyCi" ….
[[nodiscard]] std::vector<std::string> granted_names(const capability_spec& value);

/// A command line for `/bin/sh -c` inside the cell, in the repository's root.
struct step_spec {
  std::string run;
  std::optional<std::chrono::milliseconds> timeout;
  friend bool operator==(const step_spec&, const step_spec&) = default;
};

struct agent_spec {
  agent_kind kind = agent_kind::script;
  std::vector<step_spec> steps;  ///< script
  std::string provider;          ///< model
  std::string model;             ///< model
  std::string use;               ///< external: the adapter's name
  std::string transcript;        ///< replay: artifact reference
  std::vector<std::string> tools;  ///< model, replay: of MCP servers, by the registry's names
  friend bool operator==(const agent_spec&, const agent_spec&) = default;
};

/// Either `run` is given, or `use` names a file of `config/verifiers/`.
struct verifier_spec {
  std::string name;
  std::string run;
  std::string use;
  std::chrono::milliseconds timeout{std::chrono::minutes{5}};
  bool required = true;
  friend bool operator==(const verifier_spec&, const verifier_spec&) = default;
};

struct budget_spec {
  std::uint32_t attempts = 3;
  std::uint32_t repairs = 5;
  std::chrono::milliseconds wall_clock{std::chrono::minutes{30}};
  std::uint64_t tokens = 200'000;
  double usd = 5.0;
  std::uint32_t tool_calls = 200;
  std::uint64_t shell_output_bytes = 1ULL << 20;
  std::uint64_t file_read_bytes = 8ULL << 20;
  friend bool operator==(const budget_spec&, const budget_spec&) = default;
};

/// What the cell of a run may use of its worker; 0: what a run gets that states nothing.
struct resource_spec {
  std::uint64_t memory_bytes = 0;
  double cpus = 0;  ///< processors; 0.5 is half of one
  friend bool operator==(const resource_spec&, const resource_spec&) = default;
};

struct publish_spec {
  publish_mode mode = publish_mode::pr;
  std::string branch_prefix = "skein/";
  std::string title;  ///< empty: made from the task's name
  std::vector<std::string> labels;
  std::vector<std::string> reviewers;  ///< or the one word "codeowners"
  friend bool operator==(const publish_spec&, const publish_spec&) = default;
};

/// The change of an earlier run is open as a pull request, and its checks failed: the work goes on, on
/// that branch. Or its base moved: the change is made anew there, in place of what is on the branch.
/// Made by the platform only; no file can say it.
struct follow_up_spec {
  std::string run;           ///< whose pull request it is
  std::string pull_request;  ///< its address
  std::string branch;
  std::uint32_t round = 1;
  struct check {
    std::string name;
    std::string url;
    std::string output;
    friend bool operator==(const check&, const check&) = default;
  };
  std::vector<check> failed;  ///< as the forge tells them: data, no instruction
  std::string from;  ///< of a rebase, and only there: the commit that the change was made on
  std::string head;  ///< likewise: the commit of ours that has the change; the branch has to be there
  [[nodiscard]] bool rebase() const { return !from.empty(); }
  friend bool operator==(const follow_up_spec&, const follow_up_spec&) = default;
};

struct task_spec {
  std::string intent;
  risk_level risk = risk_level::low;
  repo_spec repo;
  scope_spec scope;
  capability_spec capabilities;
  agent_spec agent;
  bool agent_given = false;  ///< false when the file has no `agent:`
  std::vector<verifier_spec> verifiers;
  budget_spec budget;
  resource_spec resources;
  publish_spec publish;
  int priority = 0;  ///< -100…100: more goes first within the tenant
  std::optional<follow_up_spec> follow_up;
  friend bool operator==(const task_spec&, const task_spec&) = default;
};

struct task {
  std::string name;
  std::string tenant = "default";
  std::map<std::string, std::string> labels;
  task_spec spec;
  friend bool operator==(const task&, const task&) = default;
};

/// The whole document (apiVersion, kind, metadata, spec) with every default filled in.
[[nodiscard]] nlohmann::json to_json(const task& value);
/// From a document that the task schema accepts or that to_json made. Throws std::logic_error on
/// anything else: callers validate first.
[[nodiscard]] task task_from_json(const nlohmann::json& document);

}  // namespace skein::schema
