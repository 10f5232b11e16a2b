// Reads gitleaks' TOML. See rule_file.hpp.
#include "runtime/scan/rule_file.hpp"

#include "runtime/scan/keyword_search.hpp"
#include "runtime/scan/rule_table.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

namespace skein::scan {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t most_bytes = 4U << 20U;
constexpr std::size_t deepest_extension = 16;

result<allowlist_spec> read_allowlist(const toml::table& table, const std::string& file,
                                      const std::string& rule) {
  allowlist_spec list;
  rule_table reader{table, file, rule};
  std::string condition;
  std::string target;
  std::vector<std::string> commits;
  reader.read("condition", condition);
  reader.read("regexTarget", target);
  reader.read("regexes", list.regexes);
  reader.read("stopwords", list.stopwords);
  reader.read("paths", list.paths);
  reader.read("commits", commits);
  reader.read("targetRules", list.rules);
  list.names_commits = !commits.empty();
  for (auto& word : list.stopwords) word = lower_ascii(word);
  condition = lower_ascii(condition);
  list.all = condition == "and" || condition == "&&";
  if (!list.all && !condition.empty() && condition != "or" && condition != "||") {
    reader.fail("condition", "AND or OR");
  }
  if (target == "match") {
    list.regex_target = allowlist_spec::target::match;
  } else if (target == "line") {
    list.regex_target = allowlist_spec::target::line;
  } else if (!target.empty() && target != "secret") {
    reader.fail("regexTarget", "secret, match or line");
  }
  SKEIN_CHECK(reader.checked());
  return list;
}

/// Both spellings: `[[allowlists]]` and the older `[allowlist]`.
result<std::vector<allowlist_spec>> read_allowlists(rule_table& reader, const std::string& file,
                                                    const std::string& rule) {
  std::vector<allowlist_spec> lists;
  for (const char* key : {"allowlists", "allowlist"}) {
    for (const toml::table* table : reader.tables(key)) {
      SKEIN_TRY(list, read_allowlist(*table, file, rule));
      lists.push_back(std::move(list));
    }
  }
  return lists;
}

result<rule_spec> read_rule(const toml::table& table, const std::string& file) {
  rule_spec rule;
  rule.file = file;
  const auto& begin = table.source().begin;
  rule_table naming{table, file, ""};
  naming.read("id", rule.id);
  if (rule.id.empty()) {
    return rule_error(place_of({{}, file, begin.line, begin.column}), "", "a rule without id");
  }
  rule_table reader{table, file, rule.id};
  std::int64_t group = 0;
  bool skip_report = false;
  reader.read("description", rule.description);
  reader.read("regex", rule.regex);
  reader.read("path", rule.path);
  reader.read("keywords", rule.keywords);
  reader.read("entropy", rule.entropy);
  reader.read("secretGroup", group);
  reader.read("skipReport", skip_report);
  reader.read("knownPathOnly", rule.known_path_only);
  rule.reported = !skip_report;
  for (auto& word : rule.keywords) word = lower_ascii(word);
  if (group < 0 || group > 99) reader.fail("secretGroup", "0 to 99");
  rule.secret_group = static_cast<std::uint32_t>(group);
  SKEIN_TRY(lists, read_allowlists(reader, file, rule.id));
  rule.allowlists = std::move(lists);
  SKEIN_CHECK(reader.checked());
  return rule;
}

/// What the later file says of the rule, over what was there.
void merge(rule_spec& rule, rule_spec later) {
  rule.file = later.file;
  if (!later.description.empty()) rule.description = std::move(later.description);
  if (!later.regex.text.empty()) rule.regex = std::move(later.regex);
  if (!later.path.text.empty()) rule.path = std::move(later.path);
  if (later.entropy != 0) rule.entropy = later.entropy;
  if (later.secret_group != 0) rule.secret_group = later.secret_group;
  rule.reported = rule.reported && later.reported;
  std::move(later.keywords.begin(), later.keywords.end(), std::back_inserter(rule.keywords));
  std::move(later.allowlists.begin(), later.allowlists.end(), std::back_inserter(rule.allowlists));
}

result<std::vector<fs::path>> rule_files_of(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator{directory, failed}) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  if (failed) return rule_error(directory.string(), "", "cannot be read: " + failed.message());
  if (files.empty()) return rule_error(directory.string(), "", "holds no .toml file");
  std::sort(files.begin(), files.end());
  return files;
}

class rule_file_reader {
 public:
  explicit rule_file_reader(fs::path shipped) : shipped_(std::move(shipped)) {}

