// What the agent says it did, against what it did. Its words can only make things worse for it.
#include "runtime/judge/verdict_list.hpp"

#include <algorithm>

namespace skein::judge {
namespace {

struct made {
  std::set<std::string> kinds;
  const file_reading* example(const std::string& kind, const case_reading& all) const {
    const auto found = std::find_if(all.files.begin(), all.files.end(),
                                    [&kind](const auto& view) { return view.kind == kind; });
    return found == all.files.end() ? nullptr : &*found;
  }
};

bool has(const made& change, const std::string& kind) {
  return change.kinds.contains(kind);
}

/// Paths and names in a sentence that says that something was changed.
void check_named(std::string_view sentence, const case_reading& all, const rule_content& known,
                 verdict_list& into) {
  const auto named = names_in(sentence, known);
  for (const auto& name : named.paths) {
    const bool touched = std::any_of(all.files.begin(), all.files.end(), [&name](const auto& view) {
      return is_called(view.path(), name) || is_called(view.file->old_path, name);
    });
    // Any text of the diff may rightly speak of a file.
    const bool told =
        touched || std::any_of(all.files.begin(), all.files.end(), [&name](const auto& view) {
          return view.after.text.find(name) != std::string::npos ||
                 view.before.text.find(name) != std::string::npos;
        });
    if (!told) into.add("claim.file_not_touched", {}, name);
  }
  for (const auto& symbol : named.symbols) {
    if (symbol.size() < 5) continue;
    const bool shown = std::any_of(all.files.begin(), all.files.end(), [&symbol](const auto& view) {
      return view.symbols.contains(symbol) ||
             std::any_of(view.symbols.begin(), view.symbols.end(), [&symbol](const auto& each) {
               return each.find(symbol) != std::string::npos;
             });
    });
    if (!shown && !all.intent.symbols.contains(symbol)) {
      into.add("claim.name_not_touched", {}, symbol);
    }
  }
}

void check_claim(const claim& said, const made& change, const case_reading& all,
                 verdict_list& into) {
  const auto culprit = [&](const std::string& kind) {
    const auto* view = change.example(kind, all);
    return view == nullptr ? std::string{} : view->path();
  };
  if (said.says == claim::form::only) {
    for (const auto& kind : change.kinds) {
      if (kind == "none" || kind == "behaviour" || said.of.contains(kind)) continue;
      into.add(said.rule, culprit(kind), kind);
    }
    return;
  }
  for (const auto& kind : said.of) {
    if (said.says == claim::form::none && has(change, kind))
      into.add(said.rule, culprit(kind), kind);
  }
  if (said.says == claim::form::some &&
      std::none_of(said.of.begin(), said.of.end(),
                   [&change](const auto& kind) { return has(change, kind); })) {
    into.add(said.rule, {});
  }
}

}  // namespace

void check_claims(const judged_case& about, const case_reading& all, const rule_content& known,
                  bool behaviour_changes, verdict_list& into) {
  made change;
  for (const auto& view : all.files) {
    change.kinds.insert(view.kind);
    if (view.kind == "test" && view.file->insertions > 0) change.kinds.insert("testAdded");
  }
  if (behaviour_changes) change.kinds.insert("behaviour");
  const bool failing =
      std::any_of(about.verdicts.begin(), about.verdicts.end(), [](const auto& each) {
        return each.status == schema::verdict_status::failed ||
               each.status == schema::verdict_status::timed_out ||
               each.status == schema::verdict_status::error;
      });
  if (failing) change.kinds.insert("failing");
  for (const auto& text : {about.agent_summary, about.behaviour_change}) {
    for (const auto sentence : sentences_of(text)) {
      const auto flat = flattened(sentence);
      for (const auto& each : known.claims) {
        if (any_match(each.match, flat)) check_claim(each, change, all, into);
      }
      if (any_match(known.change_verbs, flat) && !any_match(known.negations, flat)) {
        check_named(sentence, all, known, into);
      }
    }
  }
}

}  // namespace skein::judge
