// See report.hpp.
#include "runtime/diff/report.hpp"

#include "schema/identity.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace skein::diff {
namespace {

using nlohmann::json;

std::string fingerprint_of(const finding& each) {
  return schema::sha256_hex(schema::canonical_json(
      json::array({each.rule, each.path, each.before, each.after, each.message})));
}

json object_of(const finding& each) {
  return {
      {"path", each.path},         {"line", each.line},     {"rule", each.rule},
      {"severity", each.severity}, {"action", each.action}, {"message", each.message},
      {"before", each.before},     {"after", each.after},   {"fingerprint", fingerprint_of(each)}};
}

/// Percent-encoded as far as RFC 3986 asks for in a path.
std::string uri_of(const std::string& path) {
  constexpr std::string_view plain = "-._~/!$&'()*+,;=@";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string uri;
  for (const char c : path) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || plain.find(c) != std::string_view::npos) {
      uri += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    uri.append({'%', digits[byte >> 4U], digits[byte & 15U]});
  }
  return uri;
}

const char* level_of(const finding& each) {
  if (each.severity == "error") return "error";
  return each.severity == "warning" ? "warning" : "note";
}

json result_of(const finding& each, std::size_t rule) {
  std::string text = each.message;
  if (!each.before.empty()) text += "\nbefore: " + each.before;
  if (!each.after.empty()) text += "\nafter: " + each.after;
  json out{{"ruleId", each.rule},
           {"ruleIndex", rule},
           {"level", level_of(each)},
           {"message", {{"text", text}}},
           {"properties", {{"action", each.action}}},
           {"partialFingerprints", {{"diffGate/v1", fingerprint_of(each)}}}};
  if (!each.path.empty()) {
    json place{{"artifactLocation", {{"uri", uri_of(each.path)}}}};
    if (each.line != 0) place["region"] = {{"startLine", each.line}};
    out["locations"] = json::array({json{{"physicalLocation", std::move(place)}}});
  }
  return out;
}

}  // namespace

json json_of(const examination& found) {
  auto all = json::array();
  for (const auto& each : found.findings) all.push_back(object_of(each));
  return all;
}

std::string json_lines_of(const examination& found) {
  std::string all;
  for (const auto& each : found.findings) all += schema::dump(object_of(each)) + "\n";
  return all;
}

json sarif_of(const examination& found, const std::string& version) {
  auto rules = json::array();
  auto results = json::array();
  std::map<std::string, std::size_t> known;
  for (const auto& each : found.findings) {
    const auto [at, is_new] = known.emplace(each.rule, known.size());
    if (is_new) {
      const auto text = each.message.substr(0, each.message.find(": "));
      rules.push_back({{"id", each.rule},
                       {"shortDescription", {{"text", text}}},
                       {"defaultConfiguration", {{"level", level_of(each)}}}});
    }
    results.push_back(result_of(each, at->second));
  }
  const json driver{{"name", "skein"},
                    {"version", version},
                    {"semanticVersion", version},
                    {"informationUri", "https://skein.example/docs/security"},
                    {"rules", std::move(rules)}};
  const json run{{"tool", {{"driver", driver}}},
                 {"columnKind", "utf16CodeUnits"},
                 {"results", std::move(results)}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", json::array({run})}};
}

std::string text_of(const examination& found) {
  std::string out;
  for (const auto& each : found.findings) {
    out += each.path.empty() ? "-" : each.path;
    if (each.line != 0) out += ":" + std::to_string(each.line);
    out += ": " + each.action + ": " + each.message + " [" + each.rule + "]\n";
    if (!each.before.empty()) out += "  - " + each.before + "\n";
    if (!each.after.empty()) out += "  + " + each.after + "\n";
  }
  return out;
}

json facts_of(const examination& found) {
  auto files = json::array();
  for (const auto& each : found.files) {
    files.push_back({{"path", each.path},
                     {"oldPath", each.old_path},
                     {"kinds", each.kinds},
                     {"language", each.language},
                     {"insertions", each.insertions},
                     {"deletions", each.deletions},
                     {"casesRemoved", each.cases_removed},
                     {"casesAdded", each.cases_added},
                     {"assertionsRemoved", each.assertions_removed},
                     {"assertionsAdded", each.assertions_added}});
  }
  return {{"files", std::move(files)},
          {"risk", schema::to_string(found.risk)},
          {"raisedRisk", found.raised_risk}};
}

}  // namespace skein::diff
