#include "runtime/tools/screen.hpp"

#include "runtime/policy/fold.hpp"
#include "runtime/tools/argument_schema.hpp"
#include "runtime/tools/characters.hpp"
#include "runtime/tools/compiled_rules.hpp"
#include "runtime/tools/tool_names.hpp"
#include "runtime/tools/views.hpp"
#include "schema/identity.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace skein::tools {

namespace {

using nlohmann::json;
using schema::detail::in_quotes;

constexpr std::size_t most_findings = 1000;
constexpr std::size_t most_of_a_tool = 100;
constexpr std::size_t longest_padding = 40;
constexpr std::size_t most_blank_lines = 8;
/// No honest text holds so long a word; keys and hashes are shorter.
constexpr std::size_t longest_opaque = 200;
/// Of one text, and of all texts of a tool; what is longer is a finding.
constexpr std::size_t most_read = 64U << 10;
constexpr std::size_t most_of_text = 512U << 10;

bool has_padding(std::string_view text) {
  std::size_t spaces = 0;
  std::size_t lines = 0;
  for (const char c : text) {
    spaces = c == ' ' || c == '\t' ? spaces + 1 : 0;
    lines = c == '\n' ? lines + 1 : c == ' ' || c == '\t' || c == '\r' ? lines : 0;
    if (spaces >= longest_padding || lines >= most_blank_lines) return true;
  }
  return false;
}

/// Endless keys are named by what is around them.
std::string joined(const std::string& pointer, const std::string& step) {
  if (pointer.size() + step.size() > 512) return pointer;
  return pointer.empty() ? step : pointer + "/" + step;
}

std::string host_at(std::string_view folded, std::size_t begin) {
  std::string_view rest = folded.substr(begin);
  rest = rest.substr(0, rest.find_first_of(" /?#\"'<>()[]{}\\|`,;\t\r\n"));
  if (const std::size_t user = rest.rfind('@'); user != std::string_view::npos) {
    rest.remove_prefix(user + 1);
  }
  if (const std::size_t port = rest.find(':'); port != std::string_view::npos) {
    rest = rest.substr(0, port);
  }
  while (rest.ends_with('.')) rest.remove_suffix(1);
  return std::string(rest);
}

/// Of `somebody@host.tld`; not of `package@1.2`, `git@host:path` and `@scope`.
std::string mail_host_at(std::string_view folded, std::size_t at) {
  const auto part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
           c == '+';
  };
  std::size_t begin = at;
  while (begin > 0 && part(folded[begin - 1])) --begin;
  std::size_t end = at + 1;
  while (end < folded.size() && part(folded[end])) ++end;
  std::string host(folded.substr(at + 1, end - at - 1));
  while (host.ends_with('.')) host.pop_back();
  const std::size_t dot = host.rfind('.');
  const bool named = dot != std::string::npos && host.size() - dot > 2 &&
                     host.find_first_of("0123456789-_", dot) == std::string::npos;
  return begin == at || !named || folded.substr(begin, at - begin) == "git" ? "" : host;
}

class examination {
 public:
  examination(const compiled_rules& rules, const told_tool& tool,
              const std::vector<std::string>& others, std::vector<tool_finding>& out)
      : rules_(rules), tool_(tool), others_(others), out_(out) {
    const auto about = tool.told.find("description");
    about_ = words_of(tool.name);
    if (about != tool.told.end() && about->is_string()) {
      about_ += " " + words_of(about->get_ref<const std::string&>());
    }
  }

  void run() {
    check_name();
    for (const auto& [key, value] : tool_.told.items()) {
      if (key == "name") continue;
      if (!rules_.keywords.contains(key)) check_text(key, joined("", key), rules_.limits.name);
      const bool schema = (key == "inputSchema" || key == "outputSchema") && value.is_object();
      if (schema) {
        check_schema(value, key);
      } else {
        walk(value, joined("", key), key, 1);
      }
    }
    check_whole();
  }

 private:
  void add(const std::string& rule, const std::string& description, const std::string& pointer,
           std::string what, std::string_view found) {
    if (mine_ >= most_of_a_tool || out_.size() >= most_findings) return;
    const auto key = std::make_pair(rule, pointer);
    if (!seen_.insert(key).second) return;
    ++mine_;
    std::string print = schema::sha256_hex(
        schema::canonical_json(json::array({rule, tool_.name, pointer, std::string(found)})));
    out_.push_back({rule, description, tool_.name, pointer, std::move(what),
                    place_of(tool_, pointer), std::move(print)});
  }