  result<> read(const fs::path& path) {
    std::error_code failed;
    const fs::path file = fs::weakly_canonical(path, failed);
    const std::string name = path.string();
    if (std::find(open_.begin(), open_.end(), file) != open_.end()) {
      return rule_error(name, "", "extends itself in a circle");
    }
    if (open_.size() >= deepest_extension) return rule_error(name, "", "is extended too deeply");
    if (!done_.insert(file).second) return {};
    SKEIN_TRY(text, read_text(path));
    const toml::parse_result parsed = toml::parse(text, name);
    if (!parsed) {
      const auto& at = parsed.error().source().begin;
      return rule_error(place_of({{}, name, at.line, at.column}), "",
                        std::string{parsed.error().description()});
    }
    const toml::table& root = parsed.table();
    rule_table reader{root, name, ""};
    open_.push_back(file);
    const auto extends = reader.tables("extend");
    for (const toml::table* extend : extends) SKEIN_CHECK(read_extended(*extend, path));
    for (const toml::table* table : reader.tables("rules")) {
      SKEIN_TRY(rule, read_rule(*table, name));
      SKEIN_CHECK(add(std::move(rule), !extends.empty()));
    }
    SKEIN_TRY(lists, read_allowlists(reader, name, ""));
    std::move(lists.begin(), lists.end(), std::back_inserter(specs_.allowlists));
    open_.pop_back();
    return reader.checked();
  }

  /// `from`: what was asked for.
  result<rule_specs> take(const fs::path& from) {
    if (specs_.rules.empty()) {
      return rule_error(from.string(), "",
                        "has no rules: expected [[rules]] or [extend] useDefault = true");
    }
    for (const rule_spec& rule : specs_.rules) {
      if (rule.regex.text.empty() && rule.path.text.empty()) {
        return rule_error(rule.file, rule.id, "regex: expected a regex, or a path");
      }
    }
    return std::move(specs_);
  }

 private:
  static result<std::string> read_text(const fs::path& path) {
    std::error_code failed;
    const auto size = fs::file_size(path, failed);
    if (failed) return rule_error(path.string(), "", "cannot be read: " + failed.message());
    if (size > most_bytes) return rule_error(path.string(), "", "is larger than 4 MiB");
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (!file) return rule_error(path.string(), "", "cannot be read");
    return text;
  }

  result<> read_extended(const toml::table& extend, const fs::path& from) {
    rule_table reader{extend, from.string(), ""};
    std::string path;
    bool use_default = false;
    std::vector<std::string> disabled;
    reader.read("path", path);
    reader.read("useDefault", use_default);
    reader.read("disabledRules", disabled);
    if (use_default && shipped_.empty()) {
      reader.fail("useDefault", "false: this file is one of the default rules");
    }
    SKEIN_CHECK(reader.checked());
    if (use_default) {
      SKEIN_TRY(files, rule_files_of(shipped_));
      for (const auto& file : files) SKEIN_CHECK(read(file));
    }
    if (!path.empty()) SKEIN_CHECK(read(from.parent_path() / path));
    for (const auto& id : disabled) {
      std::erase_if(specs_.rules, [&](const rule_spec& rule) { return rule.id == id; });
    }
    return {};
  }

  result<> add(rule_spec rule, bool may_replace) {
    const auto same = std::find_if(specs_.rules.begin(), specs_.rules.end(),
                                   [&](const rule_spec& other) { return other.id == rule.id; });
    if (same == specs_.rules.end()) {
      specs_.rules.push_back(std::move(rule));
      return {};
    }
    if (!may_replace || same->file == rule.file) {
      return rule_error(rule.file, rule.id, "the id is taken by a rule of " + same->file);
    }
    merge(*same, std::move(rule));
    return {};
  }

  fs::path shipped_;
  std::vector<fs::path> open_;
  std::set<fs::path> done_;
  rule_specs specs_;
};

}  // namespace

error rule_error(const std::string& file, const std::string& rule, const std::string& reason) {
  return {
      errc::invalid,
      "read secret rules: " + file + ": " + (rule.empty() ? "" : "rule " + rule + ": ") + reason,
      "correct the rule file; nothing is scanned with half of the rules"};
}

std::string place_of(const written_regex& regex) {
  if (regex.line == 0) return regex.file;
  return regex.file + ":" + std::to_string(regex.line) + ":" + std::to_string(regex.column);
}

result<rule_specs> read_rule_files(const fs::path& directory, const fs::path& shipped) {
  SKEIN_TRY(files, rule_files_of(directory));
  rule_file_reader reader{shipped};
  for (const auto& file : files) SKEIN_CHECK(reader.read(file));
  return reader.take(directory);
}

result<rule_specs> read_rule_file(const fs::path& file, const fs::path& shipped) {
  rule_file_reader reader{shipped};
  SKEIN_CHECK(reader.read(file));
  return reader.take(file);
}

}  // namespace skein::scan
