// Asks allowlists. See allowlist.hpp.
#include "runtime/scan/allowlist.hpp"

#include "runtime/scan/keyword_search.hpp"
#include "runtime/scan/regex_shape.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace skein::scan {
namespace {

/// Enough for ordinary regexes; hostile text can make each of them use all of it.
constexpr std::int64_t usual_regex_memory = 4 << 20;
constexpr std::int64_t most_regex_memory = 64 << 20;
constexpr std::size_t longest_regex = 64 << 10;

bool any_matches(const std::vector<std::shared_ptr<const RE2>>& regexes, std::string_view text) {
  return std::any_of(regexes.begin(), regexes.end(),
                     [&](const auto& regex) { return matches_somewhere(*regex, text); });
}

result<std::vector<std::shared_ptr<const RE2>>> compile_all(
    const std::vector<written_regex>& written, const std::string& rule) {
  std::vector<std::shared_ptr<const RE2>> all;
  for (const auto& each : written) {
    SKEIN_TRY(regex, compile_regex(each, rule));
    all.push_back(std::move(regex));
  }
  return all;
}

}  // namespace

result<std::shared_ptr<const RE2>> compile_regex(const written_regex& regex,
                                                 const std::string& rule) {
  if (regex.text.size() > longest_regex) {
    return rule_error(place_of(regex), rule, "regex: is longer than 64 KiB");
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(usual_regex_memory);
  if (works_on_bytes(regex.text)) options.set_encoding(RE2::Options::EncodingLatin1);
  auto compiled = std::make_shared<const RE2>(regex.text, options);
  if (compiled->error_code() == RE2::ErrorPatternTooLarge) {
    options.set_max_mem(most_regex_memory);
    compiled = std::make_shared<const RE2>(regex.text, options);
  }
  if (!compiled->ok()) return rule_error(place_of(regex), rule, "regex: " + compiled->error());
  return compiled;
}

bool matches_somewhere(const RE2& regex, std::string_view text) {
  return RE2::PartialMatch({text.data(), text.size()}, regex);
}

result<allowlist> allowlist::compile(allowlist_spec spec, const std::string& rule) {
  allowlist list;
  SKEIN_TRY(regexes, compile_all(spec.regexes, rule));
  SKEIN_TRY(paths, compile_all(spec.paths, rule));
  list.regexes_ = std::move(regexes);
  list.paths_ = std::move(paths);
  list.spec_ = std::move(spec);
  return list;
}

bool allowlist::allows(const candidate& found) const {
  const auto target = [&] {
    switch (spec_.regex_target) {
      case allowlist_spec::target::line:
        return found.line;
      case allowlist_spec::target::match:
        return found.match;
      default:
        return found.secret;
    }
  };
  int asked = spec_.names_commits ? 1 : 0;
  int yes = 0;
  const auto answer = [&](bool is_so) {
    ++asked;
    yes += is_so ? 1 : 0;
  };
  if (!regexes_.empty()) answer(any_matches(regexes_, target()));
  if (!paths_.empty()) answer(!found.path.empty() && any_matches(paths_, found.path));
  if (!spec_.stopwords.empty()) {
    const std::string lower = lower_ascii(found.secret);
    answer(std::any_of(spec_.stopwords.begin(), spec_.stopwords.end(),
                       [&](const auto& word) { return lower.find(word) != std::string::npos; }));
  }
  return spec_.all ? asked > 0 && yes == asked : yes > 0;
}

}  // namespace skein::scan
