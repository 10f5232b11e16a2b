// Changes kept as files of tests/data/judge, and the tables that judge them as they are shipped.
#pragma once

#include "runtime/diff/examine.hpp"
#include "runtime/diff/patch_reader.hpp"
#include "runtime/judge/rules.hpp"
#include "schema/yaml_tree.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace skein::judge::test {

inline const std::filesystem::path root =
    std::filesystem::path{SKEIN_TEST_SOURCE_DIR}.parent_path();

inline const diff::tables& gate() {
  static const auto loaded = diff::tables::load(root / "config/diff").value();
  return loaded;
}
inline const rules& shipped() {
  static const auto loaded = rules::load(root / "config/judge", gate()).value();
  return loaded;
}

/// Every case of the YAML files right inside `folder`; `class` is the file's name.
inline std::vector<nlohmann::json> cases_of(const std::filesystem::path& folder) {
  std::vector<nlohmann::json> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    const auto read = schema::detail::read_yaml(text.str(), {4U << 20, 16, 100'000});
    if (read.fault) {
      throw std::runtime_error(entry.path().string() + ":" + std::to_string(read.fault->at.line) +
                               ": " + read.fault->what);
    }
    for (const auto& document : read.documents) {
      for (auto& each : document.to_json()) {
        each["class"] = entry.path().stem().string();
        out.push_back(std::move(each));
      }
    }
  }
  return out;
}

/// A case as the judges get it: any file may change and tests may be touched, so that what is too
/// much follows from the words of the task.
struct read_case {
  schema::task task;
  diff::change change;
  std::vector<schema::finding> findings;
  std::string summary, explanation;

  explicit read_case(const nlohmann::json& from)
      : change(diff::read_patch(from.at("diff").get<std::string>())),
        summary(from.value("summary", "")),
        explanation(from.value("explanation", "")) {
    task.name = "golden";
    task.spec.intent = from.at("intent");
    task.spec.scope.include = {"**"};
    task.spec.capabilities.modify_tests = true;
    if (!change.faults.empty() || change.files.empty()) {
      throw std::runtime_error("no readable diff: " + from.at("name").get<std::string>());
    }
    findings = diff::examine(change, task.spec, gate()).records();
  }
  [[nodiscard]] judged_case about() const {
    return {task, change, {}, findings, summary, explanation};
  }
};

/// How many cases of one class got each decision.
using decided_counts = std::array<int, 4>;

inline void print(const std::string& what, const decided_counts& row) {
  std::cout << what << ": pass " << row[0] << ", draft " << row[1] << ", approval " << row[2]
            << ", block " << row[3] << "\n";
}

}  // namespace skein::judge::test
