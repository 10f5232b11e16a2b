// The budget of a run as its agent uses it up (T9): what may still be asked for, reserved before a
// call of the model and settled after it. Pure; who makes it durable is the run.
#pragma once

#include "runtime/model/provider.hpp"
#include "schema/error.hpp"
#include "schema/run.hpp"
#include "schema/task.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace skein::agent {

/// The most that a call of the model with so much room for its answer may cost.
using worst_case_fn = std::function<model::spending(std::uint32_t max_output_tokens)>;

class spending {
 public:
  spending(const schema::budget_spec& allowed, const schema::usage& used)
      : allowed_(allowed), used_(used) {}

  /// What was used, with what is reserved.
  [[nodiscard]] schema::usage used() const;

  /// Reserves for a call with room for `wanted` tokens of an answer, or for fewer when less is left;
  /// how many. `refused` with the reason when not even a short answer fits.
  [[nodiscard]] result<std::uint32_t> reserve(std::uint32_t wanted, const worst_case_fn& worst_case);
  /// Replaces the reservation by what the call took, whether it was answered or failed.
  void settle(const model::spending& spent, std::uint64_t tokens_out);

  /// The reason why no tool may be called any more; none: it may.
  [[nodiscard]] std::optional<std::string> no_tool_call() const;
  void tool_called(std::uint64_t output_bytes, std::uint64_t file_bytes, std::int64_t cpu_ms);
  [[nodiscard]] std::uint64_t output_left() const;
  [[nodiscard]] std::uint64_t read_left() const;

  void repaired() { ++used_.repairs; }

 private:
  schema::budget_spec allowed_;
  schema::usage used_;
  std::optional<model::spending> reserved_;
};

}  // namespace skein::agent
