// A task that wants one name changed has an exact answer: what went and what came are the same once
// both names are. How a name is spelled (`fmt_date`, `fmtDate`) and where lines break do not
// matter.
#include "runtime/judge/verdict_list.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace skein::judge {
namespace {

struct renaming {
  std::string from;
  std::string to;
};

/// In small letters, without what formatters and spellings differ in.
std::string canonical(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view{" \t\r\n\f\v_,"}.find(c) != std::string_view::npos) continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::string plain_name(std::string_view name) {
  const auto last = name.find_last_of("#.:$");
  return canonical(last == std::string_view::npos ? name : name.substr(last + 1));
}

std::optional<renaming> wanted(std::string_view intent, const rule_content& known) {
  constexpr std::size_t longest = 2'000;
  if (intent.size() > longest) return std::nullopt;
  for (const auto& each : known.renames) {
    std::string from;
    std::string to;
    if (!re2::RE2::FullMatch({intent.data(), intent.size()}, *each, &from, &to)) continue;
    renaming out{plain_name(from), plain_name(to)};
    if (out.from.size() > 1 && out.to.size() > 1 && out.from != out.to) return out;
  }
  return std::nullopt;
}

std::string same_names(std::string text, const renaming& names) {
  const auto replace = [&text](const std::string& name) {
    std::string out;
    std::size_t from = 0;
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, from)) {
      out.append(text, from, at - from) += '\1';
      from = at + name.size();
    }
    out.append(text, from);
    text = std::move(out);
  };
  // One may be a part of the other.
  const bool longer = names.from.size() > names.to.size();
  replace(longer ? names.from : names.to);
  replace(longer ? names.to : names.from);
  return text;
}

struct side_text {
  std::vector<std::string> lines;  ///< sorted
  std::string whole;
};

side_text read(const diff::source_side& side, const renaming& names) {
  side_text out;
  for (const auto& line : changed_code(side)) {
    out.lines.push_back(same_names(canonical(line.text), names));
    out.whole += out.lines.back();
  }
  std::sort(out.lines.begin(), out.lines.end());
  return out;
}

}  // namespace

void check_rename(const judged_case& about, const case_reading& all, const rule_content& known,
                  verdict_list& into) {
  const auto names = wanted(about.task.spec.intent, known);
  if (!names) return;
  for (const auto& view : all.files) {
    if (!view.is_source() || view.file->added() || view.file->removed()) continue;
    const auto before = read(view.before, *names);
    const auto after = read(view.after, *names);
    if (before.lines == after.lines || before.whole == after.whole) continue;
    std::vector<std::string> more;
    std::set_difference(after.lines.begin(), after.lines.end(), before.lines.begin(),
                        before.lines.end(), std::back_inserter(more));
    into.add("align.not_only_renamed", view.path(),
             more.empty() ? "lines are missing" : "and " + more.front().substr(0, 120));
  }
}

}  // namespace skein::judge
