// What the database knows of pull requests: the rows, their changes, and how they are asked for.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::store {

enum class pull_request_state {
  opening,  ///< claimed; the forge may have been asked
  open,
  merged,
  closed_by_person,
  closed_by_platform,
  not_opened  ///< given up before there was one
};
[[nodiscard]] std::string_view to_string(pull_request_state value) noexcept;

enum class checks_state { none, pending, passed, failed };
[[nodiscard]] std::string_view to_string(checks_state value) noexcept;

struct pull_request_row {
  std::string run_id;
  std::string campaign;  ///< of the run; only read
  std::string tenant;    ///< likewise
  std::string forge;
  std::string repository;  ///< owner/name
  std::string repo_url;
  std::string branch;
  std::string commit;
  std::string base_branch;
  std::string fingerprint;
  std::vector<std::string> paths;
  pull_request_state state = pull_request_state::opening;
  std::int64_t number = 0;
  std::string url;
  std::string head_commit;
  checks_state checks = checks_state::none;
  std::uint32_t feedback_rounds = 0;
  bool branch_there = false;
  std::int64_t asked_ms = 0;
  std::int64_t opened_ms = 0;
  std::int64_t touched_ms = 0;
  std::int64_t reminded_ms = 0;
  std::int64_t closed_ms = 0;
  std::string base_commit;    ///< what the change was verified on last
  std::uint32_t rebases = 0;  ///< how often it was to be made anew on a base that moved
  std::string rebase_end;     ///< why it is not, as people were told; empty: they were not
};

/// Claims the pull request of a run, in state opening and with its event; again: nothing, unless it
/// was given up, then it is claimed anew. `conflict` when there is one that is not opening.
struct claim_pull_request {
  pull_request_row value;
};

/// Changes what is set and notes the event `kind`. `not_found` without a claim, `conflict` for a
/// step that 0003_pull_requests.sql does not name. The same state again is no step.
struct set_pull_request {
  std::string run_id;
  std::optional<pull_request_state> state;
  std::optional<std::int64_t> number;
  std::optional<std::string> url;
  std::optional<std::string> head_commit;
  std::optional<std::string> commit;  ///< what we pushed, when it is pushed again
  std::optional<checks_state> checks;
  std::optional<std::uint32_t> feedback_rounds;
  std::optional<bool> branch_there;
  std::optional<std::int64_t> asked_ms;
  std::optional<std::int64_t> opened_ms;
  std::optional<std::int64_t> touched_ms;
  std::optional<std::int64_t> reminded_ms;
  std::optional<std::int64_t> closed_ms;
  std::optional<std::string> base_commit;
  std::optional<std::uint32_t> rebases;
  std::optional<std::string> rebase_end;
  std::string kind;  ///< snake_case fact: pull_request_opened …; empty: no event
  std::string by = "system";
  nlohmann::json payload;
};

/// Remembers a webhook's delivery; `affected` 0: it was taken before. Old ones are forgotten.
struct take_delivery {
  std::string forge;
  std::string id;
};

struct pull_request_filter {
  std::string run_id;
  std::string forge;  ///< with repository
  std::string repository;
  std::string campaign;
  std::string tenant;
  bool cared_for = false;   ///< only those that are opening or open, or whose branch is there
  std::uint32_t limit = 0;  ///< 0: no limit
};

/// Of a campaign: what its outcome is judged by.
struct pull_request_totals {
  std::uint32_t open = 0;
  std::uint32_t failing_checks = 0;  ///< of the open ones
  std::uint32_t merged = 0;
  std::uint32_t closed = 0;  ///< by a person
};

}  // namespace skein::store
