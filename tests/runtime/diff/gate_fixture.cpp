#include "tests/runtime/diff/gate_fixture.hpp"

#include "runtime/diff/content_change.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace skein::diff::test {
namespace {

namespace fs = std::filesystem;

std::set<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::set<std::string> out;
  for (std::string word; in >> word;) out.insert(word);
  return out;
}

void read_file(const fs::path& path, std::vector<gate_case>& into) {
  std::ifstream in(path, std::ios::binary);
  std::string* content = nullptr;
  for (std::string line; std::getline(in, line);) {
    const auto value = line.size() > 4 ? line.substr(4) : std::string{};
    if (line.starts_with("=== ")) {
      into.emplace_back().name = value;
      content = nullptr;
    } else if (line.starts_with("<<< ")) {
      content = &into.back().before[value];
    } else if (line.starts_with(">>> ")) {
      content = &into.back().after[value];
    } else if (line.starts_with("??? ")) {
      into.back().expected = words_of(value);
      into.back().expected.erase("nothing");
      content = nullptr;
    } else if (line.starts_with("!!! ")) {
      into.back().reported = words_of(value);
      content = nullptr;
    } else if (line.starts_with("~~~ ")) {
      into.back().absent = words_of(value);
      content = nullptr;
    } else if (line.starts_with("+++ ")) {
      into.back().capabilities = words_of(value);
    } else if (content != nullptr) {
      *content += line + "\n";
    } else if (!line.empty() && !line.starts_with("#")) {
      throw std::runtime_error(path.string() + ": stray line " + line);
    }
  }
}

std::string range_of(std::uint32_t start, std::size_t count) {
  return std::to_string(count == 0 ? start - 1 : start) + "," + std::to_string(count);
}

void write_hunk(const changed_file& file, std::size_t first, std::size_t end, std::string& out) {
  std::size_t old_count = 0;
  std::size_t new_count = 0;
  std::uint32_t old_start = 1;
  std::uint32_t new_start = 1;
  for (std::size_t i = 0; i < first; ++i) {
    if (file.lines[i].kind != line_kind::added) ++old_start;
    if (file.lines[i].kind != line_kind::removed) ++new_start;
  }
  std::string body;
  for (std::size_t i = first; i < end; ++i) {
    const auto& line = file.lines[i];
    if (line.kind != line_kind::added) ++old_count;
    if (line.kind != line_kind::removed) ++new_count;
    body += line.kind == line_kind::added ? '+' : line.kind == line_kind::removed ? '-' : ' ';
    body += std::string{line.text} + "\n";
  }
  out += "@@ -" + range_of(old_start, old_count) + " +" + range_of(new_start, new_count) + " @@\n" +
         body;
}

}  // namespace

const tables& shipped() {
  static const tables loaded = [] {
    auto read = tables::load(fs::path{SKEIN_TEST_SOURCE_DIR}.parent_path() / "config/diff");
    if (!read) throw std::runtime_error(read.error().message);
    return *read;
  }();
  return loaded;
}

change between(const files& before, const files& after) {
  workspace::change_set set;
  std::map<std::string, bool> paths;
  for (const auto& [path, text] : before) paths[path] = false;
  for (const auto& [path, text] : after) paths[path] = true;
  for (const auto& [path, stays] : paths) {
    if (stays && before.contains(path) && before.at(path) == after.at(path)) continue;
    set.files.push_back({path,
                         stays ? workspace::entry_kind::regular : workspace::entry_kind::removed,
                         stays ? after.at(path) : std::string{}});
  }
  return change_of(set, [&before](const std::string& path) -> std::optional<base_file> {
    const auto found = before.find(path);
    if (found == before.end()) return std::nullopt;
    return base_file{0100644, found->second};
  });
}

std::string as_patch(const change& all) {
  constexpr std::size_t context = 3;
  std::string out;
  for (const auto& file : all.files) {
    const std::string old_name = file.added() ? file.new_path : file.old_path;
    const std::string new_name = file.removed() ? file.old_path : file.new_path;
    out += "diff --git a/" + old_name + " b/" + new_name + "\n";
    if (file.added()) out += "new file mode 100644\n";
    if (file.removed()) out += "deleted file mode 100644\n";
    if (file.renamed()) out += "rename from " + old_name + "\nrename to " + new_name + "\n";
    if (file.lines.empty()) continue;
    out += "--- " + (file.added() ? "/dev/null" : "a/" + old_name) + "\n";
    out += "+++ " + (file.removed() ? "/dev/null" : "b/" + new_name) + "\n";
    const auto& lines = file.lines;
    for (std::size_t i = 0; i < lines.size();) {
      if (lines[i].kind == line_kind::context) {
        ++i;
        continue;
      }
      const std::size_t first = i < context ? 0 : i - context;
      std::size_t end = i;
      for (std::size_t next = i; next < lines.size() && next <= end + 2 * context; ++next) {
        if (lines[next].kind != line_kind::context) end = next + 1;
      }
      const std::size_t last = std::min(end + context, lines.size());
      write_hunk(file, first, last, out);
      i = last;
    }
  }
  return out;
}

schema::task_spec open_task() {
  schema::task_spec task;
  task.scope.include = {"*"};
  return task;
}

std::set<std::string> rules_of(const examination& found) {
  std::set<std::string> out;
  for (const auto& each : found.findings) {
    if (each.action != "report") out.insert(each.rule);
  }
  return out;
}

std::set<std::string> all_rules_of(const examination& found) {
  std::set<std::string> out;
  for (const auto& each : found.findings) out.insert(each.rule);
  return out;
}

std::string told(const examination& found) {
  std::string out;
  for (const auto& each : found.findings) {
    out += each.rule + " " + each.path + ":" + std::to_string(each.line) + " " + each.action +
           " | " + each.before + " | " + each.after + "\n";
  }
  return out;
}

std::vector<gate_case> read_cases() {
  std::vector<fs::path> paths;
  for (const auto& entry :
       fs::directory_iterator(fs::path{SKEIN_TEST_SOURCE_DIR} / "data/diff_gate")) {
    if (entry.path().extension() == ".cases") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<gate_case> out;
  for (const auto& path : paths) read_file(path, out);
  return out;
}

}  // namespace skein::diff::test
