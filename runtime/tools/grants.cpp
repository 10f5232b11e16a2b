#include "runtime/tools/grants.hpp"

#include "schema/text.hpp"
#include "schema/yaml_tree.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <set>

namespace skein::tools {
namespace {

using schema::detail::in_quotes;
using schema::detail::yaml_node;

constexpr std::size_t most_bytes = 1U << 20;
constexpr schema::detail::yaml_limits bounds{most_bytes, 8, 20'000};

error wrong(const std::string& file, const schema::detail::place& at, const std::string& what) {
  return {errc::invalid,
          file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + what,
          "say for each grant newAsset, newSideEffect, dataLeaving, silentFailure, preventingGate "
          "and provingLog"};
}

/// Small letters, without blanks at the ends.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const auto first = out.find_first_not_of(" \t\n.");
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(" \t\n.") - first + 1);
}

bool says_nothing(const std::string& key, const std::string& text) {
  static const std::set<std::string> blanks{"",   "todo", "tbd",  "fixme",   "xxx", "?", "-",
                                            "--", "n/a",  "null", "unknown", "tba", "na"};
  const auto said = plain(text);
  if (blanks.contains(said)) return true;
  const bool needed = key == "preventingGate" || key == "provingLog";
  return needed && (said == "none" || said == "nothing" || said == "no");
}

result<schema::capability_manifest> read_one(const std::string& name, const yaml_node& node,
                                             const std::string& file) {
  schema::capability_manifest out;
  const std::pair<const char*, std::string*> fields[] = {{"newAsset", &out.new_asset},
                                                         {"newSideEffect", &out.new_side_effect},
                                                         {"dataLeaving", &out.data_leaving},
                                                         {"silentFailure", &out.silent_failure},
                                                         {"preventingGate", &out.preventing_gate},
                                                         {"provingLog", &out.proving_log}};
  if (node.form != yaml_node::shape::map) return wrong(file, node.at, name + " has no manifest");
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& key = node.keys[i].text;
    const auto known = std::find_if(std::begin(fields), std::end(fields),
                                    [&key](const auto& each) { return key == each.first; });
    if (known == std::end(fields)) {
      return wrong(file, node.keys[i].at, "unknown key " + in_quotes(key));
    }
    const auto& value = node.items[i];
    if (!value.scalar.is_string()) return wrong(file, value.at, in_quotes(key) + " is no text");
    *known->second = value.scalar.get<std::string>();
  }
  for (const auto& [key, value] : fields) {
    if (says_nothing(key, *value)) {
      return wrong(file, node.at, "the manifest of " + name + " says nothing about " + key);
    }
  }
  return out;
}

}  // namespace

const std::vector<std::string>& grantable() {
  static const std::vector<std::string> all{
      "agent/script",         "agent/model",     "agent/external",     "agent/replay",
      "network/registries",   "network/allow",   "provider/anthropic", "provider/openai-responses",
      "provider/openai-chat", "sandbox/overlay", "sandbox/copy",       "sandbox/own-memory"};
  return all;
}

result<grants> read_grants(std::string_view text, const std::string& file) {
  if (text.size() > most_bytes) return wrong(file, {1, 1}, "the file is longer than 1 MiB");
  if (const auto bad = schema::detail::find_bad_byte(text)) return wrong(file, {1, 1}, bad->what);
  const auto tree = schema::detail::read_yaml(text, bounds);
  if (tree.fault) return wrong(file, tree.fault->at, tree.fault->what);
  if (tree.documents.size() != 1) return wrong(file, {1, 1}, "not exactly one document");
  const auto& root = tree.documents.front();
  if (root.form != yaml_node::shape::map) return wrong(file, root.at, "not a map");
  grants out;
  bool version = false;
  bool kind = false;
  for (std::size_t i = 0; i < root.keys.size(); ++i) {
    const auto& key = root.keys[i].text;
    const auto& value = root.items[i];
    if (key == "apiVersion") {
      version = value.scalar == "skein/v1";
    } else if (key == "kind") {
      kind = value.scalar == "Grants";
    } else if (key == "grants" && value.form == yaml_node::shape::map) {
      for (std::size_t k = 0; k < value.keys.size(); ++k) {
        const auto& name = value.keys[k].text;
        const auto& known = grantable();
        if (std::find(known.begin(), known.end(), name) == known.end()) {
          return wrong(file, value.keys[k].at, "unknown grant " + in_quotes(name));
        }
        SKEIN_TRY(one, read_one(name, value.items[k], file));
        out.emplace(name, std::move(one));
      }
    } else {
      return wrong(file, root.keys[i].at, in_quotes(key) + " is unknown or of a wrong type");
    }
  }
  if (!version || !kind) return wrong(file, root.at, "not apiVersion: skein/v1 and kind: Grants");
  for (const auto& name : grantable()) {
    if (!out.contains(name)) return wrong(file, root.at, name + " has no manifest");
  }
  return out;
}

result<grants> load_grants(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return errno_error("open " + path.string(), errno);
  std::string text(most_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return read_grants(text, path.string());
}

}  // namespace skein::tools
