// The budget of a run as its agent uses it up (T9): what may still be asked for, reserved before a
// call of the model and settled after it. Pure; who makes it durable is the run.
#pragma once

#include "schema/run.hpp"
#include "schema/task.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace skein::agent {

/// US dollars of so many tokens in and out.
using cost_fn = std::function<double(std::uint64_t tokens_in, std::uint64_t tokens_out)>;

/// What a call of the model may take at most.
struct reservation {
  std::uint64_t tokens_in = 0;
  std::uint64_t tokens_out = 0;
  double usd = 0;
};

class spending {
 public:
  spending(const schema::budget_spec& allowed, const schema::usage& used)
      : allowed_(allowed), used_(used) {}

  /// What was used, with what is reserved.
  [[nodiscard]] schema::usage used() const;

  /// Reserves for a call with about `tokens_in` of input and up to `wanted_out` of output: less
  /// when less is left. The reason when not even a short answer fits.
  [[nodiscard]] std::optional<std::string> reserve(std::uint64_t tokens_in, std::uint64_t wanted_out,
                                                   const cost_fn& cost);
  [[nodiscard]] const std::optional<reservation>& reserved() const { return reserved_; }
  /// Replaces the reservation by what the call took. A provider that reports less than nothing or
  /// more than is possible is not believed: the reservation stands instead.
  void settle(std::uint64_t tokens_in, std::uint64_t tokens_out, double usd);
  /// The call failed without an answer. What was sent may have been counted.
  void settle_failed(bool reached_provider);

  /// The reason why no tool may be called any more; none: it may.
  [[nodiscard]] std::optional<std::string> no_tool_call() const;
  void tool_called(std::uint64_t output_bytes, std::uint64_t file_bytes, std::int64_t cpu_ms);
  [[nodiscard]] std::uint64_t output_left() const;
  [[nodiscard]] std::uint64_t read_left() const;

  [[nodiscard]] bool may_repair() const { return used_.repairs < allowed_.repairs; }
  void repaired() { ++used_.repairs; }

 private:
  schema::budget_spec allowed_;
  schema::usage used_;
  std::optional<reservation> reserved_;
};

}  // namespace skein::agent
