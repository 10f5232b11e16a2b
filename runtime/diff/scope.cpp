// Scope and size of a change against its task. See scope.hpp.
#include "runtime/diff/scope.hpp"

#include "runtime/diff/pattern.hpp"

#include <algorithm>

namespace skein::diff {
namespace {

/// A change of thousands of files outside its scope needs no thousands of rows to be refused.
constexpr std::size_t most_paths = 100;

schema::finding blocking(std::string rule, std::string path, std::string message) {
  schema::finding found;
  found.rule = std::move(rule);
  found.severity = "error";
  found.path = std::move(path);
  found.action = "block";
  found.message = std::move(message);
  return found;
}

/// One finding for each path, the rest of a flood in one.
void add_paths(std::vector<schema::finding>& findings, const std::string& rule,
               const std::vector<std::string>& paths, const std::string& message) {
  const std::size_t shown = std::min(paths.size(), most_paths);
  for (std::size_t i = 0; i < shown; ++i) findings.push_back(blocking(rule, paths[i], message));
  if (paths.size() > shown) {
    findings.push_back(
        blocking(rule, "", message + ": " + std::to_string(paths.size() - shown) + " more"));
  }
}

}  // namespace

bool matches_any(const std::vector<std::string>& patterns, const std::string& path) {
  return pattern_list{patterns}.matches(path);
}

std::vector<schema::finding> check_scope(const schema::scope_spec& scope,
                                         const std::vector<touched>& change) {
  const pattern_list include{scope.include};
  const pattern_list exclude{scope.exclude};
  std::vector<std::string> outside;
  std::vector<std::string> excluded;
  std::uint64_t lines = 0;
  for (const touched& file : change) {
    lines += file.changed_lines;
    if (!include.matches(file.path)) {
      outside.push_back(file.path);
    } else if (exclude.matches(file.path)) {
      excluded.push_back(file.path);
    }
  }
  std::vector<schema::finding> findings;
  add_paths(findings, "scope.path_outside", outside, "path outside the task's scope.include");
  add_paths(findings, "scope.path_excluded", excluded, "path in the task's scope.exclude");
  if (change.size() > scope.max_files) {
    findings.push_back(blocking("scope.too_many_files", "",
                                std::to_string(change.size()) + " files changed, the task allows " +
                                    std::to_string(scope.max_files)));
  }
  if (lines > scope.max_changed_lines) {
    findings.push_back(blocking("scope.too_many_lines", "",
                                std::to_string(lines) + " lines changed, the task allows " +
                                    std::to_string(scope.max_changed_lines)));
  }
  return findings;
}

}  // namespace skein::diff
