// What a reviewer reads: branch name, title, body and commit message, made from facts that the
// platform measured. Nothing an agent said goes in here.
#pragma once

#include "schema/run.hpp"
#include "schema/task.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace skein::forge {

struct pull_request_text {
  std::string branch;  ///< carries the run's marker: the same run never opens two
  std::string title;
  std::string body;    ///< Markdown between two hidden lines, the last one with run and fingerprint
  std::string commit_message;  ///< with trailers Skein-Run and Skein-Task
};

/// Pure: the same run gives the same text. `unowned_paths`: changed files that nobody owns, as far as
/// that is known.
[[nodiscard]] pull_request_text describe(const schema::run& run, const schema::publish_spec& how,
                                         const std::string& intent, bool draft,
                                         std::uint32_t unowned_paths = 0);

/// The body `now` with what describe() wrote in it replaced by the body `wanted` of the same run; what
/// people wrote before and after it stays. Nothing when the end of it is not there any more.
[[nodiscard]] std::optional<std::string> rewritten(const std::string& now,
                                                   const std::string& wanted);
/// Forges and people's editors differ in line ends and in what they leave at the end of a text.
[[nodiscard]] bool same_text(std::string a, std::string b);

}  // namespace skein::forge
