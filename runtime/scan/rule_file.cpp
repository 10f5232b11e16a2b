// Reads gitleaks' TOML. See rule_file.hpp. The only file that sees the TOML library.
#include "runtime/scan/rule_file.hpp"

#include "runtime/scan/keyword_search.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace skein::scan {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t most_bytes = 4U << 20U;

/// Typed reading of one table; the first thing that is wrong is kept.
class table_reader {
 public:
  table_reader(const toml::table& table, std::string file, std::string rule)
      : table_(table), file_(std::move(file)), rule_(std::move(rule)) {}

  void read(const char* key, std::string& into) { read_as<std::string>(key, "a string", into); }
  void read(const char* key, bool& into) { read_as<bool>(key, "true or false", into); }
  void read(const char* key, double& into) { read_as<double>(key, "a number", into); }
  void read(const char* key, std::int64_t& into) { read_as<std::int64_t>(key, "an integer", into); }

  void read(const char* key, std::vector<std::string>& into) {
    const toml::node* found = table_.get(key);
    if (found == nullptr) return;
    const toml::array* array = found->as_array();
    bool strings = array != nullptr;
    if (strings) {
      for (const toml::node& element : *array) {
        const auto text = element.value_exact<std::string>();
        strings = strings && text && !text->empty();
        if (strings) into.push_back(*text);
      }
    }
    if (!strings) fail(key, "an array of strings, none empty");
  }

  /// The tables of `key`, which may be an array of tables or a single one.
  std::vector<const toml::table*> tables(const char* key) {
    std::vector<const toml::table*> all;
    const toml::node* found = table_.get(key);
    if (found == nullptr) return all;
    if (const toml::array* array = found->as_array()) {
      for (const toml::node& element : *array) {
        if (element.is_table()) all.push_back(element.as_table());
      }
      if (all.size() != array->size()) fail(key, "an array of tables");
    } else if (found->is_table()) {
      all.push_back(found->as_table());
    } else {
      fail(key, "a table");
    }
    return all;
  }

  void fail(const std::string& key, const std::string& expected) {
    if (reason_.empty()) reason_ = key + ": expected " + expected;
  }
  [[nodiscard]] result<> checked() const {
    if (reason_.empty()) return {};
    return rule_error(file_, rule_, reason_);
  }

 private:
  template <class T>
  void read_as(const char* key, const char* expected, T& into) {
    const toml::node* found = table_.get(key);
    if (found == nullptr) return;
    const auto value = found->value<T>();
    if (value) {
      into = *value;
    } else {
      fail(key, expected);
    }
  }

  const toml::table& table_;
  std::string file_;
  std::string rule_;
  std::string reason_;
};

result<allowlist_spec> read_allowlist(const toml::table& table, const std::string& file,
                                      const std::string& rule) {
  allowlist_spec list;
  table_reader reader{table, file, rule};
  std::string condition;
  std::string target;
  reader.read("condition", condition);
  reader.read("regexTarget", target);
  reader.read("regexes", list.regexes);
  reader.read("stopwords", list.stopwords);
  reader.read("paths", list.paths);
  for (auto& word : list.stopwords) word = lower_ascii(word);
  list.all = condition == "AND" || condition == "&&" || condition == "and";
  if (!list.all && !condition.empty() && condition != "OR" && condition != "||" &&
      condition != "or") {
    reader.fail("allowlist condition", "AND or OR");
  }
  if (target == "match") {
    list.regex_target = allowlist_spec::target::match;
  } else if (target == "line") {
    list.regex_target = allowlist_spec::target::line;
  } else if (!target.empty() && target != "secret") {
    reader.fail("allowlist regexTarget", "secret, match or line");
  }
  SKEIN_CHECK(reader.checked());
  return list;
}

/// Both spellings: `[[allowlists]]` and the older `[allowlist]`.
result<std::vector<allowlist_spec>> read_allowlists(table_reader& reader, const std::string& file,
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
  if (const auto id = table["id"].value_exact<std::string>()) rule.id = *id;
  if (rule.id.empty()) {
    return rule_error(file, "",
                      "a rule without id at line " + std::to_string(table.source().begin.line));
  }
  table_reader reader{table, file, rule.id};
  std::int64_t group = 0;
  reader.read("description", rule.description);
  reader.read("regex", rule.regex);
  reader.read("path", rule.path);
  reader.read("keywords", rule.keywords);
  reader.read("entropy", rule.entropy);
  reader.read("secretGroup", group);
  for (auto& word : rule.keywords) word = lower_ascii(word);
  if (rule.regex.empty() && rule.path.empty()) reader.fail("regex", "a regex, or a path");
  if (group < 0 || group > 99) reader.fail("secretGroup", "0 to 99");
  rule.secret_group = static_cast<std::uint32_t>(group);
  SKEIN_TRY(lists, read_allowlists(reader, file, rule.id));
  rule.allowlists = std::move(lists);
  SKEIN_CHECK(reader.checked());
  return rule;
}

class rule_file_reader {
 public:
  result<> read(const fs::path& path) {
    std::error_code failed;
    const fs::path file = fs::weakly_canonical(path, failed);
    const std::string name = path.string();
    if (std::find(open_.begin(), open_.end(), file) != open_.end()) {
      return rule_error(name, "", "extends itself in a circle");
    }
    if (!done_.insert(file).second) return {};
    SKEIN_TRY(text, read_text(path));
    const toml::parse_result parsed = toml::parse(text, name);
    if (!parsed) {
      const auto& at = parsed.error().source().begin;
      return rule_error(name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column), "",
                        std::string{parsed.error().description()});
    }
    const toml::table& root = parsed.table();
    table_reader reader{root, name, ""};
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

  rule_specs take() { return std::move(specs_); }

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
    table_reader reader{extend, from.string(), ""};
    std::string path;
    bool use_default = false;
    std::vector<std::string> disabled;
    reader.read("path", path);
    reader.read("useDefault", use_default);
    reader.read("disabledRules", disabled);
    if (use_default) {
      reader.fail("extend.useDefault", "false: put the rules to extend into a file and name it");
    }
    SKEIN_CHECK(reader.checked());
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
    *same = std::move(rule);
    return {};
  }

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

result<rule_specs> read_rule_files(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator{directory, failed}) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  if (failed) return rule_error(directory.string(), "", "cannot be read: " + failed.message());
  if (files.empty()) return rule_error(directory.string(), "", "holds no .toml file");
  std::sort(files.begin(), files.end());
  rule_file_reader reader;
  for (const auto& file : files) SKEIN_CHECK(reader.read(file));
  return reader.take();
}

}  // namespace skein::scan