  void add(const std::string& rule, const std::string& pointer, std::string what,
           std::string_view found) {
    const std::string description = what;
    add(rule, description, pointer, std::move(what), found);
  }

  void check_name() {
    const std::string& name = tool_.name;
    if (!is_plain_name(name)) {
      add("unclear-name", "name", "the name has characters other than letters, digits, _ - . /",
          name);
    }
    check_text(name, "name", rules_.limits.name);
    for (const std::string& other : others_) {
      if (other == name && !tool_.foreign) continue;
      if (look_of_name(other) != look_of_name(name)) continue;
      add("shadowed-name", "name", "the name is, or looks like, that of tool " + in_quotes(other),
          name);
    }
  }

  void check_text(std::string_view text, const std::string& pointer, std::size_t longest) {
    if (text.empty() || !has_budget(text.size(), pointer)) return;
    if (const auto length = schema::detail::count_characters(text); length > longest) {
      add("over-long", pointer,
          std::to_string(length) + " characters, at most " + std::to_string(longest), text);
    }
    text = text.substr(0, most_read);
    if (const odd_character odd = first_odd_character(text); !odd.rule.empty()) {
      add(std::string(odd.rule), pointer, "a hidden character: " + odd.what, text);
    }
    if (const std::string word = mixed_word(text); !word.empty()) {
      add("mixed-scripts", pointer, "a word of letters that only look alike: " + in_quotes(word),
          word);
    }
    if (has_padding(text))
      add("padding", pointer, "blank space that moves text out of sight", text);
    if (longest_blob(text) > longest_opaque) {
      add("opaque-text", pointer, "a long word that nobody can read", text);
    }
    for (const phrase_hit& hit : rules_.hits(text)) {
      add(hit.phrase->rule, hit.phrase->description, pointer,
          hit.phrase->description + ": " + hit.disguise + in_quotes(hit.text), hit.text);
    }
    check_decoded(text, pointer, 0);
    check_hosts(policy::fold(text), pointer);
    check_others(text, pointer);
  }

  /// A tool that says more than anybody reads is not looked through to its end.
  bool has_budget(std::size_t bytes, const std::string& pointer) {
    read_ += bytes + 16;
    if (read_ <= most_of_text) return true;
    add("over-long", "",
        "the tool says more than can be looked through, up to " + in_quotes(pointer, 80),
        tool_.name);
    return false;
  }

  /// Readable text that is encoded has no business in a description, whatever it says.
  void check_decoded(std::string_view text, const std::string& pointer, int layer) {
    for (const decoded_text& each : decoded(text)) {
      if (each.hides) {
        add("encoded-text", pointer, "text in " + each.how + ": " + in_quotes(each.text, 30),
            each.text);
      }
      check_hosts(policy::fold(each.text), pointer);
      if (layer < 1) check_decoded(each.text, pointer, layer + 1);
    }
  }

  void check_hosts(const std::string& folded, const std::string& pointer) {
    for (std::size_t at = folded.find("//"); at != std::string::npos;
         at = folded.find("//", at + 2)) {
      if (at == 0 || folded[at - 1] != ':') continue;
      const std::string host = host_at(folded, at + 2);
      // `https://…`, `https://HOST` and the like are no addresses.
      if (host.find('.') == std::string::npos && host != "localhost") continue;
      if (rules_.allows_host(host, tool_.host)) continue;
      add("foreign-host", pointer, "an address of " + in_quotes(host), host);
    }
    for (std::size_t at = folded.find('@'); at != std::string::npos;
         at = folded.find('@', at + 1)) {
      const std::string host = mail_host_at(folded, at);
      if (host.empty() || rules_.allows_host(host, tool_.host)) continue;
      add("foreign-host", pointer, "a mail address at " + in_quotes(host), host);
    }
  }

  void check_others(std::string_view text, const std::string& pointer) {
    if (!tool_.foreign) return;
    for (const std::string& other : others_) {
      if (other == tool_.name || !mentions(text, other)) continue;
      add("cross-tool-reference", pointer, "it speaks about tool " + in_quotes(other), other);
    }
  }

