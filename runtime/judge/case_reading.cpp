// The reading of a case. See case_reading.hpp.
#include "runtime/judge/case_reading.hpp"

#include <algorithm>

namespace skein::judge {
namespace {

using diff::bit;
using diff::file_kind;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n\f\v");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n\f\v") - first + 1);
}

std::string_view comment_of(const diff::source_side& side, std::size_t line) {
  const auto begin = side.lines[line].comment_begin;
  const auto end = side.comment.find('\n', begin);
  return std::string_view{side.comment}.substr(begin, end - begin);
}

bool opens_docstring(std::string_view code) {
  while (!code.empty() && std::string_view{"rRuU"}.find(code[0]) != std::string_view::npos) {
    code.remove_prefix(1);
  }
  return code.starts_with("\"\"\"") || code.starts_with("'''");
}

/// A line of a text that stands for itself, as docstrings do: nobody reads its value.
bool is_docstring(const diff::source_side& side, std::size_t line) {
  const auto plain = [](std::string_view code) {
    return code.find_first_not_of("_\"'rRuU \t\r\n") == std::string_view::npos;
  };
  if (!plain(side.line_code(line))) return false;
  for (std::size_t at = line + 1; at-- > 0;) {
    const auto code = trimmed(side.line_code(at));
    if (opens_docstring(code)) {
      // Behind an open bracket or an assignment it is a value.
      std::size_t above = at;
      while (above > 0 && is_blank(side.line_code(above - 1))) --above;
      // Nothing before it: a module's, when the file is seen from its first line on.
      if (above == 0) return side.lines.front().number == 1;
      if (trimmed(side.line_code(above - 1)).ends_with(':')) return true;
      // It may be the end of one that begins further up.
    }
    if (!plain(side.line_code(at))) return false;
  }
  return false;
}

struct squeezed {
  std::string code;      ///< what is changed, without white space
  std::string comments;  ///< the same of comments
};

squeezed squeeze(const diff::source_side& side, bool indented, bool docstrings) {
  squeezed out;
  for (std::size_t i = 0; i < side.lines.size(); ++i) {
    if (!side.lines[i].changed) continue;
    const auto text = side.line_text(i);
    auto& into = docstrings && is_docstring(side, i) ? out.comments : out.code;
    if (!is_blank(text)) {
      const auto first = text.find_first_not_of(" \t");
      if (indented && &into == &out.code) into += std::to_string(first) + ":";
      for (const char c : text) {
        if (std::string_view{" \t\r\f\v"}.find(c) == std::string_view::npos) into += c;
      }
    }
    for (const char c : comment_of(side, i)) {
      if (std::string_view{" \t\r\f\v"}.find(c) == std::string_view::npos) out.comments += c;
    }
  }
  return out;
}

std::string kind_of(const file_reading& view, const diff::language* as) {
  if (view.file->lines.empty() && !view.file->binary && !view.file->added() &&
      !view.file->removed()) {
    return "none";
  }
  if (view.is(file_kind::generated) || view.is(file_kind::lockfile) ||
      view.is(file_kind::snapshot)) {
    return view.is(file_kind::test) || view.is(file_kind::snapshot) ? "test" : "generated";
  }
  if (view.is(file_kind::test)) return "test";
  if (as == nullptr && view.is(file_kind::docs)) return "docs";
  if (view.file->binary) return "other";
  // A file whose language nobody knows may still be read by a program.
  if (as == nullptr) return view.is(file_kind::image) ? "other" : "code";
  const bool indented = as->name == "python" || as->name == "yaml";
  const auto before = squeeze(view.before, indented, as->name == "python");
  const auto after = squeeze(view.after, indented, as->name == "python");
  if (before.code != after.code) return "code";
  return before.comments != after.comments ? "comment" : "whitespace";
}

