// Reads typed values out of one YAML file and keeps the first thing that is wrong, with its place.
#pragma once

#include "schema/error.hpp"
#include "schema/yaml_tree.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::diff {

using schema::detail::yaml_node;

class table_node {
 public:
  explicit table_node(std::string file) : file_(std::move(file)) {}

  void fail(const yaml_node& node, const std::string& what, const std::string& expected);
  [[nodiscard]] const std::optional<error>& failed() const noexcept { return failed_; }

  /// The value of `key`, or null. `node` is a map.
  [[nodiscard]] static const yaml_node* find(const yaml_node& node, std::string_view key);
  /// A map with no other keys than these; false otherwise.
  bool is_map(const yaml_node& node, std::initializer_list<std::string_view> keys);
  [[nodiscard]] std::string text(const yaml_node& node);
  [[nodiscard]] bool flag(const yaml_node& node);
  [[nodiscard]] std::vector<std::string> texts(const yaml_node& node);

  // The same of a map's key; the default when there is none.
  [[nodiscard]] std::string text(const yaml_node& map, std::string_view key);
  [[nodiscard]] bool flag(const yaml_node& map, std::string_view key);
  [[nodiscard]] std::vector<std::string> texts(const yaml_node& map, std::string_view key);

 private:
  std::string file_;
  std::optional<error> failed_;
};

}  // namespace skein::diff
