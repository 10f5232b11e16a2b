// Loading of config/diff. See tables.hpp.
#include "runtime/diff/tables.hpp"

#include "runtime/diff/table_content.hpp"
#include "runtime/diff/table_files.hpp"
#include "runtime/diff/table_node.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>
#include <set>

namespace skein::diff {
namespace {

namespace fs = std::filesystem;
using shape = yaml_node::shape;

constexpr std::size_t most_files = 100;
constexpr std::size_t most_bytes = 1U << 20;
constexpr schema::detail::yaml_limits limits{most_bytes, 16, 50'000};
constexpr std::int64_t regex_memory = 4 << 20;
constexpr std::size_t longest_regex = 4096;

re2::RE2::Options regex_options() {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // bytes: the input may be anything
  options.set_log_errors(false);
  options.set_max_mem(regex_memory);
  options.set_never_nl(false);
  return options;
}

class table_reader {
 public:
  table_reader(std::string file, table_content& into) : nodes_(std::move(file)), into_(into) {}

  std::optional<error> read(const yaml_node& root) {
    if (nodes_.is_map(root,
                      {"rules", "kinds", "languages", "matchers", "conditions", "broadExceptions",
                       "looseOperands", "markers", "thresholds", "ecosystems", "securityWords"})) {
      each_of_map(root, "rules", [this](const auto& name, const auto& node) { rule(name, node); });
      each_of_map(root, "kinds", [this](const auto& name, const auto& node) { kind(name, node); });
      each_of_map(root, "matchers", [this](const auto& name, const auto& node) {
        matchers(name, node, into_.matchers);
      });
      each_of_map(root, "conditions",
                  [this](const auto& name, const auto& node) { conditions(name, node); });
      each_of_list(root, "languages", [this](const auto& node) { language_of(node); });
      each_of_list(root, "markers", [this](const auto& node) { markers(node); });
      each_of_list(root, "thresholds", [this](const auto& node) { thresholds(node); });
      each_of_list(root, "ecosystems", [this](const auto& node) { ecosystem_of(node); });
      for (auto& name : nodes_.texts(root, "broadExceptions")) {
        into_.broad_exceptions.push_back(std::move(name));
      }
      for (auto& text : nodes_.texts(root, "looseOperands")) {
        into_.loose_operands.push_back(std::move(text));
      }
      if (const auto* words = table_node::find(root, "securityWords")) {
        into_.security_words = compile(*words, nodes_.text(*words));
      }
    }
    return nodes_.failed();
  }

  /// Names that are used before they are defined; checked when every file is read.
  std::vector<std::pair<std::string, yaml_node>> rule_uses;
  table_node& nodes() { return nodes_; }

 private:
  template <class F>
  void each_of_map(const yaml_node& root, std::string_view key, F&& take) {
    const auto* node = table_node::find(root, key);
    if (node == nullptr) return;
    if (node->form != shape::map) return nodes_.fail(*node, "this is no map", "names and values");
    for (std::size_t i = 0; i < node->keys.size(); ++i) take(node->keys[i].text, node->items[i]);
  }

  template <class F>
  void each_of_list(const yaml_node& root, std::string_view key, F&& take) {
    const auto* node = table_node::find(root, key);
    if (node == nullptr) return;
    if (node->form != shape::list) return nodes_.fail(*node, "this is no list", "a list");
    for (const auto& item : node->items) take(item);
  }

  regex compile(const yaml_node& node, const std::string& text, int groups = 0) {
    if (text.empty()) return nullptr;
    if (text.size() > longest_regex) {
      nodes_.fail(node, "this regex is too long",
                  "at most " + std::to_string(longest_regex) + " bytes");
      return nullptr;
    }
    auto made = std::make_shared<const re2::RE2>("(?m)" + text, regex_options());
    if (!made->ok()) {
      nodes_.fail(node, "this is no regex of RE2: " + made->error(), "a regex");
      return nullptr;
    }
    if (made->NumberOfCapturingGroups() < groups) {
      nodes_.fail(node, "this regex has too few groups", std::to_string(groups) + " of them");
    }
    return made;
  }

  /// One regex, or a list of alternatives.
  regex compile_key(const yaml_node& map, std::string_view key, int groups = 0) {
    const auto* node = table_node::find(map, key);
    if (node == nullptr) return nullptr;
    std::string joined;
    for (const auto& text : nodes_.texts(*node)) {
      joined += (joined.empty() ? "(?:" : "|(?:") + text + ")";
    }
    return compile(*node, joined, groups);
  }

  std::string action(const yaml_node& node, const std::string& text) {
    static const std::set<std::string> known{"", "block", "approval", "draft", "report"};
    if (!known.contains(text)) {
      nodes_.fail(node, "unknown action " + text, "block, approval, draft or report");
    }
    return text;
  }

  void rule(const std::string& name, const yaml_node& node) {
    if (!nodes_.is_map(node, {"severity", "action", "message", "relaxedBy", "relaxedTo", "byRisk",
                              "raisesRisk"})) {
      return;
    }
    rule_policy made;
    made.severity = nodes_.text(node, "severity");
    if (made.severity != "info" && made.severity != "warning" && made.severity != "error") {
      nodes_.fail(node, "unknown severity " + made.severity, "info, warning or error");
    }
    made.action = action(node, nodes_.text(node, "action"));
    made.message = nodes_.text(node, "message");
    made.relaxed_to = action(node, nodes_.text(node, "relaxedTo"));
    for (const auto& each : nodes_.texts(node, "relaxedBy")) {
      if (each == "modifyCi") {
        made.relaxed_by |= static_cast<std::uint8_t>(capability::modify_ci);
      } else if (each == "modifyLockfile") {
        made.relaxed_by |= static_cast<std::uint8_t>(capability::modify_lockfile);
      } else if (each == "modifyTests") {
        made.relaxed_by |= static_cast<std::uint8_t>(capability::modify_tests);
      } else if (each == "modifyAgentConfig") {
        made.relaxed_by |= static_cast<std::uint8_t>(capability::modify_agent_config);
      } else if (each == "modifyToolConfig") {
        made.relaxed_by |= static_cast<std::uint8_t>(capability::modify_tool_config);
      } else if (each == "modifyGitConfig") {
        made.relaxed_by |= static_cast<std::uint8_t>(capability::modify_git_config);
      } else {
        nodes_.fail(node, "unknown capability " + each,
                    "modifyCi, modifyLockfile, modifyTests, modifyAgentConfig, modifyToolConfig or "
                    "modifyGitConfig");
      }
    }
    const auto by_risk = nodes_.texts(node, "byRisk");
    if (!by_risk.empty() && by_risk.size() != 3) {
      nodes_.fail(node, "byRisk has no three actions", "those for low, medium and high");
    }
    for (std::size_t i = 0; i < by_risk.size() && i < 3; ++i) {
      made.by_risk[i] = action(node, by_risk[i]);
    }
    made.raises_risk = nodes_.flag(node, "raisesRisk");
    if (made.action.empty() || made.message.empty()) {
      nodes_.fail(node, "rule " + name + " is not complete", "an action and a message");
    }
    if (!into_.rules.emplace(name, std::move(made)).second) {
      nodes_.fail(node, "a second rule " + name, "each rule once");
    }
  }

  void kind(const std::string& name, const yaml_node& node) {
    const auto found = std::find(kind_names.begin(), kind_names.end(), name);
    if (found == kind_names.end()) return nodes_.fail(node, "unknown kind " + name, "a known kind");
    auto& patterns = into_.kind_patterns[static_cast<std::size_t>(found - kind_names.begin())];
    for (auto& each : nodes_.texts(node)) patterns.push_back(std::move(each));
  }

  kind_set kinds(const yaml_node& map, std::string_view key) {
    kind_set out = 0;
    for (const auto& name : nodes_.texts(map, key)) {
      const auto found = std::find(kind_names.begin(), kind_names.end(), name);
      if (found == kind_names.end()) {
        nodes_.fail(map, "unknown kind " + name, "a known kind");
        return 0;
      }
      out |= kind_set{1} << static_cast<unsigned>(found - kind_names.begin());
    }
    return out;
  }

  int strength_of(const std::string& name, const yaml_node& node) {
    static const std::map<std::string, int> known{{"trivial", trivial}, {"weak", weak},
                                                  {"partial", partial}, {"exact", exact},
                                                  {"strict", strict},   {"raises", raises}};
    const auto found = known.find(name);
    if (found != known.end()) return found->second;
    nodes_.fail(node, "unknown strength " + name, "trivial, weak, partial, exact, strict, raises");
    return weak;
  }

  void matchers(const std::string& name, const yaml_node& node, matcher_table& into) {
    const int value = strength_of(name, node);
    for (const auto& each : nodes_.texts(node)) into[canonical_name(each)] = value;
  }

  void conditions(const std::string& name, const yaml_node& node) {
    const int value = strength_of(name, node);
    for (auto& each : nodes_.texts(node)) into_.conditions.emplace_back(std::move(each), value);
  }

  void language_of(const yaml_node& node) {
    if (!nodes_.is_map(
            node, {"name",       "files",         "testFiles",  "lineComments", "commentAfterSpace",
                   "attributes", "regexLiterals", "charQuotes", "rawStrings",   "testsAnywhere",
                   "blocks",     "quotes",        "cases",      "functions",    "assertions",
                   "guarded",    "parametrised",  "rows",       "mocks",        "earlyReturn",
                   "matchers"})) {
      return;
    }
    language made;
    made.name = nodes_.text(node, "name");
    made.files = pattern_list{nodes_.texts(node, "files")};
    made.test_files = pattern_list{nodes_.texts(node, "testFiles")};
    made.line_comments = nodes_.texts(node, "lineComments");
    made.comment_after_space = nodes_.flag(node, "commentAfterSpace");
    made.attributes = nodes_.flag(node, "attributes");
    made.regex_literals = nodes_.flag(node, "regexLiterals");
    made.char_quotes = nodes_.flag(node, "charQuotes");
    made.raw_strings = nodes_.flag(node, "rawStrings");
    made.tests_anywhere = nodes_.flag(node, "testsAnywhere");
    each_of_list(node, "blocks", [&](const yaml_node& block) {
      const auto pair = nodes_.texts(block);
      if (pair.size() != 2 || pair[0].empty() || pair[1].empty()) {
        return nodes_.fail(block, "this is no pair", "how a block comment opens and closes");
      }
      made.blocks.push_back({pair[0], pair[1]});
    });
    each_of_list(node, "quotes", [&](const yaml_node& quote) {
      if (!nodes_.is_map(quote, {"open", "close", "multiline", "escapes"})) return;
      quote_syntax syntax;
      syntax.open = nodes_.text(quote, "open");
      syntax.close = nodes_.text(quote, "close");
      if (syntax.close.empty()) syntax.close = syntax.open;
      if (syntax.open.empty()) nodes_.fail(quote, "a quote without `open`", "its characters");
      syntax.multiline = nodes_.flag(quote, "multiline");
      syntax.escapes =
          table_node::find(quote, "escapes") == nullptr || nodes_.flag(quote, "escapes");
      made.quotes.push_back(std::move(syntax));
    });
    // The longest first, so that """ is not read as "".
    std::stable_sort(made.quotes.begin(), made.quotes.end(),
                     [](const auto& a, const auto& b) { return a.open.size() > b.open.size(); });
    each_of_list(node, "cases", [&](const yaml_node& each) {
      if (!nodes_.is_map(each, {"marker", "name"})) return;
      case_syntax syntax;
      syntax.name = compile_key(each, "name", 1);
      syntax.marker = compile_key(each, "marker", syntax.name == nullptr ? 1 : 0);
      if (syntax.marker != nullptr) made.cases.push_back(std::move(syntax));
    });
    made.functions = compile_key(node, "functions", 1);
    made.assertions = compile_key(node, "assertions");
    made.guarded = compile_key(node, "guarded");
    made.parametrised = compile_key(node, "parametrised");
    made.rows = compile_key(node, "rows");
    made.mocks = compile_key(node, "mocks", 1);
    made.early_return = compile_key(node, "earlyReturn");
    each_of_map(node, "matchers",
                [&](const auto& name, const auto& value) { matchers(name, value, made.matchers); });
    into_.languages.push_back(std::move(made));
  }

  std::unique_ptr<pattern_list> files(const yaml_node& node) {
    if (table_node::find(node, "files") == nullptr) return nullptr;
    return std::make_unique<pattern_list>(nodes_.texts(node, "files"));
  }

  void markers(const yaml_node& node) {
    if (!nodes_.is_map(node, {"rule", "in", "side", "withNext", "once", "kinds", "notKinds",
                              "languages", "files", "match"})) {
      return;
    }
    const auto* match = table_node::find(node, "match");
    if (match == nullptr) return nodes_.fail(node, "a marker without `match`", "regexes");
    const std::string in = nodes_.text(node, "in");
    const std::string side = nodes_.text(node, "side");
    if (!in.empty() && in != "code" && in != "text" && in != "comment") {
      nodes_.fail(node, "unknown channel " + in, "code, text or comment");
    }
    if (!side.empty() && side != "added" && side != "removed") {
      nodes_.fail(node, "unknown side " + side, "added or removed");
    }
    for (const auto& text : nodes_.texts(*match)) {
      marker made;
      made.rule = nodes_.text(node, "rule");
      made.in = in == "comment" ? channel::comment : in == "text" ? channel::text : channel::code;
      made.on_removed = side == "removed";
      made.with_next = nodes_.flag(node, "withNext");
      made.once = nodes_.flag(node, "once");
      made.kinds = kinds(node, "kinds");
      made.not_kinds = kinds(node, "notKinds");
      made.languages = nodes_.texts(node, "languages");
      made.files = files(node);
      made.match = compile(*match, text);
      if (made.match == nullptr) return;
      if (made.match->ReverseProgramSize() > 0 && re2::RE2::PartialMatch("", *made.match)) {
        return nodes_.fail(*match, "this regex matches nothing at all", "one that needs a text");
      }
      rule_uses.emplace_back(made.rule, node);
      into_.markers.push_back(std::move(made));
    }
  }

  void thresholds(const yaml_node& node) {
    if (!nodes_.is_map(node, {"rule", "direction", "removedRule", "kinds", "files", "match"})) {
      return;
    }
    const auto* match = table_node::find(node, "match");
    if (match == nullptr) return nodes_.fail(node, "a threshold without `match`", "regexes");
    const std::string direction = nodes_.text(node, "direction");
    if (direction != "raised" && direction != "lowered") {
      nodes_.fail(node, "unknown direction " + direction, "raised or lowered");
    }
    for (const auto& text : nodes_.texts(*match)) {
      threshold made;
      made.rule = nodes_.text(node, "rule");
      made.raised = direction == "raised";
      made.removed_rule = nodes_.text(node, "removedRule");
      made.kinds = kinds(node, "kinds");
      made.files = files(node);
      made.match = compile(*match, text, 2);
      if (made.match == nullptr) return;
      rule_uses.emplace_back(made.rule, node);
      if (!made.removed_rule.empty()) rule_uses.emplace_back(made.removed_rule, node);
      into_.thresholds.push_back(std::move(made));
    }
  }

  void ecosystem_of(const yaml_node& node) {
    if (!nodes_.is_map(node, {"name", "manifests", "dependencies", "notDependencies",
                              "unusualSource", "lockfiles", "locked", "integrity", "hosts"})) {
      return;
    }
    ecosystem made;
    made.name = nodes_.text(node, "name");
    made.manifests = pattern_list{nodes_.texts(node, "manifests")};
    if (const auto* list = table_node::find(node, "dependencies")) {
      for (const auto& text : nodes_.texts(*list)) {
        if (auto each = compile(*list, text, 1)) made.dependencies.push_back(std::move(each));
      }
    }
    made.not_dependencies = nodes_.texts(node, "notDependencies");
    made.unusual_source = compile_key(node, "unusualSource");
    made.lockfiles = pattern_list{nodes_.texts(node, "lockfiles")};
    made.locked = compile_key(node, "locked");
    made.integrity = compile_key(node, "integrity");
    made.hosts = nodes_.texts(node, "hosts");
    into_.ecosystems.push_back(std::move(made));
  }

  table_node nodes_;
  table_content& into_;
};

result<> prepare_filter(table_content& content) {
  content.filter = std::make_unique<re2::FilteredRE2>(1);
  for (const auto& each : content.markers) {
    int id = -1;
    const auto code = content.filter->Add(each.match->pattern(), regex_options(), &id);
    if (code != re2::RE2::NoError) {
      return error{errc::internal, "a regex of the diff tables compiles once but not twice", {}};
    }
  }
  std::vector<std::string> atoms;
  content.filter->Compile(&atoms);
  std::vector<std::vector<std::string>> groups;
  groups.reserve(atoms.size());
  content.words_within_lines =
      std::none_of(atoms.begin(), atoms.end(),
                   [](const std::string& atom) { return atom.find('\n') != std::string::npos; });
  for (auto& atom : atoms) groups.push_back({std::move(atom)});
  content.words = scan::keyword_search{groups};
  content.filter->AllPotentials({}, &content.wordless);
  return {};
}

}  // namespace

std::string canonical_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

result<tables> tables::load(const fs::path& directory) {
  SKEIN_TRY(paths, table_files(directory, most_files));
  auto content = std::make_shared<table_content>();
  std::vector<table_reader> readers;
  for (const auto& path : paths) {
    SKEIN_TRY(text, table_text(path, most_bytes));
    const auto read = schema::detail::read_yaml(text, limits);
    readers.emplace_back(path.string(), *content);
    if (read.fault) {
      yaml_node where;
      where.at = read.fault->at;
      readers.back().nodes().fail(where, read.fault->what, read.fault->expected);
      return *readers.back().nodes().failed();
    }
    for (const auto& document : read.documents) {
      if (auto failed = readers.back().read(document)) return std::move(*failed);
    }
  }
  for (auto& reader : readers) {
    for (const auto& [name, node] : reader.rule_uses) {
      if (content->rules.contains(name)) continue;
      reader.nodes().fail(node, "unknown rule " + name, "a rule of `rules:`");
      return *reader.nodes().failed();
    }
  }
  content->kinds.reserve(kind_count);
  for (auto& patterns : content->kind_patterns) {
    if ((kinds_by_look >> content->kinds.size() & 1U) != 0) {
      for (auto& text : patterns) {
        std::transform(text.begin(), text.end(), text.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      }
    }
    content->kinds.emplace_back(patterns);
  }
  SKEIN_CHECK(prepare_filter(*content));
  tables out;
  out.content_ = std::move(content);
  return out;
}

}  // namespace skein::diff
