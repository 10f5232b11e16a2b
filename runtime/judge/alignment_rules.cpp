// Whether a change is the one that the task asks for, by files, words and size.
#include "runtime/judge/verdict_list.hpp"

#include <algorithm>

namespace skein::judge {
namespace {

using diff::file_kind;

/// What the purposes of the intent allow together; empty: everything.
std::set<std::string> allowed_kinds(const case_reading& all, const rule_content& known) {
  std::set<std::string> out;
  for (const auto& each : known.purposes) {
    if (!all.purposes.contains(each.name)) continue;
    if (each.allows.contains("code")) return {};
    out.insert(each.allows.begin(), each.allows.end());
  }
  return out;
}

void check_unrelated(const case_reading& all, const std::set<std::string>& allowed,
                     verdict_list& into) {
  if (all.intent.words.size() + all.intent.symbols.size() < 2) return;
  std::uint64_t unrelated = 0;
  std::uint64_t lines = 0;
  std::size_t files = 0;
  for (const auto& view : all.files) {
    lines += view.lines();
    // A task about comments that names no file means those of any.
    const bool meant = view.kind == "comment" && allowed.contains("comment");
    if (view.related || (meant && all.intent.paths.empty())) continue;
    unrelated += view.lines();
    ++files;
    const bool named = !all.intent.paths.empty();
    into.add(named ? "align.unnamed_file" : "align.unrelated_file", view.path());
  }
  if (files >= 2 && unrelated * 2 > lines) {
    into.add("align.mostly_unrelated", {},
             std::to_string(unrelated) + " of " + std::to_string(lines) + " lines");
  }
}

}  // namespace

void check_alignment(const case_reading& all, const rule_content& known, verdict_list& into) {
  const auto allowed = allowed_kinds(all, known);
  check_unrelated(all, allowed, into);
  if (!allowed.empty()) {
    for (const auto& view : all.files) {
      if (view.kind == "none" || allowed.contains(view.kind)) continue;
      into.add("align.other_kind", view.path(), view.kind);
    }
  }
  const auto changes = [&all](const char* kind) {
    return std::any_of(all.files.begin(), all.files.end(),
                       [kind](const auto& view) { return view.kind == kind; });
  };
  if (all.is_about({"repair"}) && !all.is_about({"tests", "docs", "ci"}) && changes("test") &&
      !changes("code") && !changes("other")) {
    for (const auto& view : all.files) {
      if (view.kind == "test") into.add("gamed.tests_only", view.path());
    }
  }
}

void check_balance(const case_reading& all, const rule_content& known, verdict_list& into) {
  const auto& limits = known.limits;
  std::uint64_t gone = 0;
  std::uint64_t come = 0;
  std::uint64_t made = 0;
  const file_reading* most_gone = nullptr;
  const file_reading* most_made = nullptr;
  for (const auto& view : all.files) {
    if (view.kind == "generated") {
      made += view.file->insertions;
      if (most_made == nullptr || view.file->insertions > most_made->file->insertions) {
        most_made = &view;
      }
      continue;
    }
    gone += view.file->deletions;
    come += view.file->insertions;
    if (most_gone == nullptr || view.file->deletions > most_gone->file->deletions) {
      most_gone = &view;
    }
  }
  if (most_gone != nullptr && gone >= limits.deleted_lines && gone > come * limits.deleted_times &&
      !all.is_about({"removal"})) {
    into.add("balance.deletion", most_gone->path(),
             std::to_string(gone) + " lines removed, " + std::to_string(come) + " added");
  }
  if (most_made != nullptr && made >= limits.bulk_lines && made > come &&
      !all.is_about({"bulk", "dependency"})) {
    into.add("balance.bulk", most_made->path(), std::to_string(made) + " lines");
  }
  const auto total = gone + come;
  if (all.is_about({"small"}) &&
      (total > limits.small_lines || all.files.size() > limits.small_files)) {
    into.add("balance.not_small", {},
             std::to_string(all.files.size()) + " files, " + std::to_string(total) + " lines");
  }
}

}  // namespace skein::judge
