// Typed reading of YAML. See table_node.hpp.
#include "runtime/diff/table_node.hpp"

#include <algorithm>

namespace skein::diff {

using shape = yaml_node::shape;

void table_node::fail(const yaml_node& node, const std::string& what, const std::string& expected) {
  if (failed_) return;
  failed_ = error{errc::invalid,
                  file_ + ":" + std::to_string(node.at.line) + ":" +
                      std::to_string(node.at.column) + ": " + what + ", expected " + expected,
                  "correct the table"};
}

const yaml_node* table_node::find(const yaml_node& node, std::string_view key) {
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    if (node.keys[i].text == key) return &node.items[i];
  }
  return nullptr;
}

bool table_node::is_map(const yaml_node& node, std::initializer_list<std::string_view> keys) {
  if (node.form != shape::map) {
    fail(node, "this is no map", "keys and values");
    return false;
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    if (std::find(keys.begin(), keys.end(), node.keys[i].text) != keys.end()) continue;
    std::string known;
    for (const auto key : keys) known += (known.empty() ? "" : ", ") + std::string{key};
    fail(node.items[i], "unknown key " + node.keys[i].text, "one of " + known);
    return false;
  }
  return true;
}

std::string table_node::text(const yaml_node& node) {
  if (node.form == shape::scalar && node.scalar.is_string()) {
    return node.scalar.get<std::string>();
  }
  fail(node, "this is no text", "a quoted text");
  return {};
}

bool table_node::flag(const yaml_node& node) {
  if (node.form == shape::scalar && node.scalar.is_boolean()) return node.scalar.get<bool>();
  fail(node, "this is no boolean", "true or false");
  return false;
}

std::vector<std::string> table_node::texts(const yaml_node& node) {
  if (node.form == shape::scalar) return {text(node)};
  if (node.form != shape::list) {
    fail(node, "this is no list", "a list of texts");
    return {};
  }
  std::vector<std::string> out;
  out.reserve(node.items.size());
  for (const auto& item : node.items) out.push_back(text(item));
  return out;
}

std::string table_node::text(const yaml_node& map, std::string_view key) {
  const auto* found = find(map, key);
  return found == nullptr ? std::string{} : text(*found);
}

bool table_node::flag(const yaml_node& map, std::string_view key) {
  const auto* found = find(map, key);
  return found != nullptr && flag(*found);
}

std::vector<std::string> table_node::texts(const yaml_node& map, std::string_view key) {
  const auto* found = find(map, key);
  return found == nullptr ? std::vector<std::string>{} : texts(*found);
}

}  // namespace skein::diff
