#include "runtime/tools/argument_schema.hpp"

#include "runtime/tools/schema_references.hpp"
#include "schema/identity.hpp"
#include "schema/text.hpp"

#include <re2/re2.h>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace skein::tools {

namespace {

using nlohmann::json;
using schema::detail::in_quotes;

constexpr std::size_t most_mistakes = 10;
constexpr std::size_t most_values = 20'000;
constexpr std::size_t deepest_value = 32;

struct checker;

/// What valijson is not asked: where expressions and uniqueItems are in a schema, and the
/// combinations (anyOf, if, …) that hold some, because whether these hold depends on them.
struct expressions {
  struct combination {
    std::string key;                                 ///< allOf, anyOf, oneOf, not, if
    std::vector<std::unique_ptr<checker>> branches;  ///< of if: condition, then, else
  };
  std::unique_ptr<RE2> pattern;
  bool unique = false;  ///< uniqueItems, for which valijson compares every pair
  std::map<std::string, expressions> properties;
  std::unique_ptr<expressions> names;
  std::unique_ptr<expressions> additional;
  std::unique_ptr<expressions> items;
  std::vector<expressions> tuple;
  std::vector<combination> combinations;

  [[nodiscard]] bool any() const {
    return pattern || unique || !properties.empty() || names || additional || items ||
           !tuple.empty() || !combinations.empty();
  }
};

struct checker {
  valijson::Schema structure;
  expressions rest;
};

bool is_ours(const json& schema) {
  if (schema.is_array()) return std::any_of(schema.begin(), schema.end(), is_ours);
  if (!schema.is_object()) return false;
  for (const auto& [key, value] : schema.items()) {
    if (key == "pattern" && value.is_string()) return true;
    if (key == "uniqueItems" && value == true) return true;
    if (key == "enum" || key == "const" || key == "required") continue;
    if (is_ours(value)) return true;
  }
  return false;
}

result<> build(json schema, checker& into);

checker& added(expressions::combination& to) {
  return *to.branches.emplace_back(std::make_unique<checker>());
}

/// Takes the expressions out of `schema` and into `out`.
result<> split(json& schema, expressions& out) {
  if (!schema.is_object()) return {};
  if (const auto pattern = schema.find("pattern"); pattern != schema.end()) {
    if (!pattern->is_string()) {
      return error{errc::invalid, "a pattern is no text", "correct the schema"};
    }
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    out.pattern = std::make_unique<RE2>(pattern->get_ref<const std::string&>(), options);
    if (!out.pattern->ok()) {
      return error{errc::unsupported,
                   "pattern " + in_quotes(pattern->get_ref<const std::string&>()) + ": " +
                       out.pattern->error(),
                   "write it without look-around and back references"};
    }
    schema.erase(pattern);
  }
  if (const auto unique = schema.find("uniqueItems"); unique != schema.end()) {
    out.unique = *unique == true;
    schema.erase(unique);
  }
  for (const char* key : {"contains", "dependencies"}) {
    if (schema.contains(key) && is_ours(schema[key])) {
      return error{errc::unsupported, std::string("pattern or uniqueItems inside of ") + key,
                   "write the schema without it"};
    }
  }
  for (const char* key : {"allOf", "anyOf", "oneOf", "not"}) {
    const auto part = schema.find(key);
    if (part == schema.end() || !is_ours(*part)) continue;
    expressions::combination& each = out.combinations.emplace_back();
    each.key = key;
    const json branches = part->is_array() ? *part : json::array({*part});
    for (const json& branch : branches) SKEIN_CHECK(build(branch, added(each)));
    schema.erase(key);
  }
  if (schema.contains("if") && (is_ours(schema["if"]) || is_ours(schema.value("then", json())) ||
                                is_ours(schema.value("else", json())))) {
    expressions::combination& each = out.combinations.emplace_back();
    each.key = "if";
    SKEIN_CHECK(build(schema["if"], added(each)));
    SKEIN_CHECK(build(schema.value("then", json::object()), added(each)));
    SKEIN_CHECK(build(schema.value("else", json::object()), added(each)));
    for (const char* key : {"if", "then", "else"}) schema.erase(key);
  }
  if (const auto properties = schema.find("properties"); properties != schema.end()) {
    for (auto& [name, each] : properties->items()) {
      // All of them, so that the rest is known to be additional.
      SKEIN_CHECK(split(each, out.properties[name]));
    }
  }
  const auto descend = [&](const char* key, std::unique_ptr<expressions>& part) -> result<> {
    const auto found = schema.find(key);
    if (found == schema.end() || !found->is_object()) return {};
    auto inner = std::make_unique<expressions>();
    SKEIN_CHECK(split(*found, *inner));
    if (inner->any()) part = std::move(inner);
    return {};
  };
  SKEIN_CHECK(descend("propertyNames", out.names));
  SKEIN_CHECK(descend("additionalProperties", out.additional));
  SKEIN_CHECK(descend("items", out.items));
  if (const auto items = schema.find("items"); items != schema.end() && items->is_array()) {
    out.tuple.resize(items->size());
    for (std::size_t at = 0; at < items->size(); ++at) {
      SKEIN_CHECK(split((*items)[at], out.tuple[at]));
    }
    SKEIN_CHECK(descend("additionalItems", out.items));
  }
  return {};
}

result<> build(json schema, checker& into) {
  SKEIN_CHECK(split(schema, into.rest));
  try {
    const valijson::adapters::NlohmannJsonAdapter adapter(schema);
    valijson::SchemaParser().populateSchema(adapter, into.structure);
  } catch (const std::exception& failed) {
    return error{errc::invalid, std::string("not a schema: ") + failed.what(),
                 "correct the schema (JSON Schema draft-07)"};
  }
  return {};
}

class check_run {
 public:
  std::vector<std::string> mistakes;

