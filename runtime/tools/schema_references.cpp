#include "runtime/tools/schema_references.hpp"

#include "schema/text.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace skein::tools {

namespace {

using nlohmann::json;
using schema::detail::in_quotes;

constexpr std::size_t most_parts = 5000;
constexpr std::size_t deepest = 40;

constexpr const char* annotations[] = {"$schema",
                                       "$id",
                                       "id",
                                       "$comment",
                                       "title",
                                       "description",
                                       "default",
                                       "examples",
                                       "example",
                                       "format",
                                       "readOnly",
                                       "writeOnly",
                                       "definitions",
                                       "$defs",
                                       "$anchor",
                                       "contentEncoding",
                                       "contentMediaType",
                                       "deprecated"};
constexpr const char* lists[] = {"allOf", "anyOf", "oneOf"};
constexpr const char* parts[] = {"not",
                                 "if",
                                 "then",
                                 "else",
                                 "contains",
                                 "items",
                                 "additionalItems",
                                 "additionalProperties",
                                 "propertyNames"};
constexpr const char* not_checkable[] = {
    "patternProperties", "$dynamicRef",      "$recursiveRef",     "unevaluatedProperties",
    "unevaluatedItems",  "dependentSchemas", "dependentRequired", "prefixItems",
    "minContains",       "maxContains"};

template <std::size_t N>
bool in(const char* const (&words)[N], const std::string& word) {
  return std::any_of(std::begin(words), std::end(words),
                     [&](const char* each) { return word == each; });
}

error unsupported(std::string what) {
  return {errc::unsupported, std::move(what), "write the schema without it"};
}
error invalid(std::string what) {
  return {errc::invalid, std::move(what), "correct the schema (JSON Schema draft-07)"};
}

class resolver {
 public:
  explicit resolver(const json& root) : root_(root) {}

  result<> resolve(const json& from, json& into, std::size_t depth) {
    if (++count_ > most_parts || depth > deepest) {
      return unsupported("the schema is too large once its references are resolved");
    }
    if (from.is_boolean()) {
      // valijson takes booleans only in some places.
      into = from == true ? json::object() : json{{"not", json::object()}};
      return {};
    }
    if (!from.is_object()) return invalid("a part of the schema is neither a map nor a boolean");
    if (const auto reference = from.find("$ref"); reference != from.end()) {
      return follow(*reference, into, depth);
    }
    into = json::object();
    for (const auto& [key, value] : from.items()) {
      if (in(annotations, key)) continue;
      if (in(not_checkable, key)) return unsupported("keyword " + key + " cannot be checked");
      json part;
      SKEIN_CHECK(resolve_part(key, value, part, depth));
      into[key] = std::move(part);
    }
    return {};
  }

 private:
  result<> resolve_part(const std::string& key, const json& value, json& into, std::size_t depth) {
    if (in(lists, key) || (key == "items" && value.is_array())) {
      if (!value.is_array() || (value.empty() && key != "items")) {
        return invalid(key + " is no list of schemas");
      }
      into = json::array();
      for (const json& each : value) {
        json part;
        SKEIN_CHECK(resolve(each, part, depth + 1));
        into.push_back(std::move(part));
      }
      return {};
    }
    if (key == "additionalProperties" && value.is_boolean()) {
      into = value;
      return {};
    }
    if (in(parts, key)) return resolve(value, into, depth + 1);
    if (key == "properties" || key == "dependencies") {
      if (!value.is_object()) return invalid(key + " is no map");
      into = json::object();
      for (const auto& [name, each] : value.items()) {
        if (key == "dependencies" && each.is_array()) {
          into[name] = each;
          continue;
        }
        json part;
        SKEIN_CHECK(resolve(each, part, depth + 1));
        into[name] = std::move(part);
      }
      return {};
    }
    if (key == "multipleOf" && (!value.is_number() || !(value.get<double>() > 0))) {
      return invalid("multipleOf is no number above 0");
    }
    into = value;
    return {};
  }

  result<> follow(const json& reference, json& into, std::size_t depth) {
    if (!reference.is_string()) return invalid("$ref is no text");
    const std::string to = reference.get<std::string>();
    if (!to.starts_with('#')) {
      return unsupported("$ref " + in_quotes(to) + " leads out of the schema");
    }
    if (std::find(open_.begin(), open_.end(), to) != open_.end()) {
      return unsupported("$ref " + in_quotes(to) + " leads to itself");
    }
    const json* target = nullptr;
    try {
      target = &root_.at(json::json_pointer(to.substr(1)));
    } catch (const json::exception&) {
      return invalid("$ref " + in_quotes(to) + " leads nowhere");
    }
    open_.push_back(to);
    const auto done = resolve(*target, into, depth + 1);
    open_.pop_back();
    return done;
  }

  const json& root_;
  std::vector<std::string> open_;
  std::size_t count_ = 0;
};

}  // namespace

result<> resolve_references(const nlohmann::json& schema, nlohmann::json& into) {
  return resolver(schema).resolve(schema, into, 0);
}

}  // namespace skein::tools