  [[nodiscard]] std::size_t longest_of(const std::string& key, bool root) const {
    if (key == "description") {
      return root ? rules_.limits.description : rules_.limits.parameter_description;
    }
    return rules_.limits.other_text;
  }

  /// Every text and key below, whatever it is.
  void walk(const json& value, const std::string& pointer, const std::string& key,
            std::size_t depth) {
    if (mine_ >= most_of_a_tool || read_ > most_of_text) return;
    if (value.is_string()) {
      const std::string& text = value.get_ref<const std::string&>();
      check_text(text, pointer, longest_of(key, depth == 1));
      if (whole_.size() + text.size() < 2 * most_read) whole_ += text + " ";
    } else if (value.is_array()) {
      for (std::size_t at = 0; at < value.size(); ++at) {
        walk(value[at], joined(pointer, std::to_string(at)), key, depth + 1);
      }
    } else if (value.is_object()) {
      for (const auto& [name, each] : value.items()) {
        const std::string inner = joined(pointer, name);
        check_text(name, inner, rules_.limits.name);
        walk(each, inner, name, depth + 1);
      }
    }
  }

  void check_schema(const json& schema, const std::string& pointer) {
    if (const std::size_t size = schema::canonical_json(schema).size();
        size > rules_.limits.schema_bytes) {
      add("huge-schema", pointer,
          std::to_string(size) + " bytes, at most " + std::to_string(rules_.limits.schema_bytes),
          pointer);
    }
    walk(schema, pointer, pointer, 1);
    parameters_ = 0;
    look_at(schema, pointer, 1);
    if (parameters_ > rules_.limits.parameters) {
      add("huge-schema", pointer,
          std::to_string(parameters_) + " parameters, at most " +
              std::to_string(rules_.limits.parameters),
          pointer);
    }
    if (pointer != "inputSchema") return;
    const auto compiled = argument_schema::compile(schema);
    if (!compiled && compiled.error().code == errc::invalid) {
      add("bad-schema", pointer, compiled.error().message, pointer);
    }
  }

  /// What a schema says as a schema.
  void look_at(const json& schema, const std::string& pointer, std::size_t depth) {
    if (mine_ >= most_of_a_tool) return;
    if (depth > rules_.limits.schema_depth) {
      add("deep-schema", pointer,
          "nested deeper than " + std::to_string(rules_.limits.schema_depth) + " levels", pointer);
      return;
    }
    if (schema.is_array()) {
      for (std::size_t at = 0; at < schema.size(); ++at) {
        look_at(schema[at], joined(pointer, std::to_string(at)), depth);
      }
      return;
    }
    if (!schema.is_object()) return;
    for (const auto& [key, value] : schema.items()) {
      const std::string inner = joined(pointer, key);
      if (key == "properties" || key == "patternProperties" || key == "$defs" ||
          key == "definitions" || key == "dependentSchemas") {
        if (!value.is_object()) continue;
        for (const auto& [name, each] : value.items()) {
          if (key == "properties") check_parameter(name, each, joined(inner, name));
          look_at(each, joined(inner, name), depth + 1);
        }
      } else if (key == "$ref" || key == "$dynamicRef" || key == "$recursiveRef") {
        if (value.is_string() && !value.get_ref<const std::string&>().starts_with('#')) {
          add("remote-reference", inner,
              "a schema from elsewhere: " + in_quotes(value.get_ref<const std::string&>()),
              value.get_ref<const std::string&>());
        }
      } else if (is_data(key)) {
        continue;  // values, not schemas; walk() has read them
      } else if (!rules_.keywords.contains(key)) {
        check_unknown(value, inner);
      } else {
        look_at(value, inner, depth + 1);
      }
    }
  }

  static bool is_data(std::string_view key) {
    return key == "enum" || key == "const" || key == "default" || key == "examples" ||
           key == "example" || key == "required";
  }

  /// Text under a key that no schema has reaches the model, and no reviewer's viewer.
  void check_unknown(const json& value, const std::string& pointer) {
    const std::string text = schema::canonical_json(value);
    const std::string words = words_of(text);
    if (std::count(words.begin(), words.end(), ' ') < 3) return;
    add("unknown-keyword", pointer,
        "text under a key that schemas do not have: " + in_quotes(text, 40), text);
  }

