#include "runtime/model/prices.hpp"

#include "schema/embedded.hpp"
#include "schema/text.hpp"
#include "schema/yaml_tree.hpp"

#include <algorithm>
#include <cctype>

namespace skein::embedded {
[[nodiscard]] std::span<const file> model_prices();
}

namespace skein::model {
namespace {

using schema::detail::yaml_node;

constexpr std::size_t most_bytes = 1U << 20;
constexpr schema::detail::yaml_limits bounds{most_bytes, 8, 20'000};
constexpr double highest = 1e6;
// Nothing is known at all: dearer than anything sold today.
constexpr price unheard_of{100, 500, 100, 125, false};

class reader {
 public:
  explicit reader(const std::string& file) : file_(file) {}

  [[nodiscard]] error wrong(const schema::detail::place& at, const std::string& what) const {
    return {errc::invalid,
            file_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + what,
            "write NAME: {input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75}, in USD per "
            "million tokens"};
  }

  result<price_table> read(const yaml_node& root) const {
    if (root.form != yaml_node::shape::map) return wrong(root.at, "not a map");
    price_table out;
    bool version = false;
    bool kind = false;
    for (std::size_t i = 0; i < root.keys.size(); ++i) {
      const std::string& key = root.keys[i].text;
      const yaml_node& value = root.items[i];
      if (key == "apiVersion") {
        version = value.scalar == "skein/v1";
      } else if (key == "kind") {
        kind = value.scalar == "ModelPrices";
      } else if (key == "models" && value.form == yaml_node::shape::map) {
        for (std::size_t j = 0; j < value.keys.size(); ++j) {
          SKEIN_TRY(one, read_price(value.items[j]));
          out.set(value.keys[j].text, one);
        }
      } else {
        return wrong(root.keys[i].at, "unexpected " + schema::detail::in_quotes(key));
      }
    }
    if (!version || !kind) return wrong(root.at, "not apiVersion: skein/v1 and kind: ModelPrices");
    return out;
  }

 private:
  result<price> read_price(const yaml_node& node) const {
    if (node.form != yaml_node::shape::map) return wrong(node.at, "not a map of prices");
    price out;
    bool has_input = false;
    bool has_output = false;
    double read = -1;
    double write = -1;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& key = node.keys[i].text;
      const nlohmann::json& value = node.items[i].scalar;
      if (key == "encryptedReasoning" && value.is_boolean()) {
        out.encrypted_reasoning = value.get<bool>();
        continue;
      }
      if (!value.is_number() || value.get<double>() < 0 || value.get<double>() > highest)
        return wrong(node.items[i].at, schema::detail::in_quotes(key) + " is not a price");
      const double number = value.get<double>();
      if (key == "input")
        out.input = number, has_input = true;
      else if (key == "output")
        out.output = number, has_output = true;
      else if (key == "cacheRead")
        read = number;
      else if (key == "cacheWrite")
        write = number;
      else
        return wrong(node.keys[i].at, "unknown key " + schema::detail::in_quotes(key));
    }
    if (!has_input || !has_output) return wrong(node.at, "a price without input or output");
    out.cache_read = read < 0 ? out.input : read;
    out.cache_write = write < 0 ? out.input : write;
    return out;
  }

  const std::string& file_;
};

/// `-20250929`, `-2025-08-07`, `-latest`.
bool is_version(std::string_view rest) {
  if (rest.empty() || rest == "-latest") return true;
  if (rest.front() != '-' && rest.front() != '@') return false;
  std::size_t digits = 0;
  for (const char c : rest.substr(1)) {
    if (c == '-') continue;
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return false;
    ++digits;
  }
  return digits == 8;
}

}  // namespace

double price::usd(const usage& used) const noexcept {
  return (static_cast<double>(used.input) * input + static_cast<double>(used.output) * output +
          static_cast<double>(used.cache_read) * cache_read +
          static_cast<double>(used.cache_write) * cache_write) /
         1e6;
}

result<price_table> price_table::read(std::string_view text, const std::string& file) {
  const reader from(file);
  if (text.size() > most_bytes || schema::detail::find_bad_byte(text))
    return from.wrong({}, "too long, or not plain text");
  const auto tree = schema::detail::read_yaml(text, bounds);
  if (tree.fault) return from.wrong(tree.fault->at, tree.fault->what);
  if (tree.documents.size() != 1) return from.wrong({}, "not one document");
  return from.read(tree.documents.front());
}

const price_table& price_table::shipped() {
  static const price_table table = [] {
    const embedded::file& file = embedded::model_prices().front();
    auto read = price_table::read(file.text, std::string(file.name));
    return read ? *read : price_table{};
  }();
  return table;
}

price_table::found price_table::find(std::string_view model) const {
  for (const auto& [name, value] : models_)
    if (model.starts_with(name) && is_version(model.substr(name.size()))) return {value, true};
  found out{models_.empty() ? unheard_of : price{}, false};
  for (const auto& [name, value] : models_) {
    out.value.input = std::max(out.value.input, value.input);
    out.value.output = std::max(out.value.output, value.output);
    out.value.cache_read = std::max(out.value.cache_read, value.cache_read);
    out.value.cache_write = std::max(out.value.cache_write, value.cache_write);
  }
  return out;
}

}  // namespace skein::model
