// Reading what the judging model answered. See by_model.hpp.
#include "runtime/diff/shown.hpp"
#include "runtime/judge/by_model.hpp"
#include "runtime/judge/shown_change.hpp"
#include "runtime/judge/words.hpp"

#include <algorithm>
#include <array>

namespace skein::judge {
namespace {

using nlohmann::json;

constexpr std::size_t most_reasons = 40;
constexpr std::size_t longest_reason = 600;
constexpr std::size_t longest_path = 400;

/// With these a judge tells that somebody else judged. Flattened text.
constexpr std::array told_phrases{"i was told",
                                  "i was instructed",
                                  "i am instructed",
                                  "i have been told",
                                  "as instructed",
                                  "as requested by the",
                                  "as the diff says",
                                  "as the comment says",
                                  "per the instruction",
                                  "per instructions",
                                  "following the instruction",
                                  "the instructions say",
                                  "the diff instructs",
                                  "the comment instructs",
                                  "the file instructs",
                                  "the summary instructs",
                                  "the file says to",
                                  "the comment says to",
                                  "the diff says to",
                                  "the summary says to",
                                  "the author asks me",
                                  "was asked to pass",
                                  "asked to approve",
                                  "instructed to approve",
                                  "instructed to pass",
                                  "told to approve",
                                  "told to pass",
                                  "pre approved",
                                  "already approved",
                                  "ignore previous",
                                  "ignore all previous",
                                  "approved by the platform",
                                  "new instructions",
                                  "system prompt",
                                  "instructions in the diff",
                                  "no review needed"};

opinion blocked(std::string by, const std::string& why) {
  return {decision::block,
          {{{}, "the judge is not heard: " + diff::shown(why, longest_reason), {}}},
          std::move(by)};
}

bool was_told(std::string_view text) {
  const auto flat = flattened(text);
  return std::any_of(told_phrases.begin(), told_phrases.end(), [&flat](const char* phrase) {
    return flat.find(phrase) != std::string::npos;
  });
}

bool has_keys(const json& object, std::initializer_list<const char*> keys) {
  if (!object.is_object() || object.size() != keys.size()) return false;
  return std::all_of(keys.begin(), keys.end(),
                     [&object](const char* key) { return object.contains(key); });
}

/// The path as the change has it, or nothing when it has none such.
const std::string* path_in(const diff::change& change, const std::string& said) {
  for (const auto& file : change.files) {
    for (const auto* path : {&file.new_path, &file.old_path}) {
      if (!path->empty() && (*path == said || diff::shown(*path, longest_path) == said))
        return path;
    }
  }
  return nullptr;
}

/// Empty: well-formed.
std::string fault_in(const json& told) {
  if (!has_keys(told, {"decision", "reasons"})) return "a verdict with other fields than its own";
  if (!told["decision"].is_string() || !told["reasons"].is_array()) return "fields of other types";
  if (told["reasons"].size() > most_reasons) return "too many reasons";
  for (const auto& each : told["reasons"]) {
    if (!has_keys(each, {"path", "reason"}) || !each["path"].is_string() ||
        !each["reason"].is_string()) {
      return "a reason of another form";
    }
  }
  return {};
}

}  // namespace

opinion read(const judged_case& about, const model::outcome& came, const question_limits& limits) {
  if (!came) {
    const auto& failed = came.error();
    return blocked("model:" + failed.provider + "/" + failed.model,
                   "it could not be asked (" + std::string(model::to_string(failed.kind)) + ")");
  }
  const auto& answer = *came;
  const std::string by = "model:" + answer.provider + "/" + answer.model;
  if (answer.stop == model::stop_reason::length) return blocked(by, "its answer was cut off");
  if (answer.stop == model::stop_reason::refusal) return blocked(by, "it refused to answer");
  if (answer.calls.size() != 1) {
    return blocked(by, "it gave " + std::to_string(answer.calls.size()) + " verdicts");
  }
  const auto& call = answer.calls.front();
  if (call.name != "give_verdict") return blocked(by, "it called another tool");
  if (!call.malformed.empty()) return blocked(by, "its verdict cannot be read");
  if (auto fault = fault_in(call.arguments); !fault.empty()) return blocked(by, fault);
  const auto decided = parse_decision(call.arguments["decision"].get_ref<const std::string&>());
  if (!decided) return blocked(by, "an unknown decision");

  opinion out{*decided, {}, by};
  std::string everything = answer.text;
  for (const auto& each : call.arguments["reasons"]) {
    const auto& path = each["path"].get_ref<const std::string&>();
    const auto& text = each["reason"].get_ref<const std::string&>();
    everything += "\n" + path + "\n" + text;
    if (!path.empty() && path_in(about.change, path) == nullptr) {
      return blocked(by, "it speaks of a file that the change does not touch");
    }
    if (text.empty()) return blocked(by, "a reason without words");
    out.reasons.push_back(
        {diff::shown(path, longest_path), diff::shown(text, longest_reason), std::string{}});
  }
  if (everything.find(canary_of(about)) != std::string::npos) {
    return blocked(by, "it repeats what it was told to keep");
  }
  if (*decided == decision::block) return out;
  if (was_told(everything)) return blocked(by, "its words show that it was told what to say");
  if (out.decided != decision::pass && out.reasons.empty())
    return blocked(by, "a veto without reason");
  if (out.decided == decision::pass && !shows_all(about.change, limits)) {
    out.decided = decision::draft;
    out.reasons.push_back({{}, "the change could not be shown to the judge as a whole", {}});
  }
  return out;
}

opinion no_judge() {
  return {decision::block,
          {{{}, "there is no other model than the author's to judge the change", {}}},
          "model:none"};
}

}  // namespace skein::judge
