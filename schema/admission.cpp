// F1: whether a task says enough to be worked on. Not validation: such a file is well formed.
#include "schema/document.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

namespace skein::schema {

namespace {

/// An intent made only of these names nothing that could be checked.
constexpr std::string_view empty_words[] = {
    "a",         "all",      "and",         "any",         "app",       "application", "as",
    "better",    "bug",      "bugs",        "change",      "clean",     "cleanup",     "cleaner",
    "code",      "codebase", "do",          "enhance",     "error",     "errors",      "everything",
    "file",      "files",    "fix",         "for",         "general",   "generally",   "good",
    "great",     "improve",  "improved",    "in",          "is",        "issue",       "issues",
    "it",        "its",      "make",        "me",          "modernize", "more",        "my",
    "necessary", "needed",   "nice",        "nicer",       "of",        "optimise",    "optimize",
    "our",       "overall",  "performance", "please",      "polish",    "problem",     "problems",
    "program",   "project",  "quality",     "readability", "refactor",  "repo",        "repository",
    "security",  "software", "some",        "something",   "source",    "sources",     "stuff",
    "that",      "the",      "thing",       "things",      "this",      "tidy",        "to",
    "up",        "update",   "whatever",    "work",        "wrong"};

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_concrete(std::string_view intent) {
  // Shorter texts are a word and its article, whatever the word.
  constexpr std::ptrdiff_t fewest_letters = 8;
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  if (std::count_if(intent.begin(), intent.end(), std::not_fn(blank)) < fewest_letters)
    return false;
  std::string word;
  const auto counts = [&word] {
    return !word.empty() &&
           std::find(std::begin(empty_words), std::end(empty_words), word) == std::end(empty_words);
  };
  for (const char c : intent) {
    if (is_word_character(c)) {
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      continue;
    }
    if (counts()) return true;
    word.clear();
  }
  return counts();
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::optional<std::string> missing_from_agent(const task_spec& spec) {
  if (!spec.agent_given) {
    return "spec.agent: say who makes the change, for example {kind: script, steps: [{run: …}]}, or "
           "set ANTHROPIC_API_KEY or OPENAI_API_KEY where skein runs and let a model make it";
  }
  const agent_spec& agent = spec.agent;
  switch (agent.kind) {
    case agent_kind::script:
      if (std::all_of(agent.steps.begin(), agent.steps.end(),
                      [](const step_spec& each) { return is_blank(each.run); })) {
        return "spec.agent.steps: give at least one step with a command to run";
      }
      break;
    case agent_kind::model:
      if (agent.provider.empty()) return "spec.agent.provider: name the provider of the model";
      if (agent.model.empty()) return "spec.agent.model: name the model";
      break;
    case agent_kind::external:
      if (agent.use.empty()) return "spec.agent.use: name the external agent";
      break;
    case agent_kind::replay:
      if (agent.transcript.empty()) return "spec.agent.transcript: name the transcript to replay";
      break;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> missing_for_admission(const task& value) {
  const task_spec& spec = value.spec;
  std::vector<std::string> missing;
  if (!is_concrete(spec.intent)) {
    missing.emplace_back(
        "spec.intent: say in a concrete sentence what is to change and what has to stay");
  }
  if (std::all_of(spec.scope.include.begin(), spec.scope.include.end(), is_blank)) {
    missing.emplace_back(
        "spec.scope.include: list the paths that the change may touch, for example [\"src/**\"]");
  }
  if (auto agent = missing_from_agent(spec)) missing.push_back(std::move(*agent));
  if (std::none_of(spec.verifiers.begin(), spec.verifiers.end(), [](const verifier_spec& each) {
        return each.required && (!is_blank(each.run) || !each.use.empty());
      })) {
    missing.emplace_back(
        "spec.verifiers: add a required verifier that proves the change, for example "
        "{name: unit, run: \"make test\"}");
  }
  if (spec.repo.url.empty()) {
    missing.emplace_back("spec.repo.url: name the repository, here or with --repo");
  }
  return missing;
}

}  // namespace skein::schema