file_reading read_file(const diff::changed_file& file, const rule_content& known) {
  const auto& gate = known.gate.content();
  file_reading out;
  out.file = &file;
  const auto* old_language = file.added() ? nullptr : diff::language_of(file.old_path, gate);
  const auto* new_language = file.removed() ? nullptr : diff::language_of(file.new_path, gate);
  if (!file.added()) out.kinds |= diff::kinds_of(file.old_path, old_language, gate);
  if (!file.removed()) out.kinds |= diff::kinds_of(file.new_path, new_language, gate);
  out.before = diff::read_side(file, old_language, false);
  out.after = diff::read_side(file, new_language, true);
  out.kind = kind_of(out, new_language != nullptr ? new_language : old_language);
  out.stem = stem_of(file.path());
  add_words(file.path(), known, out.words);
  if (file.renamed()) add_words(file.old_path, known, out.words);
  add_symbols(file.path(), out.symbols);
  for (const auto* side : {&out.before, &out.after}) {
    // Prose may speak of anything; of code only what is no comment counts.
    add_words(side->text, known, out.words);
    add_symbols(side->text, out.symbols);
    for (std::size_t i = 0; i < side->lines.size(); ++i) {
      if (side->lines[i].changed) add_symbols(side->line_text(i), out.changed_symbols);
    }
    if (out.kind == "comment" || out.kind == "docs") {
      add_words(side->comment, known, out.words);
      add_symbols(side->comment, out.symbols);
    }
  }
  for (const auto& hunk : file.hunks) add_words(hunk.heading, known, out.words);
  for (const auto& hunk : file.hunks) add_symbols(hunk.heading, out.symbols);
  return out;
}

/// Files that the task names, and what goes with them.
void find_named(case_reading& all) {
  word_set stems;
  for (auto& view : all.files) {
    for (const auto& name : all.intent.paths) {
      if (is_called(view.path(), name) || is_called(view.file->old_path, name)) view.named = true;
    }
  }
  for (const auto& name : all.intent.paths) stems.insert(stem_of(name));
  for (auto& view : all.files) {
    view.named = view.named || (view.stem.size() > 2 && stems.contains(view.stem));
  }
}

void find_related(case_reading& all) {
  const auto& intent = all.intent;
  for (auto& view : all.files) {
    const bool symbol = share_any(intent.symbols, view.symbols);
    view.related =
        view.named || symbol || (intent.paths.empty() && share_any(intent.words, view.words));
  }
  // What a related file changes by name, and others have to follow.
  word_set carried;
  word_set stems;
  for (const auto& view : all.files) {
    if (!view.related) continue;
    carried.insert(view.changed_symbols.begin(), view.changed_symbols.end());
    if (view.stem.size() > 3) stems.insert(view.stem);
  }
  for (auto& view : all.files) {
    if (view.related || carried.empty()) continue;
    const bool companion = view.kind == "docs" || view.kind == "none" ||
                           view.is(file_kind::lockfile) || view.is(file_kind::snapshot) ||
                           stems.contains(view.stem);
    view.related = companion || share_any(carried, view.changed_symbols);
  }
}

}  // namespace

bool case_reading::is_about(const std::set<std::string>& any) const {
  return std::any_of(any.begin(), any.end(),
                     [this](const auto& each) { return purposes.contains(each); });
}

case_reading read_case(const judged_case& about, const rule_content& known) {
  case_reading out;
  out.intent = names_in(about.task.spec.intent, known);
  out.explanation = names_in(about.behaviour_change, known);
  out.flat_intent = flattened(about.task.spec.intent);
  for (const auto& each : known.purposes) {
    if (any_match(each.match, out.flat_intent)) out.purposes.insert(each.name);
  }
  std::uint64_t bytes = 0;
  for (const auto& file : about.change.files) {
    out.insertions += file.insertions;
    out.deletions += file.deletions;
    for (const auto& line : file.lines) bytes += line.text.size() + 1;
  }
  if (bytes > known.limits.most_bytes) {
    out.too_large = true;
    return out;
  }
  out.files.reserve(about.change.files.size());
  for (const auto& file : about.change.files) out.files.push_back(read_file(file, known));
  find_named(out);
  find_related(out);
  return out;
}

std::vector<code_line> changed_code(const diff::source_side& side) {
  std::vector<code_line> out;
  std::size_t hunk = 0;
  for (std::size_t i = 0; i < side.lines.size(); ++i) {
    while (hunk < side.hunks.size() && i >= side.hunks[hunk].end) ++hunk;
    if (!side.lines[i].changed || is_blank(side.line_code(i)) || is_docstring(side, i)) continue;
    out.push_back({hunk, side.lines[i].number, side.line_code(i), side.line_text(i)});
  }
  return out;
}

}  // namespace skein::judge
