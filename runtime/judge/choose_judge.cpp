// Who judges. See by_model.hpp.
#include "runtime/judge/by_model.hpp"

#include <algorithm>
#include <cctype>

namespace skein::judge {
namespace {

bool is_version(std::string_view part) {
  return part == "latest" || part == "preview" ||
         (part.size() >= 4 && std::all_of(part.begin(), part.end(), [](char c) {
            return std::isdigit(static_cast<unsigned char>(c)) != 0;
          }));
}

/// The name without vendor, date and tag, so that one model under two names is one.
std::string plain_name(std::string_view name) {
  if (const auto slash = name.rfind('/'); slash != std::string_view::npos) {
    name.remove_prefix(slash + 1);
  }
  name = name.substr(0, name.find_first_of(":@"));
  std::string out;
  std::size_t begin = 0;
  while (begin <= name.size()) {
    const auto end = std::min(name.find_first_of("-_.", begin), name.size());
    const auto part = name.substr(begin, end - begin);
    // A date is in the end: 20250101, or 2025-01-01, whose month and day follow.
    if (!out.empty() && is_version(part)) break;
    for (const char c : part) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    out += '-';
    begin = end + 1;
  }
  return out;
}

bool is_same(const std::string& model, const judge_choice& author) {
  return plain_name(model) == plain_name(author.model);
}

}  // namespace

std::optional<judge_choice> choose_judge(const judge_choice& wants, const judge_choice& author,
                                         const std::vector<available_models>& available) {
  const auto pick = [&](auto&& fits) -> std::optional<judge_choice> {
    for (const auto& each : available) {
      for (const auto& model : each.models) {
        if (model.empty() || is_same(model, author) || !fits(each.provider, model)) continue;
        return judge_choice{each.provider, model};
      }
    }
    return std::nullopt;
  };
  if (!wants.model.empty() || !wants.provider.empty()) {
    // What is wanted and not there, or is the author, is nobody: not somebody else unasked.
    return pick([&wants](const auto& provider, const auto& model) {
      return (wants.provider.empty() || wants.provider == provider) &&
             (wants.model.empty() || wants.model == model);
    });
  }
  auto found =
      pick([&author](const auto& provider, const auto&) { return provider != author.provider; });
  if (!found) found = pick([](const auto&, const auto&) { return true; });
  return found;
}

}  // namespace skein::judge
