// One run as it is stored and shown: one task on one repository.
#pragma once

#include "schema/failure.hpp"
#include "schema/stage.hpp"
#include "schema/task.hpp"
#include "schema/verdict.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace skein::schema {

struct diff_summary {
  std::uint32_t files = 0;
  std::uint32_t insertions = 0;
  std::uint32_t deletions = 0;
  std::string sha256;  ///< of the patch text
  friend bool operator==(const diff_summary&, const diff_summary&) = default;
};

struct publication {
  publish_mode mode = publish_mode::pr;
  std::string branch;
  std::string commit;
  std::string url;
  bool draft = false;
  std::string title;
  std::string body;
  friend bool operator==(const publication&, const publication&) = default;
};

struct usage {
  std::uint64_t tokens_in = 0;
  std::uint64_t tokens_out = 0;
  double usd = 0;
  std::uint32_t tool_calls = 0;
  std::int64_t wall_ms = 0;
  std::int64_t cpu_ms = 0;
  std::uint64_t shell_output_bytes = 0;
  std::uint64_t file_read_bytes = 0;
  std::uint32_t repairs = 0;  ///< verifier failures and vetoes that went back to the agent
  friend bool operator==(const usage&, const usage&) = default;
};

struct finding {
  std::string rule;
  std::string severity;  ///< info | warning | error
  std::string path;
  std::uint32_t line = 0;
  std::string action;  ///< block | approval | draft | report
  std::string message;
  friend bool operator==(const finding&, const finding&) = default;
};

/// Milliseconds spent in each stage, summed over attempts; indexed by static_cast<int>(stage).
using stage_timings = std::array<std::int64_t, 7>;

struct run {
  std::string id;
  std::int64_t seq = 0;  ///< admission order, assigned by the store
  std::string task_name;
  std::string task_sha256;
  std::string fingerprint;
  std::string campaign;  ///< name; empty for a single run
  std::uint32_t wave = 0;
  bool superseded = false;  ///< a later run of the campaign replaced it (`campaign retry`)
  std::string tenant = "default";
  repo_spec repo;
  std::string base_commit;
  run_state state = run_state::intake;
  risk_level risk = risk_level::low;
  std::uint32_t attempt = 0;          ///< fencing epoch: grows with every start of work
  std::uint32_t failed_attempts = 0;  ///< counted against budget.attempts
  std::uint32_t crashes = 0;          ///< process or worker losses; not the run's own fault
  bool dry_run = false;
  std::string submitter;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
  std::int64_t started_ms = 0;  ///< last admission
  std::string tree;             ///< git tree of the change, in the mirror
  std::string patch_ref;        ///< artifact: the unified diff
  std::string log_ref;          ///< artifact: output of the agent's steps
  std::optional<diff_summary> diff;
  std::optional<failure> failed;
  std::optional<publication> published;
  std::vector<verdict> verdicts;
  std::vector<finding> findings;
  usage used;
  stage_timings timings{};
  friend bool operator==(const run&, const run&) = default;
};

/// The object of INTERFACE.md, `run -o json`; `brief` leaves out findings and timings.
[[nodiscard]] nlohmann::json to_json(const run& value, bool brief = false);

/// The process exit code that a final (or still pending: 8) state maps to.
[[nodiscard]] int exit_code(run_state value) noexcept;

}  // namespace skein::schema
