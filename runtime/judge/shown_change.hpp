// How much of a change is shown to a model, and its text. For the sources of this folder only.
#pragma once

#include "runtime/judge/by_model.hpp"

#include <string>
#include <vector>

namespace skein::judge {

struct shown_file {
  std::string label;  ///< its path, fit to be shown
  std::string text;
};

struct shown_change {
  std::vector<shown_file> files;
  std::string names;                  ///< every file, one a line
  std::vector<std::string> left_out;  ///< what is not shown of which file
};

/// Whether every line of every file is shown. The same for every `redact`.
[[nodiscard]] bool shows_all(const diff::change& change, const question_limits& limits);

[[nodiscard]] shown_change show(const diff::change& change, const diff::redact_fn& redact,
                                const question_limits& limits);

/// Head and tail, whole lines where there are any, and how much is missing between them.
[[nodiscard]] std::string cut_in_the_middle(const std::string& text, std::size_t longest);

/// A word of this case that nobody has a reason to say: it cannot stand in the change by itself.
[[nodiscard]] std::string canary_of(const judged_case& about);

}  // namespace skein::judge
