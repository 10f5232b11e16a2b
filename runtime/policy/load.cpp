#include "runtime/policy/load.hpp"

#include "schema/document.hpp"

#include <algorithm>
#include <system_error>

namespace skein::policy {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 200;
constexpr std::size_t most_lines = 20;

result<std::vector<std::string>> policy_files(const fs::path& directory) {
  std::vector<std::string> out;
  std::error_code failed;
  fs::directory_iterator entries(directory, failed);
  if (failed == std::errc::no_such_file_or_directory) return out;
  if (failed) return errno_error("read policy folder " + directory.string(), failed.value());
  for (const fs::directory_iterator end; entries != end; entries.increment(failed)) {
    if (entries->path().extension() == ".yaml") out.push_back(entries->path().string());
    if (out.size() > most_files) {
      return error{errc::invalid,
                   "policy folder " + directory.string() + " holds more than " +
                       std::to_string(most_files) + " files",
                   "point to the folder with the platform's policies"};
    }
    if (failed) break;
  }
  if (failed) return errno_error("read policy folder " + directory.string(), failed.value());
  std::sort(out.begin(), out.end());
  return out;
}

error wrong(std::string lines) {
  return {errc::invalid, std::move(lines), "correct the policy; `skein schema policy` says how"};
}

/// Adds the rules of one file; one that is there already is replaced, or an error.
result<> read_into(const std::string& file, bool replace, std::vector<schema::policy_rule>& into) {
  schema::loaded read = schema::load_file(file);
  if (!read.problems.empty()) {
    std::string lines;
    for (const auto& each : read.problems) {
      lines += (lines.empty() ? "" : "\n") + schema::to_string(each);
    }
    return wrong(std::move(lines));
  }
  for (schema::document& document : read.documents) {
    auto* policy = std::get_if<schema::policy_file>(&document);
    if (policy == nullptr) {
      return wrong(file + ":1:1: a document of another kind, expected kind: Policy");
    }
    for (schema::policy_rule& rule : policy->rules) {
      const auto there = std::find_if(into.begin(), into.end(),
                                      [&](const auto& each) { return each.name == rule.name; });
      if (there == into.end()) {
        into.push_back(std::move(rule));
      } else if (replace && schema::place_of(*there, "").file != schema::place_of(rule, "").file) {
        *there = std::move(rule);
      } else {
        return wrong(to_string(schema::place_of(rule, "rule")) + ": a second rule called " +
                     rule.name + ", the first is at " +
                     to_string(schema::place_of(*there, "rule")));
      }
    }
  }
  return {};
}

}  // namespace

result<std::vector<schema::policy_rule>> load_rules(const fs::path& directory,
                                                    const std::vector<std::string>& files) {
  std::vector<schema::policy_rule> out;
  SKEIN_TRY(shipped, policy_files(directory));
  for (const std::string& each : shipped) SKEIN_CHECK(read_into(each, false, out));
  for (const std::string& each : files) SKEIN_CHECK(read_into(each, true, out));
  return out;
}

result<engine> load(const fs::path& directory, const std::vector<std::string>& files) {
  SKEIN_TRY(rules, load_rules(directory, files));
  SKEIN_TRY(made, engine::compile(std::move(rules)));
  const std::vector<broken_example> broken = made.try_examples();
  if (broken.empty()) return std::move(made);
  std::string lines;
  for (std::size_t at = 0; at < broken.size() && at < most_lines; ++at) {
    lines += (at == 0 ? "" : "\n") + broken[at].what;
  }
  return wrong(std::move(lines));
}

}  // namespace skein::policy
