#include "runtime/egress/registries.hpp"

#include "schema/text.hpp"
#include "schema/yaml_tree.hpp"

#include <array>
#include <cerrno>
#include <fstream>

namespace skein::egress {
namespace {

using schema::detail::yaml_node;

constexpr std::size_t most_bytes = 1U << 20;
constexpr schema::detail::yaml_limits bounds{most_bytes, 8, 20'000};

/// Walks one file; the first problem wins.
class reader {
 public:
  explicit reader(const std::string& file) : file_(file) {}

  result<registries> read(const yaml_node& root) {
    registries out;
    if (root.form != yaml_node::shape::map) return wrong(root.at, "not a map");
    bool version = false;
    bool kind = false;
    for (std::size_t i = 0; i < root.keys.size(); ++i) {
      const std::string& key = root.keys[i].text;
      const yaml_node& value = root.items[i];
      if (key == "apiVersion") {
        version = value.scalar == "skein/v1";
      } else if (key == "kind") {
        kind = value.scalar == "Registries";
      } else if (key == "registries") {
        SKEIN_TRY(found, read_all(value));
        out = std::move(found);
      } else {
        return wrong(root.keys[i].at, "unknown key " + schema::detail::in_quotes(key));
      }
    }
    if (!version || !kind) return wrong(root.at, "not apiVersion: skein/v1 and kind: Registries");
    return out;
  }

  [[nodiscard]] error wrong(const schema::detail::place& at, const std::string& what) const {
    return {errc::invalid,
            file_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + what,
            "write NAME: {hosts: [\"host:443\"], allowPrivate: false, tls: true}"};
  }

 private:
  result<registries> read_all(const yaml_node& node) {
    if (node.form != yaml_node::shape::map) return wrong(node.at, "not a map of registries");
    registries out;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      SKEIN_TRY(one, read_one(node.items[i]));
      out.emplace(node.keys[i].text, std::move(one));
    }
    return out;
  }

  result<schema::registry_config> read_one(const yaml_node& node) {
    if (node.form != yaml_node::shape::map) return wrong(node.at, "not a registry");
    schema::registry_config out;
    bool hosts = false;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& key = node.keys[i].text;
      const yaml_node& value = node.items[i];
      if (key == "hosts" && value.form == yaml_node::shape::list) {
        hosts = true;
        for (const yaml_node& item : value.items) SKEIN_CHECK(read_host(item, out));
      } else if ((key == "allowPrivate" || key == "tls") && value.scalar.is_boolean()) {
        (key == "tls" ? out.tls : out.allow_private) = value.scalar.get<bool>();
      } else {
        return wrong(value.at, schema::detail::in_quotes(key) + " is unknown or of a wrong type");
      }
    }
    if (!hosts) return wrong(node.at, "a registry without hosts");
    return out;
  }

  result<> read_host(const yaml_node& item, schema::registry_config& into) {
    if (!item.scalar.is_string()) return wrong(item.at, "a host that is no text");
    const auto& text = item.scalar.get_ref<const std::string&>();
    if (const auto rule = parse_rule(text); !rule) return wrong(item.at, rule.error().message);
    into.hosts.push_back(text);
    return {};
  }

  const std::string& file_;
};

result<std::vector<host_rule>> rules_of(const schema::registry_config& registry) {
  std::vector<host_rule> out;
  for (const std::string& text : registry.hosts) {
    SKEIN_TRY(rule, parse_rule(text));
    rule.allow_private = registry.allow_private;
    rule.tls = registry.tls;
    out.push_back(rule);
  }
  return out;
}

}  // namespace

result<registries> read_registries(std::string_view text, const std::string& file) {
  reader read(file);
  if (text.size() > most_bytes) return read.wrong({1, 1}, "the file is longer than 1 MiB");
  if (const auto bad = schema::detail::find_bad_byte(text)) return read.wrong({1, 1}, bad->what);
  const auto tree = schema::detail::read_yaml(text, bounds);
  if (tree.fault) return read.wrong(tree.fault->at, tree.fault->what);
  if (tree.documents.size() != 1) return read.wrong({1, 1}, "not exactly one document");
  return read.read(tree.documents.front());
}

result<registries> load_registries(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return errno_error("open " + path.string(), errno);
  std::string text(most_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return errno_error("read " + path.string(), EIO);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return read_registries(text, path.string());
}

registries with_own(registries shipped, const registries& own) {
  for (const auto& [name, registry] : own) {
    if (registry.hosts.empty()) {
      shipped.erase(name);
    } else {
      shipped.insert_or_assign(name, registry);
    }
  }
  return shipped;
}

result<allowlist> granted(const schema::capability_spec& capabilities, const registries& known) {
  if (capabilities.network == schema::network_grant::none) return allowlist();
  allowlist platform;
  for (const auto& [name, registry] : known) {
    SKEIN_TRY(rules, rules_of(registry));
    for (host_rule& rule : rules) platform.add(std::move(rule));
  }
  if (capabilities.network == schema::network_grant::registries) return platform;
  allowlist out;
  for (const std::string& text : capabilities.network_allow) {
    SKEIN_TRY(rule, parse_rule(text));
    for (const host_rule& platforms : platform.rules())
      if (platforms.host == rule.host && platforms.port == rule.port &&
          platforms.subdomains == rule.subdomains)
        rule = platforms;
    out.add(std::move(rule));
  }
  return out;
}

}  // namespace skein::egress
