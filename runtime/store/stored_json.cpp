// Column JSON. The form is the store's own: it keeps every member, whatever the public JSON shows.
#include "runtime/store/stored_json.hpp"

#include "schema/identity.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace skein::store {

namespace {

using nlohmann::json;

template <class Value>
void get(const json& from, const char* name, Value& into) {
  if (const auto found = from.find(name); found != from.end()) found->get_to(into);
}

json parse_object(const std::string& text) {
  json out = json::parse(text);
  if (!out.is_object()) throw std::runtime_error("expected a JSON object");
  return out;
}

json parse_array(const std::string& text) {
  json out = json::parse(text);
  if (!out.is_array()) throw std::runtime_error("expected a JSON array");
  return out;
}

schema::publish_mode mode_of(const std::string& text) {
  for (const auto each : {schema::publish_mode::pr, schema::publish_mode::draft,
                          schema::publish_mode::patch, schema::publish_mode::none}) {
    if (schema::to_string(each) == text) return each;
  }
  throw std::runtime_error("unknown publish mode " + text);
}

}  // namespace

std::string encode(const schema::diff_summary& value) {
  return schema::canonical_json({{"files", value.files},
                                 {"insertions", value.insertions},
                                 {"deletions", value.deletions},
                                 {"sha256", value.sha256}});
}

schema::diff_summary decode_diff(const std::string& text) {
  const json from = parse_object(text);
  schema::diff_summary out;
  get(from, "files", out.files);
  get(from, "insertions", out.insertions);
  get(from, "deletions", out.deletions);
  get(from, "sha256", out.sha256);
  return out;
}

std::string encode(const schema::publication& value) {
  return schema::canonical_json({{"mode", schema::to_string(value.mode)},
                                 {"branch", value.branch},
                                 {"commit", value.commit},
                                 {"url", value.url},
                                 {"draft", value.draft},
                                 {"title", value.title},
                                 {"body", value.body}});
}

schema::publication decode_publication(const std::string& text) {
  const json from = parse_object(text);
  schema::publication out;
  std::string mode;
  get(from, "mode", mode);
  out.mode = mode_of(mode);
  get(from, "branch", out.branch);
  get(from, "commit", out.commit);
  get(from, "url", out.url);
  get(from, "draft", out.draft);
  get(from, "title", out.title);
  get(from, "body", out.body);
  return out;
}

std::string encode(const schema::usage& value) {
  nlohmann::json out{{"tokensIn", value.tokens_in},
                     {"tokensOut", value.tokens_out},
                     {"usd", value.usd},
                     {"toolCalls", value.tool_calls},
                     {"wallMs", value.wall_ms},
                     {"cpuMs", value.cpu_ms},
                     {"shellOutputBytes", value.shell_output_bytes}};
  if (value.file_read_bytes != 0) out["fileReadBytes"] = value.file_read_bytes;
  if (value.repairs != 0) out["repairs"] = value.repairs;
  return schema::canonical_json(out);
}

schema::usage decode_usage(const std::string& text) {
  const json from = parse_object(text);
  schema::usage out;
  get(from, "tokensIn", out.tokens_in);
  get(from, "tokensOut", out.tokens_out);
  get(from, "usd", out.usd);
  get(from, "toolCalls", out.tool_calls);
  get(from, "wallMs", out.wall_ms);
  get(from, "cpuMs", out.cpu_ms);
  get(from, "shellOutputBytes", out.shell_output_bytes);
  get(from, "fileReadBytes", out.file_read_bytes);
  get(from, "repairs", out.repairs);
  return out;
}

std::string encode(const schema::verdict& value) {
  return schema::canonical_json(schema::to_json(value));
}

schema::verdict decode_verdict(const std::string& text) {
  return schema::verdict_from_json(parse_object(text));
}

std::string encode(const std::vector<schema::verdict>& values) {
  json out = json::array();
  for (const schema::verdict& each : values) out.push_back(schema::to_json(each));
  return schema::canonical_json(out);
}

std::vector<schema::verdict> decode_verdicts(const std::string& text) {
  std::vector<schema::verdict> out;
  for (const json& each : parse_array(text)) out.push_back(schema::verdict_from_json(each));
  return out;
}

std::string encode(const std::vector<schema::finding>& values) {
  json out = json::array();
  for (const schema::finding& each : values) {
    out.push_back({{"rule", each.rule},
                   {"severity", each.severity},
                   {"path", each.path},
                   {"line", each.line},
                   {"action", each.action},
                   {"message", each.message}});
  }
  return schema::canonical_json(out);
}

std::vector<schema::finding> decode_findings(const std::string& text) {
  std::vector<schema::finding> out;
  for (const json& from : parse_array(text)) {
    schema::finding each;
    get(from, "rule", each.rule);
    get(from, "severity", each.severity);
    get(from, "path", each.path);
    get(from, "line", each.line);
    get(from, "action", each.action);
    get(from, "message", each.message);
    out.push_back(std::move(each));
  }
  return out;
}

std::string encode(const schema::failure& value, const std::string& run_id) {
  return schema::canonical_json(schema::to_json(value, run_id));
}

schema::failure decode_failure(const std::string& text) {
  return schema::failure_from_json(parse_object(text));
}

std::string encode(const schema::stage_timings& values) {
  // By hand: this is part of every transition.
  std::string out = "[";
  for (const std::int64_t each : values) {
    if (out.size() > 1) out += ',';
    out += std::to_string(each);
  }
  return out += ']';
}

schema::stage_timings decode_timings(const std::string& text) {
  const json from = parse_array(text);
  schema::stage_timings out{};
  if (from.size() != out.size()) throw std::runtime_error("expected one timing per stage");
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = from[i].get<std::int64_t>();
  return out;
}

}  // namespace skein::store
