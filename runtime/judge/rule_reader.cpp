// Loading of config/judge. See rules.hpp and rule_content.hpp.
#include "runtime/diff/table_files.hpp"
#include "runtime/diff/table_node.hpp"
#include "runtime/judge/rule_content.hpp"
#include "runtime/judge/rules.hpp"

#include <algorithm>

namespace skein::judge {
namespace {

namespace fs = std::filesystem;
using diff::table_node;
using schema::detail::yaml_node;

constexpr std::size_t most_bytes = 512U << 10;
constexpr std::size_t most_files = 32;
constexpr schema::detail::yaml_limits yaml_bounds{most_bytes, 16, 20'000};

class rule_reader {
 public:
  rule_reader(std::string file, rule_content& into) : nodes_(std::move(file)), into_(into) {}

  std::optional<error> read(const yaml_node& root) {
    if (nodes_.is_map(root, {"rules", "stopWords", "purposes", "claims", "changeVerbs", "negations",
                             "behaviours", "escalations", "addresses", "renames", "shapes",
                             "intentSigns", "conflicts", "risks", "limits"})) {
      if (const auto* map = table_node::find(root, "rules")) rules(*map);
      if (const auto* map = table_node::find(root, "shapes")) shapes(*map);
      if (const auto* map = table_node::find(root, "limits")) limits(*map);
      for (auto& word : nodes_.texts(root, "stopWords")) into_.stop_words.insert(std::move(word));
      add(root, "changeVerbs", into_.change_verbs);
      add(root, "negations", into_.negations);
      add(root, "addresses", into_.addresses);
      add(root, "renames", into_.renames, 2);
      each(root, "purposes", [this](const auto& node) { purpose_of(node); });
      each(root, "claims", [this](const auto& node) { claim_of(node); });
      each(root, "behaviours", [this](const auto& node) { behaviour_of(node); });
      each(root, "escalations", [this](const auto& node) { escalation_of(node); });
      each(root, "intentSigns", [this](const auto& node) { intent_sign_of(node); });
      each(root, "conflicts", [this](const auto& node) { conflict_of(node); });
      each(root, "risks", [this](const auto& node) { risk_of(node); });
    }
    return nodes_.failed();
  }

  /// Names that are used, perhaps before they are defined: rules, shapes and purposes.
  struct use {
    char of = 'r';
    std::string name;
    yaml_node node;
  };
  std::vector<use> uses;
  table_node& nodes() { return nodes_; }

 private:
  template <class F>
  void each(const yaml_node& root, std::string_view key, F&& take) {
    const auto* node = table_node::find(root, key);
    if (node == nullptr) return;
    if (node->form != yaml_node::shape::list) {
      nodes_.fail(*node, "this is no list", "a list");
      return;
    }
    for (const auto& item : node->items) take(item);
  }

  void add(const yaml_node& map, std::string_view key, regexes& into, int groups = 0) {
    const auto* node = table_node::find(map, key);
    if (node == nullptr) return;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(8 << 20);
    for (const auto& text : nodes_.texts(*node)) {
      auto made = std::make_shared<const re2::RE2>("(?m)" + text, options);
      if (!made->ok()) {
        return nodes_.fail(*node, "this is no regex of RE2: " + made->error(), "a regex");
      }
      if (made->NumberOfCapturingGroups() < groups) {
        return nodes_.fail(*node, "this regex has too few groups", std::to_string(groups));
      }
      if (re2::RE2::PartialMatch("", *made)) {
        return nodes_.fail(*node, "this regex matches nothing at all", "one that needs a text");
      }
      into.push_back(std::move(made));
    }
  }

  std::optional<decision> parsed(const yaml_node& node, const std::string& text) {
    const auto known = parse_decision(text);
    if (!known) nodes_.fail(node, "unknown action " + text, "pass, draft, approval or block");
    return known;
  }

  std::optional<decision> decision_of(const yaml_node& map, std::string_view key) {
    const auto* node = table_node::find(map, key);
    if (node == nullptr) return std::nullopt;
    return parsed(*node, nodes_.text(*node));
  }

  std::set<std::string> names(const yaml_node& map, std::string_view key) {
    auto all = nodes_.texts(map, key);
    return {all.begin(), all.end()};
  }

  void rules(const yaml_node& map) {
    for (std::size_t i = 0; i < map.keys.size(); ++i) {
      const auto& node = map.items[i];
      if (!nodes_.is_map(node, {"action", "byRisk", "explained", "intended", "message"})) return;
      rule_policy made;
      made.message = nodes_.text(node, "message");
      made.explained = decision_of(node, "explained");
      made.intended = decision_of(node, "intended");
      const auto by_risk = nodes_.texts(node, "byRisk");
      if (!by_risk.empty() && by_risk.size() != made.by_risk.size()) {
        return nodes_.fail(node, "byRisk has not three actions", "those of low, medium and high");
      }
      for (std::size_t risk = 0; risk < by_risk.size(); ++risk) {
        made.by_risk[risk] = parsed(node, by_risk[risk]);
      }
      const auto action = decision_of(node, "action");
      if (!action || made.message.empty()) {
        return nodes_.fail(node, "a rule without action or message", "both");
      }
      made.decided = *action;
      if (!into_.rules.emplace(map.keys[i].text, std::move(made)).second) {
        return nodes_.fail(node, "this rule is there already", "another name");
      }
    }
  }

  void shapes(const yaml_node& map) {
    for (std::size_t i = 0; i < map.keys.size(); ++i) {
      const auto& node = map.items[i];
      if (!nodes_.is_map(node, {"action", "message"})) return;
      shape_rule made{map.keys[i].text, nodes_.text(node, "action"), nodes_.text(node, "message")};
      if (made.message.empty() ||
          (made.action != "reject" && made.action != "analysis" && made.action != "remark")) {
        return nodes_.fail(node, "a shape without message or action", "reject, analysis or remark");
      }
      into_.shapes[map.keys[i].text] = std::move(made);
    }
  }

  void limits(const yaml_node& map) {
    const std::map<std::string, std::uint64_t*> known{
        {"mostBytes", &into_.limits.most_bytes},
        {"deletedLines", &into_.limits.deleted_lines},
        {"deletedTimes", &into_.limits.deleted_times},
        {"bulkLines", &into_.limits.bulk_lines},
        {"smallLines", &into_.limits.small_lines},
        {"smallFiles", &into_.limits.small_files},
        {"broadFiles", &into_.limits.broad_files},
        {"broadLines", &into_.limits.broad_lines},
        {"tokensPerLine", &into_.limits.tokens_per_line},
        {"riskyFiles", &into_.limits.risky_files},
        {"riskyLines", &into_.limits.risky_lines},
        {"shortestIntentWords", &into_.limits.shortest_intent_words}};
    for (std::size_t i = 0; i < map.keys.size(); ++i) {
      const auto found = known.find(map.keys[i].text);
      if (found == known.end()) {
        return nodes_.fail(map.items[i], "unknown limit " + map.keys[i].text, "one that exists");
      }
      const auto& value = map.items[i].scalar;
      if (!value.is_number_integer() || value.get<std::int64_t>() <= 0) {
        return nodes_.fail(map.items[i], "this is no limit", "a number above zero");
      }
      *found->second = value.get<std::uint64_t>();
    }
  }

  void used(char of, const std::string& name, const yaml_node& node) {
    uses.push_back({of, name, node});
  }

  void purpose_of(const yaml_node& node) {
    if (!nodes_.is_map(node, {"name", "allows", "match"})) return;
    purpose made;
    made.name = nodes_.text(node, "name");
    made.allows = names(node, "allows");
    add(node, "match", made.match);
    into_.purposes.push_back(std::move(made));
  }

  void claim_of(const yaml_node& node) {
    if (!nodes_.is_map(node, {"rule", "says", "of", "match"})) return;
    claim made;
    made.rule = nodes_.text(node, "rule");
    used('r', made.rule, node);
    const auto says = nodes_.text(node, "says");
    if (says != "only" && says != "none" && says != "some") {
      return nodes_.fail(node, "a claim says " + says, "only, none or some");
    }
    made.says = says == "only"   ? claim::form::only
                : says == "none" ? claim::form::none
                                 : claim::form::some;
    made.of = names(node, "of");
    add(node, "match", made.match);
    into_.claims.push_back(std::move(made));
  }

  void behaviour_of(const yaml_node& node) {
    if (!nodes_.is_map(node, {"rule", "seen", "unless", "in", "joined", "match", "except"})) return;
    static const std::map<std::string, behaviour::form> forms{
        {"lost", behaviour::form::lost},           {"gained", behaviour::form::gained},
        {"number", behaviour::form::number},       {"operation", behaviour::form::operation},
        {"signature", behaviour::form::signature}, {"gone", behaviour::form::gone},
        {"named", behaviour::form::named},         {"fixed", behaviour::form::fixed}};
    behaviour made;
    made.rule = nodes_.text(node, "rule");
    used('r', made.rule, node);
    const auto form = forms.find(nodes_.text(node, "seen"));
    if (form == forms.end()) {
      return nodes_.fail(node, "unknown `seen`",
                         "lost, gained, number, operation, signature, gone, named or fixed");
    }
    made.seen = form->second;
    made.unless = names(node, "unless");
    for (const auto& name : made.unless) used('p', name, node);
    made.joined = nodes_.flag(node, "joined");
    if (auto kinds = names(node, "in"); !kinds.empty()) made.in = std::move(kinds);
    const bool captures = made.seen == behaviour::form::gone || made.seen == behaviour::form::named;
    add(node, "match", made.match, made.seen == behaviour::form::signature ? 2 : captures ? 1 : 0);
    add(node, "except", made.except);
    if (made.match.empty() && made.seen != behaviour::form::number &&
        made.seen != behaviour::form::operation) {
      return nodes_.fail(node, "a behaviour without `match`", "regexes");
    }
    into_.behaviours.push_back(std::move(made));
  }

  void escalation_of(const yaml_node& node) {
    if (!nodes_.is_map(node, {"rule", "finding", "unless", "withCode"})) return;
    escalation made{nodes_.text(node, "rule"), nodes_.text(node, "finding"), names(node, "unless"),
                    nodes_.flag(node, "withCode")};
    used('r', made.rule, node);
    for (const auto& name : made.unless) used('p', name, node);
    into_.escalations.push_back(std::move(made));
  }

  void intent_sign_of(const yaml_node& node) {
    if (!nodes_.is_map(node, {"shape", "match"})) return;
    intent_sign made;
    made.rule = nodes_.text(node, "shape");
    used('s', made.rule, node);
    add(node, "match", made.match);
    into_.intent_signs.push_back(std::move(made));
  }

  void conflict_of(const yaml_node& node) {
    if (!nodes_.is_map(node, {"says", "one", "other"})) return;
    std::array<regexes, 2> made;
    add(node, "one", made[0]);
    add(node, "other", made[1]);
    into_.conflicts.push_back(std::move(made));
    into_.conflict_texts.push_back(nodes_.text(node, "says"));
  }

  void risk_of(const yaml_node& node) {
    if (!nodes_.is_map(node, {"level", "reason", "paths", "samples", "words"})) return;
    risk_rule made;
    made.level = nodes_.text(node, "level");
    made.reason = nodes_.text(node, "reason");
    if (made.level != "medium" && made.level != "high") {
      return nodes_.fail(node, "unknown level " + made.level, "medium or high");
    }
    made.path_texts = nodes_.texts(node, "paths");
    made.paths = diff::pattern_list{made.path_texts};
    made.samples = nodes_.texts(node, "samples");
    for (const auto& sample : made.samples) {
      if (!made.paths.matches(sample)) {
        return nodes_.fail(node, "sample " + sample + " is none of the paths", "one that is");
      }
    }
    add(node, "words", made.words);
    into_.risks.push_back(std::move(made));
  }

  table_node nodes_;
  rule_content& into_;
};

bool is_known(const rule_reader::use& each, const rule_content& content) {
  if (each.of == 'r') return content.rules.contains(each.name);
  if (each.of == 's') return content.shapes.contains(each.name);
  return std::any_of(content.purposes.begin(), content.purposes.end(),
                     [&each](const auto& known) { return known.name == each.name; });
}

}  // namespace

bool any_match(const regexes& all, std::string_view text) {
  return std::any_of(all.begin(), all.end(), [text](const auto& each) {
    return re2::RE2::PartialMatch({text.data(), text.size()}, *each);
  });
}

result<rules> rules::load(const fs::path& directory, const diff::tables& known) {
  if (known.empty()) {
    return error{errc::invalid, "the judge needs the tables of the diff gate", "load them first"};
  }
  SKEIN_TRY(paths, diff::table_files(directory, most_files));
  auto content = std::make_shared<rule_content>();
  content->gate = known;
  std::vector<rule_reader> readers;
  for (const auto& path : paths) {
    SKEIN_TRY(text, diff::table_text(path, most_bytes));
    const auto read = schema::detail::read_yaml(text, yaml_bounds);
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
    for (const auto& each : reader.uses) {
      if (is_known(each, *content)) continue;
      reader.nodes().fail(each.node, "unknown name " + each.name,
                          "a rule, shape or purpose of these tables");
      return *reader.nodes().failed();
    }
  }
  rules out;
  out.content_ = std::move(content);
  return out;
}

}  // namespace skein::judge
