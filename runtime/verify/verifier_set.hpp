// Which verifiers a run gets, and what their output says in a few lines.
#pragma once

#include "schema/error.hpp"
#include "schema/task.hpp"
#include "schema/verdict.hpp"
#include "schema/verifier_file.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace skein::verify {

struct verifier {
  std::string name;
  std::string run;  ///< empty for a builtin
  std::string builtin;
  std::chrono::milliseconds timeout{0};
  bool required = true;
  std::string digest;  ///< SHA-256 over name, command, builtin and timeout
};

/// The platform's verifier files, read once.
class catalogue {
 public:
  /// Blocking. Every *.yaml of `directory`; `invalid` names the first wrong file and place. A
  /// missing directory is an empty catalogue.
  [[nodiscard]] static result<catalogue> load(const std::filesystem::path& directory);

  /// The task's own verifiers in order, then the platform's that the repository's root entries
  /// activate and the task does not name. `not_found` when a `use:` names no file.
  [[nodiscard]] result<std::vector<verifier>> select(
      const schema::task_spec& task, const std::vector<std::string>& root_entries) const;

 private:
  std::vector<schema::verifier_file> files_;
};

/// The lines a person would look for (errors, failures, the last lines), at most `max_bytes`.
[[nodiscard]] std::string excerpt(const std::string& output, std::size_t max_bytes = 4096);

}  // namespace skein::verify
