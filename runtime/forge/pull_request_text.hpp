// What a reviewer reads: branch name, title, body and commit message, made from facts that the
// platform measured. Nothing an agent said goes in here.
#pragma once

#include "schema/run.hpp"
#include "schema/task.hpp"

#include <cstdint>
#include <string>

namespace skein::forge {

struct pull_request_text {
  std::string branch;  ///< carries the run's marker: the same run never opens two
  std::string title;
  std::string body;    ///< Markdown, ends with a hidden marker of run and fingerprint
  std::string commit_message;  ///< with trailers Skein-Run and Skein-Task
};

/// Pure: the same run gives the same text. `unowned_paths`: changed files that nobody owns, as far as
/// that is known.
[[nodiscard]] pull_request_text describe(const schema::run& run, const schema::publish_spec& how,
                                         const std::string& intent, bool draft,
                                         std::uint32_t unowned_paths = 0);

}  // namespace skein::forge
