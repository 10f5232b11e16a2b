// The judge that is asked: a question to another model than the author's, and the reading of what
// comes back. Whatever is not exactly one well-formed verdict blocks. Pure.
#pragma once

#include "runtime/diff/finding.hpp"
#include "runtime/judge/judged_case.hpp"
#include "runtime/judge/opinion.hpp"
#include "runtime/model/provider.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace skein::judge {

/// The same for question() and read(), or read() does not know what was shown.
struct question_limits {
  std::size_t diff_bytes = 160U << 10;  ///< of all files together
  std::size_t file_bytes = 24U << 10;   ///< of one file: head and tail
  std::size_t evidence_bytes = 16U << 10;
  std::size_t claim_bytes = 4U << 10;  ///< each of the agent's two texts
  std::size_t files = 400;             ///< beyond them only names
};

/// System text by the platform, task from the contract, everything else as spans. One tool:
/// `give_verdict`. `redact` sees every text of the change before it is cut.
[[nodiscard]] model::conversation question(const judged_case& about,
                                           const diff::redact_fn& redact = {},
                                           const question_limits& limits = {});

/// Settings of the question: small answers, one call.
[[nodiscard]] model::ask_settings question_settings(std::string model);

/// Blocks on a failure, no verdict, more than one, one that is malformed, that names files which
/// the change does not touch, or that shows that the judge followed what it was to judge. A change
/// that could not be shown as a whole is a draft at best.
[[nodiscard]] opinion read(const judged_case& about, const model::outcome& came,
                           const question_limits& limits = {});

/// The opinion when no other model than the author's can be asked but one is required.
[[nodiscard]] opinion no_judge();

/// A provider and the models it may be asked for.
struct available_models {
  std::string provider;
  std::vector<std::string> models;
};
struct judge_choice {
  std::string provider;
  std::string model;
  friend bool operator==(const judge_choice&, const judge_choice&) = default;
};
/// Who judges: what the configuration `wants` (either part may be empty), else somebody of another
/// provider, else another model of the same one. Never the author's own model, also not under
/// another provider's or version's name; nullopt: there is nobody.
[[nodiscard]] std::optional<judge_choice> choose_judge(
    const judge_choice& wants, const judge_choice& author,
    const std::vector<available_models>& available);

}  // namespace skein::judge
