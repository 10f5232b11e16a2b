// A question to a person about one change, and the answers. The agent may cause one to be asked; only
// people answer, and nobody about a run of their own.
#pragma once

#include "schema/task.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::schema {

enum class approval_state {
  pending,
  approved,
  denied,
  expired,
  withdrawn  ///< the run ended before anybody decided
};
[[nodiscard]] std::string_view to_string(approval_state value) noexcept;
/// Throws std::runtime_error for a word that is none.
[[nodiscard]] approval_state approval_state_of(std::string_view word);

struct approval_vote {
  std::string by;
  bool approve = false;
  std::string reason;
  std::int64_t at_ms = 0;
  friend bool operator==(const approval_vote&, const approval_vote&) = default;
};

struct approval {
  std::string run_id;
  std::string campaign;
  std::string tenant;
  std::string repo_url;
  std::string submitter;
  risk_level risk = risk_level::low;  ///< as raised by the gate
  std::string diff_sha256;   ///< what the answers are about, to the byte; or the task's
  approval_state state = approval_state::pending;
  std::uint32_t required = 1;  ///< people who have to say yes
  std::vector<std::string> why;
  std::int64_t created_ms = 0;
  std::int64_t expires_ms = 0;
  std::int64_t escalated_ms = 0;  ///< 0: not yet
  std::vector<approval_vote> votes;
  friend bool operator==(const approval&, const approval&) = default;
};

}  // namespace skein::schema
