// Validation by valijson against the embedded schemas, told in words. valijson sees a reduced
// schema: references resolved, and without the keywords whose errors nobody understands (oneOf, if,
// not) or that recurse once a character (pattern, in std::regex); check_meaning covers those.
#include "schema/document.hpp"
#include "schema/fault.hpp"
#include "schema/text.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <optional>

namespace skein::schema::detail {

namespace {

using nlohmann::json;

constexpr std::string_view left_out[] = {"$schema", "definitions", "pattern",      "oneOf",
                                         "if",      "then",        "dependencies", "propertyNames"};

json reduced(const json& schema, const json& root) {
  if (schema.is_array()) {
    json out = json::array();
    for (const json& each : schema) out.push_back(reduced(each, root));
    return out;
  }
  if (!schema.is_object()) return schema;
  json out = json::object();
  const json* target = nullptr;
  if (const auto found = schema.find("$ref"); found != schema.end()) {
    target = &root.at(json::json_pointer(found->get<std::string>().substr(1)));
  } else if (const auto all = schema.find("allOf");
             all != schema.end() && all->size() == 1 && all->front().contains("$ref")) {
    target = &root.at(json::json_pointer(all->front()["$ref"].get<std::string>().substr(1)));
  }
  if (target != nullptr) out = reduced(*target, root);
  for (const auto& [key, value] : schema.items()) {
    if (key == "$ref" || key == "allOf") continue;
    if (std::find(std::begin(left_out), std::end(left_out), key) != std::end(left_out)) continue;
    if (key == "properties") {
      // The names of properties are not keywords.
      json& properties = out[key] = json::object();
      for (const auto& [name, each] : value.items()) properties[name] = reduced(each, root);
    } else if (key == "examples" || key == "default" || key == "enum") {
      out[key] = value;
    } else {
      out[key] = reduced(value, root);
    }
  }
  return out;
}

struct compiled {
  json text;  ///< reduced
  valijson::Schema schema;
};

const compiled& compiled_schema(std::string_view name) {
  static const auto all = [] {
    std::map<std::string, std::unique_ptr<compiled>, std::less<>> out;
    for (const std::string& each : json_schema_names()) {
      const json original = json::parse(*json_schema(each));
      auto entry = std::make_unique<compiled>();
      entry->text = reduced(original, original);
      valijson::adapters::NlohmannJsonAdapter adapter(entry->text);
      valijson::SchemaParser().populateSchema(adapter, entry->schema);
      out.emplace(each, std::move(entry));
    }
    return out;
  }();
  return *all.at(std::string(name));
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string one_of(const std::vector<std::string>& words) {
  return (words.size() == 1 ? "" : "one of ") + joined(words);
}

/// "one of scope, intent": the keys of an object, the most alike first.
std::string known_keys(const json& schema, std::string_view unknown) {
  std::vector<std::string> keys;
  if (const auto properties = schema.find("properties"); properties != schema.end()) {
    for (const auto& [key, value] : properties->items()) keys.push_back(key);
  }
  const std::string_view compared = unknown.substr(0, 64);
  std::stable_sort(keys.begin(), keys.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(a, compared) < edit_distance(b, compared);
  });
  return keys.empty() ? "no key" : one_of(keys);
}

std::string number_text(const json& value) {
  if (value.is_number_float() &&
      value.get<double>() == static_cast<double>(value.get<std::int64_t>())) {
    return std::to_string(value.get<std::int64_t>());
  }
  return value.dump();
}

std::string range_text(const json& schema) {
  const bool low = schema.contains("minimum");
  const bool high = schema.contains("maximum");
  if (low && high) {
    return " from " + number_text(schema["minimum"]) + " to " + number_text(schema["maximum"]);
  }
  if (low) return " of at least " + number_text(schema["minimum"]);
  if (high) return " of at most " + number_text(schema["maximum"]);
  return "";
}

std::string length_text(const json& schema, const char* low, const char* high, const char* unit) {
  std::string out;
  if (schema.contains(low)) out += " of at least " + number_text(schema[low]) + unit;
  if (schema.contains(high)) {
    out += (out.empty() ? " of at most " : " and at most ") + number_text(schema[high]) + unit;
  }
  return out;
}

/// A noun phrase for what the schema accepts.
std::string expectation(const json& schema) {
  if (const auto words = schema.find("enum"); words != schema.end()) {
    std::vector<std::string> list;
    for (const json& each : *words) {
      list.push_back(each.is_string() ? each.get<std::string>() : each.dump());
    }
    return one_of(list);
  }
  if (const auto examples = schema.find("examples");
      examples != schema.end() && schema.contains("title")) {
    std::vector<std::string> list;
    for (const json& each : *examples) list.push_back(each.get<std::string>());
    return schema["title"].get<std::string>() + " such as " + joined(list);
  }
  const json type = schema.value("type", json());
  if (type == "integer") return "an integer" + range_text(schema);
  if (type == "number") return "a number" + range_text(schema);
  if (type == "boolean") return "true or false";
  if (type == "array") return "a list" + length_text(schema, "minItems", "maxItems", " entries");
  if (type == "object") {
    return "a map of keys" + length_text(schema, "minProperties", "maxProperties", " keys");
  }
  if (type == "string") {
    return "text" + length_text(schema, "minLength", "maxLength", " characters");
  }
  return "something else";
}

/// What stands there: `text "many"`.
std::string described(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return "nothing";
    case json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    case json::value_t::string:
      return "text " + in_quotes(value.get_ref<const std::string&>(), 40);
    case json::value_t::array:
      return "a list";
    case json::value_t::object:
      return "a map of keys";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      return "number " + value.dump();
    default:
      return "something else";
  }
}

/// The document's value and the schema's part that valijson's context names.
struct located {
  node_path path;
  const json* value = nullptr;
  const json* schema = nullptr;
};

std::optional<located> follow(const std::vector<std::string>& context, const json& document,
                              const json& schema) {
  located at{{}, &document, &schema};
  for (std::size_t index = 1; index < context.size(); ++index) {  // the first is "<root>"
    const std::string& step = context[index];
    if (step.size() < 2) return std::nullopt;
    std::string key = step.substr(1, step.size() - 2);  // "[key]"
    if (at.value->is_array()) {
      const auto number = static_cast<std::size_t>(std::strtoull(key.c_str(), nullptr, 10));
      if (number >= at.value->size() || !at.schema->contains("items")) return std::nullopt;
      at.value = &(*at.value)[number];
      at.schema = &(*at.schema)["items"];
    } else {
      const auto found = at.value->find(key);
      if (found == at.value->end()) return std::nullopt;
      at.value = &*found;
      const auto properties = at.schema->find("properties");
      if (properties != at.schema->end() && properties->contains(key)) {
        at.schema = &(*properties)[key];
      } else if (at.schema->contains("additionalProperties")) {
        at.schema = &(*at.schema)["additionalProperties"];
      } else {
        return std::nullopt;
      }
    }
    at.path.push_back(std::move(key));
  }
  return at;
}

void add_unknown_keys(const located& at, std::vector<fault>& out) {
  const json properties = at.schema->value("properties", json::object());
  for (const auto& [key, value] : at.value->items()) {
    if (properties.contains(key)) continue;
    if (out.size() >= most_faults) return;
    node_path path = at.path;
    path.push_back(key);
    out.push_back(
        {std::move(path), true, "unknown key " + in_quotes(key), known_keys(*at.schema, key)});
  }
}

/// valijson reports the parents of a failure too; only the leaves say something.
void translate(const valijson::ValidationResults::Error& error, const json& document,
               const json& schema, std::vector<fault>& out) {
  const std::string& text = error.description;
  if (text.starts_with("Failed to validate")) return;
  const auto at = follow(error.context, document, schema);
  if (!at) {
    out.push_back({{}, false, "does not match the schema", text});
    return;
  }
  if (text.starts_with("Object contains a property")) {
    add_unknown_keys(*at, out);
  } else if (text.starts_with("Missing required property '")) {
    const std::size_t begin = text.find('\'') + 1;
    const std::string key = text.substr(begin, text.rfind('\'') - begin);
    const json& properties = (*at->schema)["properties"];
    out.push_back({at->path, true, "key " + in_quotes(key) + " is missing",
                   properties.contains(key) ? expectation(properties[key]) : ""});
  } else if (text.starts_with("Value type not permitted")) {
    std::string expected = expectation(*at->schema);
    const bool wants_text = at->schema->value("type", json()) == "string";
    if (wants_text && (at->value->is_number() || at->value->is_boolean())) expected += " in quotes";
    out.push_back({at->path, false, "wrong type: " + described(*at->value), std::move(expected)});
  } else if (text.starts_with("Failed to match against any enum")) {
    // A wrong type says so already.
    if (!at->value->is_string() && !at->value->is_boolean()) return;
    out.push_back(
        {at->path, false, "unknown value " + described(*at->value), expectation(*at->schema)});
  } else if (text.starts_with("String should be no")) {
    const bool empty = at->value->get_ref<const std::string&>().empty();
    out.push_back({at->path, false, empty ? "the text is empty" : "the text is too long",
                   "text" + length_text(*at->schema, "minLength", "maxLength", " characters")});
  } else {
    out.push_back(
        {at->path, false, "out of range: " + described(*at->value), expectation(*at->schema)});
  }
}

}  // namespace

std::vector<fault> check_shape(const json& document, std::string_view name) {
  const compiled& schema = compiled_schema(name);
  valijson::ValidationResults results;
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  std::vector<fault> out;
  try {
    const valijson::adapters::NlohmannJsonAdapter adapter(document);
    if (validator.validate(schema.schema, adapter, &results)) return out;
  } catch (const std::exception& failed) {
    out.push_back({{}, false, std::string("cannot be validated: ") + failed.what(), ""});
    return out;
  }
  for (const auto& error : results) {
    if (out.size() >= most_faults) break;
    translate(error, document, schema.text, out);
  }
  if (out.empty()) out.push_back({{}, false, "does not match the schema", ""});
  return out;
}

}  // namespace skein::schema::detail
