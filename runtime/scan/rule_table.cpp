// Reads tables of rule files. See rule_table.hpp.
#include "runtime/scan/rule_table.hpp"

#include "runtime/scan/keyword_search.hpp"

namespace skein::scan {
namespace {

written_regex regex_of(const std::string& text, const std::string& file, const toml::node& node) {
  const auto& begin = node.source().begin;
  return {text, file, begin.line, begin.column};
}

}  // namespace

const toml::node* rule_table::find(std::string_view key) const {
  if (const toml::node* exact = table_.get(key)) return exact;
  const std::string wanted = lower_ascii(key);
  for (const auto& [name, node] : table_) {
    if (lower_ascii(name.str()) == wanted) return &node;
  }
  return nullptr;
}

void rule_table::read(const char* key, written_regex& into) {
  const toml::node* found = find(key);
  if (found == nullptr) return;
  if (const auto text = found->value_exact<std::string>()) {
    into = regex_of(*text, file_, *found);
  } else {
    fail(key, "a string");
  }
}

void rule_table::read(const char* key, std::vector<written_regex>& into) {
  const toml::node* found = find(key);
  if (found == nullptr) return;
  const toml::array* array = found->as_array();
  bool strings = array != nullptr;
  if (strings) {
    for (const toml::node& element : *array) {
      const auto text = element.value_exact<std::string>();
      strings = strings && text && !text->empty();
      if (strings) into.push_back(regex_of(*text, file_, element));
    }
  }
  if (!strings) fail(key, "an array of strings, none empty");
}

void rule_table::read(const char* key, std::vector<std::string>& into) {
  std::vector<written_regex> texts;
  read(key, texts);
  for (auto& each : texts) into.push_back(std::move(each.text));
}

std::vector<const toml::table*> rule_table::tables(const char* key) {
  std::vector<const toml::table*> all;
  const toml::node* found = find(key);
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

void rule_table::fail(const std::string& key, const std::string& expected) {
  if (!reason_.empty()) return;
  reason_ = key + ": expected " + expected;
  const toml::node* found = find(key);
  at_ = found != nullptr ? found->source().begin : table_.source().begin;
}

result<> rule_table::checked() const {
  if (reason_.empty()) return {};
  return rule_error(place_of({{}, file_, at_.line, at_.column}), rule_, reason_);
}

}  // namespace skein::scan
