// See report.hpp.
#include "runtime/scan/report.hpp"

#include "schema/identity.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace skein::scan {
namespace {

using nlohmann::json;

/// Percent-encoded as far as RFC 3986 asks for in a path.
std::string uri_of(const std::string& path) {
  constexpr std::string_view plain = "-._~/!$&'()*+,;=@";
  std::string uri;
  for (const char c : path) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || plain.find(c) != std::string_view::npos) {
      uri += c;
      continue;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    uri.append({'%', digits[byte >> 4U], digits[byte & 15U]});
  }
  if (uri.empty()) return "unknown";
  return uri.front() == '/' ? "file://" + uri : uri;
}

}  // namespace

json json_of(const std::vector<secret_finding>& findings) {
  auto all = json::array();
  for (const auto& each : findings) {
    all.push_back({{"path", each.path},
                   {"line", each.line},
                   {"rule", each.rule},
                   {"description", each.description},
                   {"fingerprint", each.fingerprint}});
  }
  return all;
}

std::string json_lines_of(const std::vector<secret_finding>& findings) {
  std::string all;
  for (const auto& each : findings) {
    all += schema::dump({{"path", each.path},
                         {"line", each.line},
                         {"rule", each.rule},
                         {"fingerprint", each.fingerprint}}) +
           "\n";
  }
  return all;
}

json sarif_of(const std::vector<secret_finding>& findings, const std::string& version) {
  auto rules = json::array();
  auto results = json::array();
  std::map<std::string, std::size_t> known;
  for (const auto& each : findings) {
    const auto [at, is_new] = known.emplace(each.rule, known.size());
    if (is_new) {
      rules.push_back({{"id", each.rule},
                       {"shortDescription", {{"text", each.description}}},
                       {"defaultConfiguration", {{"level", "error"}}}});
    }
    const json place{{"artifactLocation", {{"uri", uri_of(each.path)}}},
                     {"region", {{"startLine", each.line == 0 ? 1 : each.line}}}};
    results.push_back({{"ruleId", each.rule},
                       {"ruleIndex", at->second},
                       {"level", "error"},
                       {"message", {{"text", each.description}}},
                       {"locations", json::array({json{{"physicalLocation", place}}})},
                       {"partialFingerprints", {{"secret/v1", each.fingerprint}}}});
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

}  // namespace skein::scan