  void run(const checker& against, const json& value, const std::string& path) {
    structure(against.structure, value, path);
    rest(against.rest, value, path);
  }

 private:
  void add(const std::string& path, const std::string& what) {
    if (mistakes.size() < most_mistakes) {
      mistakes.push_back((path.empty() ? "arguments" : path) + ": " + what);
    }
  }

  static bool holds(const checker& against, const json& value) {
    check_run inner;
    inner.run(against, value, "");
    return inner.mistakes.empty();
  }

  void structure(const valijson::Schema& schema, const json& value, const std::string& path) {
    valijson::ValidationResults results;
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    try {
      const valijson::adapters::NlohmannJsonAdapter adapter(value);
      if (validator.validate(schema, adapter, &results)) return;
    } catch (const std::exception& failed) {
      add(path, std::string("cannot be checked: ") + failed.what());
      return;
    }
    const std::size_t before = mistakes.size();
    for (const auto& each : results) {
      // Those of the parents of a mistake say nothing.
      if (each.description.starts_with("Failed to validate")) continue;
      add(joined(path, each.context), said(each.description));
    }
    if (mistakes.size() == before) add(path, "does not match the schema");
  }

  static std::string joined(const std::string& path, const std::vector<std::string>& context) {
    std::string out = path;
    for (std::size_t at = 1; at < context.size(); ++at) {  // the first is "<root>"
      const std::string& step = context[at];
      if (step.size() < 2) continue;
      const std::string key = in_quotes(step.substr(1, step.size() - 2));
      out += (out.empty() ? "" : "/") + key.substr(1, key.size() - 2);
    }
    return out;
  }

