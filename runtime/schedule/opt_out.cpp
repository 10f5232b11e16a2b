#include "runtime/schedule/opt_out.hpp"

#include "schema/text.hpp"
#include "schema/yaml_tree.hpp"

#include <algorithm>

namespace skein::schedule {

namespace {

using schema::detail::yaml_node;

constexpr std::size_t most_campaigns = 1000;
constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_reason = 500;

error wrong(schema::detail::place at, const std::string& what) {
  return {errc::invalid,
          std::string{opt_out_file} + ":" + std::to_string(at.line) + ":" +
              std::to_string(at.column) + ": " + what,
          "optOut: true, or optOut: [campaign names]"};
}

result<std::vector<std::string>> names_of(const yaml_node& list) {
  std::vector<std::string> out;
  if (list.items.size() > most_campaigns) return wrong(list.at, "more than 1000 campaigns");
  for (const auto& item : list.items) {
    if (item.form != yaml_node::shape::scalar || !item.scalar.is_string() ||
        item.scalar.get_ref<const std::string&>().size() > longest_name ||
        item.scalar.get_ref<const std::string&>().empty()) {
      return wrong(item.at, "not a campaign name");
    }
    out.push_back(item.scalar.get<std::string>());
  }
  return out;
}

}  // namespace

bool opt_out::refuses(std::string_view campaign) const {
  return of_everything ||
         std::any_of(campaigns.begin(), campaigns.end(), [&](const std::string& name) {
           return name.ends_with('*')
                      ? campaign.starts_with(std::string_view{name}.substr(0, name.size() - 1))
                      : campaign == name;
         });
}

result<opt_out> parse_opt_out(std::string_view text) {
  if (text.size() > largest_opt_out_file) return wrong({1, 1}, "larger than 64 KiB");
  if (const auto bad = schema::detail::find_bad_byte(text)) return wrong({1, 1}, bad->what);
  const auto read = schema::detail::read_yaml(text, {largest_opt_out_file, 16, 5000});
  if (read.fault) return wrong(read.fault->at, read.fault->what);
  if (read.documents.empty()) return opt_out{};
  if (read.documents.size() > 1) return wrong(read.documents[1].at, "a second document");
  const auto& root = read.documents.front();
  if (root.form == yaml_node::shape::scalar && root.scalar.is_null()) return opt_out{};
  if (root.form != yaml_node::shape::map) return wrong(root.at, "not a map");
  opt_out out;
  for (std::size_t i = 0; i < root.keys.size(); ++i) {
    const auto& value = root.items[i];
    if (root.keys[i].text == "optOut") {
      if (value.form == yaml_node::shape::list) {
        SKEIN_TRY(names, names_of(value));
        out.campaigns = std::move(names);
      } else if (value.form == yaml_node::shape::scalar && value.scalar.is_boolean()) {
        out.of_everything = value.scalar.get<bool>();
      } else {
        return wrong(value.at, "optOut is neither true, false nor a list");
      }
    } else if (root.keys[i].text == "reason") {
      if (value.form != yaml_node::shape::scalar || !value.scalar.is_string() ||
          value.scalar.get_ref<const std::string&>().size() > longest_reason) {
        return wrong(value.at, "reason is not a text of at most 500 bytes");
      }
      out.reason = value.scalar.get<std::string>();
    }
  }
  return out;
}

}  // namespace skein::schedule