  void check_parameter(const std::string& name, const json& schema, const std::string& pointer) {
    ++parameters_;
    if (name != policy::fold(name) && mixed_word(name).empty() && look_differs(name)) {
      add("unclear-name", pointer, "a parameter whose name is not what it looks like", name);
    }
    if (is_closed(schema)) return;
    const std::string words = words_of(name);
    for (const compiled_parameter& each : rules_.parameters) {
      if (!compiled_rules::suspicious(each, words, about_)) continue;
      add(each.rule, each.description, pointer, each.description + ": parameter " + in_quotes(name),
          name);
    }
  }

  /// True when folding does more than make letters small.
  static bool look_differs(std::string_view name) {
    return std::any_of(name.begin(), name.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x80; }) &&
           is_plain_name(policy::fold(name));
  }

  /// No channel for text: a number, a switch, a choice.
  static bool is_closed(const json& schema) {
    if (!schema.is_object()) return false;
    if (schema.contains("enum") || schema.contains("const")) return true;
    const auto closed = [](const json& type) {
      return type == "boolean" || type == "number" || type == "integer" || type == "null";
    };
    const auto type = schema.find("type");
    if (type == schema.end()) return false;
    if (type->is_array()) {
      return !type->empty() && std::all_of(type->begin(), type->end(), closed);
    }
    return closed(*type);
  }

  /// Sentences that are cut up into several texts.
  void check_whole() {
    for (const phrase_hit& hit : rules_.hits(whole_)) {
      const bool found = std::any_of(seen_.begin(), seen_.end(), [&](const auto& each) {
        return each.first == hit.phrase->rule;
      });
      if (found) continue;
      add(hit.phrase->rule, hit.phrase->description, "",
          hit.phrase->description + ", spread over several texts: " + hit.disguise +
              in_quotes(hit.text),
          hit.text);
    }
  }

  const compiled_rules& rules_;
  const told_tool& tool_;
  const std::vector<std::string>& others_;
  std::vector<tool_finding>& out_;
  std::set<std::pair<std::string, std::string>> seen_;
  std::string about_;
  std::string whole_;
  std::size_t mine_ = 0;
  std::size_t parameters_ = 0;
  std::size_t read_ = 0;
};

}  // namespace

struct screen::parts {
  compiled_rules rules;
};

result<screen> screen::compile(schema::tool_rules rules) {
  SKEIN_TRY(compiled, tools::compile(rules));
  screen out;
  out.parts_ = std::make_shared<const parts>(parts{std::move(compiled)});
  return out;
}

result<screen> screen::load(const std::filesystem::path& file) {
  schema::loaded read = schema::load_file(file.string());
  if (!read.problems.empty()) {
    return error{errc::invalid, schema::to_string(read.problems.front()),
                 "correct the rules about tools"};
  }
  for (schema::document& each : read.documents) {
    if (auto* rules = std::get_if<schema::tool_rules>(&each)) {
      auto made = compile(std::move(*rules));
      if (!made) {
        return error{errc::invalid, file.string() + ": " + made.error().message,
                     made.error().remedy};
      }
      return made;
    }
  }
  return error{errc::invalid, file.string() + ":1:1: a document of another kind",
               "point to a file of kind ToolRules"};
}

std::vector<tool_finding> screen::look(const std::vector<told_tool>& tools,
                                       const std::vector<std::string>& known) const {
  std::vector<tool_finding> out;
  std::map<std::string, std::size_t> looks;
  std::set<std::string> own;
  for (const told_tool& tool : tools) own.insert(tool.name);
  std::vector<std::string> others;
  for (const std::string& name : known) {
    // A server may speak about its own tools, and may have one of the same name as ours: it is
    // registered under another.
    if (!own.contains(name) || std::any_of(tools.begin(), tools.end(), [&](const told_tool& each) {
          return each.name == name && !each.prefix.empty() && each.foreign;
        })) {
      others.push_back(name);
    }
  }
  for (const told_tool& tool : tools) {
    examination(parts_->rules, tool, others, out).run();
    const auto [first, is_new] = looks.emplace(look_of_name(tool.name), out.size());
    if (!is_new && out.size() < most_findings) {
      out.push_back({"shadowed-name", "two tools whose names are, or look, the same", tool.name,
                     "name", "another tool has, or seems to have, this name",
                     place_of(tool, "name"), schema::sha256_hex(tool.name)});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const tool_finding& a, const tool_finding& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  return out;
}

}  // namespace skein::tools