  /// In our way of writing: small first letter, no full stop, one line.
  static std::string said(const std::string& text) {
    std::string out = in_quotes(text, 200);
    out = out.substr(1, out.size() - 2);
    if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] + 32);
    while (out.ends_with('.')) out.pop_back();
    return out;
  }

  static bool matches(const RE2& pattern, const std::string& text) {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
  }

  void rest(const expressions& against, const json& value, const std::string& path) {
    if (mistakes.size() >= most_mistakes) return;
    if (against.pattern && value.is_string() &&
        !matches(*against.pattern, value.get_ref<const std::string&>())) {
      add(path, "text " + in_quotes(value.get_ref<const std::string&>(), 40) + " does not match " +
                    in_quotes(against.pattern->pattern(), 80));
    }
    for (const auto& each : against.combinations) combined(each, value, path);
    if (value.is_object()) members(against, value, path);
    if (value.is_array()) {
      if (against.unique) unique(value, path);
      for (std::size_t at = 0; at < value.size(); ++at) {
        const std::string inner = path + "/" + std::to_string(at);
        if (at < against.tuple.size()) {
          rest(against.tuple[at], value[at], inner);
        } else if (against.items) {
          rest(*against.items, value[at], inner);
        }
      }
    }
  }

  void unique(const json& list, const std::string& path) {
    std::set<std::string> seen;
    for (const json& each : list) {
      if (seen.insert(schema::canonical_json(each)).second) continue;
      add(path, "has an entry twice");
      return;
    }
  }

  void members(const expressions& against, const json& value, const std::string& path) {
    if (against.properties.empty() && !against.names && !against.additional) return;
    for (const auto& [name, each] : value.items()) {
      const std::string shown = in_quotes(name);
      const std::string inner =
          (path.empty() ? "" : path + "/") + shown.substr(1, shown.size() - 2);
      if (against.names) rest(*against.names, json(name), inner);
      const auto known = against.properties.find(name);
      if (known != against.properties.end()) {
        rest(known->second, each, inner);
      } else if (against.additional) {
        rest(*against.additional, each, inner);
      }
    }
  }

  void combined(const expressions::combination& each, const json& value, const std::string& path) {
    const auto& branches = each.branches;
    if (each.key == "if") {
      run(holds(*branches[0], value) ? *branches[1] : *branches[2], value, path);
      return;
    }
    if (each.key == "allOf") {
      for (const auto& branch : branches) run(*branch, value, path);
      return;
    }
    const auto count = std::count_if(branches.begin(), branches.end(),
                                     [&](const auto& branch) { return holds(*branch, value); });
    if (each.key == "anyOf" && count == 0) add(path, "matches none of the allowed forms");
    if (each.key == "oneOf" && count != 1) {
      add(path, count == 0 ? "matches none of the allowed forms" : "matches more than one form");
    }
    if (each.key == "not" && count != 0) add(path, "has a form that is not allowed");
  }
};

/// False when the value is larger or deeper than any call needs.
bool is_bounded(const json& value, std::size_t depth, std::size_t& values) {
  if (++values > most_values || depth > deepest_value) return false;
  if (!value.is_structured()) return true;
  return std::all_of(value.begin(), value.end(),
                     [&](const json& each) { return is_bounded(each, depth + 1, values); });
}

}  // namespace

struct argument_schema::parts {
  checker root;
};

result<argument_schema> argument_schema::compile(const json& schema) {
  json resolved;
  SKEIN_CHECK(resolve_references(schema, resolved));
  auto parts = std::make_shared<argument_schema::parts>();
  SKEIN_CHECK(build(std::move(resolved), parts->root));
  argument_schema out;
  out.parts_ = std::move(parts);
  return out;
}

result<> argument_schema::check(const json& arguments) const {
  if (!arguments.is_object()) {
    return error{errc::invalid, "the arguments are no object", "pass a map of names and values"};
  }
  std::size_t values = 0;
  if (!is_bounded(arguments, 0, values)) {
    return error{errc::invalid, "the arguments are too large or too deep",
                 "at most " + std::to_string(most_values) + " values in " +
                     std::to_string(deepest_value) + " levels"};
  }
  check_run run;
  run.run(parts_->root, arguments, "");
  if (run.mistakes.empty()) return {};
  std::string lines;
  for (const std::string& each : run.mistakes) lines += (lines.empty() ? "" : "\n") + each;
  return error{errc::invalid, std::move(lines), "correct the arguments"};
}

}  // namespace skein::tools
