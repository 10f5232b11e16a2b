// Facts, then rules. See examine.hpp.
#include "runtime/diff/examine.hpp"

#include "runtime/diff/file_view.hpp"
#include "runtime/diff/scope.hpp"
#include "runtime/diff/shown.hpp"
#include "runtime/policy/fold.hpp"

#include <algorithm>
#include <map>

namespace skein::diff {
namespace {

/// What is read closely, over all files; a change of more than this goes to a person.
constexpr std::size_t most_bytes = 8U << 20;
constexpr std::size_t most_bytes_of_file = 4U << 20;
constexpr std::size_t longest_line = 20'000;
constexpr std::size_t most_facts = 40'000;  ///< cases and assertions of all files

struct measured {
  std::size_t bytes = 0;
  bool long_line = false;
};

measured measure(const changed_file& file) {
  measured out;
  for (const auto& line : file.lines) {
    out.bytes += line.text.size() + 1;
    out.long_line = out.long_line || line.text.size() > longest_line;
  }
  for (const auto& part : file.hunks) out.bytes += part.heading.size();
  return out;
}

std::vector<touched> touched_by(const change& all) {
  std::map<std::string, std::uint32_t> lines;
  for (const auto& file : all.files) {
    const std::uint64_t sum = std::uint64_t{lines[file.path()]} + file.insertions + file.deletions;
    lines[file.path()] =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, ~std::uint32_t{0}));
    if (!file.old_path.empty() && !file.copied) lines.try_emplace(file.old_path, 0);
  }
  std::vector<touched> out;
  out.reserve(lines.size());
  for (const auto& [path, count] : lines) out.push_back({path, count});
  return out;
}

/// Rust and the like keep tests beside what they test.
bool has_tests(const file_view& view, bool old_side) {
  const auto* as = old_side ? view.old_language : view.new_language;
  if (as == nullptr) return false;
  return (old_side ? view.was(file_kind::test) : view.is(file_kind::test)) || as->tests_anywhere;
}

void read(file_view& view, const table_content& tables) {
  view.examined = true;
  if (!view.file->added()) {
    view.before = read_side(*view.file, view.old_language, false);
    if (has_tests(view, true)) {
      view.tests_before =
          find_tests(view.before, *view.old_language, tables, view.was(file_kind::test));
    }
  }
  if (!view.file->removed()) {
    view.after = read_side(*view.file, view.new_language, true);
    if (has_tests(view, false)) {
      view.tests_after =
          find_tests(view.after, *view.new_language, tables, view.is(file_kind::test));
    }
  }
}

void check_security_words(const std::vector<file_view>& files, const table_content& tables,
                          finding_list& into) {
  if (tables.security_words == nullptr) return;
  for (const auto& view : files) {
    if (!view.examined || view.either(file_kind::security) || view.either(file_kind::docs) ||
        view.either(file_kind::test) || view.either(file_kind::lockfile)) {
      continue;
    }
    for (const auto* side : {&view.before, &view.after}) {
      const auto found = [&]() -> std::uint32_t {
        for (std::size_t i = 0; i < side->lines.size(); ++i) {
          if (!side->lines[i].changed) continue;
          const auto code = side->line_code(i);
          if (re2::RE2::PartialMatch({code.data(), code.size()}, *tables.security_words)) {
            return side->lines[i].number;
          }
        }
        return 0;
      }();
      if (found == 0) continue;
      into.add("risk.security_words", {view.file->path(), found, {}, {}, {}});
      break;
    }
  }
}

file_facts facts_of(const file_view& view) {
  file_facts out;
  out.path = shown(view.file->path(), 400);
  if (view.file->renamed() || view.file->copied) out.old_path = shown(view.file->old_path, 400);
  for (std::size_t kind = 0; kind < kind_count; ++kind) {
    if (((view.old_kinds | view.new_kinds) >> kind & 1U) != 0)
      out.kinds.emplace_back(kind_names[kind]);
  }
  const auto* as = view.new_language != nullptr ? view.new_language : view.old_language;
  if (as != nullptr) out.language = as->name;
  out.insertions = view.file->insertions;
  out.deletions = view.file->deletions;
  std::map<std::string, int> cases;
  for (const auto& each : view.tests_before.cases) --cases[each.name];
  for (const auto& each : view.tests_after.cases) ++cases[each.name];
  std::map<std::string, int> assertions;
  for (const auto& each : view.tests_before.assertions) --assertions[each.key];
  for (const auto& each : view.tests_after.assertions) ++assertions[each.key];
  for (const auto& [name, count] : cases) {
    (count < 0 ? out.cases_removed : out.cases_added) +=
        static_cast<std::uint32_t>(std::abs(count));
  }
  for (const auto& [name, count] : assertions) {
    (count < 0 ? out.assertions_removed : out.assertions_added) +=
        static_cast<std::uint32_t>(std::abs(count));
  }
  return out;
}

/// How the most forgiving file system, or a hasty reader, knows the path: in small letters, without
/// look-alikes, streams and trailing dots, and by the long names of what git reads.
std::string known_as(const std::string& path) {
  std::string out;
  std::string_view rest = path;
  while (!rest.empty()) {
    const auto end = rest.find_first_of("/\\");
    auto name = policy::fold(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (const auto stream = name.find(':'); stream != std::string::npos && stream > 1) {
      name.resize(stream);
    }
    while (name.ends_with('.') || name.ends_with(' ')) name.pop_back();
    for (const auto& [brief, whole] :
         {std::pair{"gitmod~", ".gitmodules"}, std::pair{"gitatt~", ".gitattributes"}}) {
      if (name.starts_with(brief)) name = whole;
    }
    out += (out.empty() ? "" : "/") + name;
  }
  return out;
}

}  // namespace

const language* language_of(const std::string& path, const table_content& tables) {
  const auto found =
      std::find_if(tables.languages.begin(), tables.languages.end(),
                   [&path](const language& each) { return each.files.matches(path); });
  return found == tables.languages.end() ? nullptr : &*found;
}

kind_set kinds_of(const std::string& path, const language* as, const table_content& tables) {
  kind_set out = 0;
  const auto look = known_as(path);
  for (std::size_t kind = 0; kind < tables.kinds.size(); ++kind) {
    const bool by_look = (kinds_by_look >> kind & 1U) != 0;
    if (tables.kinds[kind].matches(by_look ? look : path)) out |= kind_set{1} << kind;
  }
  if (as != nullptr && as->test_files.matches(path)) out |= bit(file_kind::test);
  if (as != nullptr && out == 0) out = bit(file_kind::source);
  return out;
}

std::vector<schema::finding> examination::records() const {
  std::vector<schema::finding> out;
  out.reserve(findings.size());
  for (const auto& each : findings) {
    schema::finding record = each;
    if (!each.before.empty()) record.message += "; before: " + each.before;
    if (!each.after.empty()) {
      record.message += (each.before.empty() ? "; there: " : "; after: ") + each.after;
    }
    out.push_back(std::move(record));
  }
  return out;
}

examination examine(const change& all, const schema::task_spec& task, const tables& known,
                    const redact_fn& redact) {
  if (known.empty()) {
    examination nothing;
    finding refusal;
    refusal.rule = "diff.no_tables";
    refusal.severity = "error";
    refusal.action = "block";
    refusal.message = "the diff gate has no tables, so nothing can be said about the change";
    nothing.findings.push_back(std::move(refusal));
    return nothing;
  }
  const auto& content = known.content();
  finding_list findings{content, task, redact};
  std::vector<file_view> views;
  views.reserve(all.files.size());
  std::size_t total = 0;
  std::size_t facts = 0;
  for (const auto& file : all.files) {
    auto& view = views.emplace_back();
    view.file = &file;
    if (!file.added()) {
      view.old_language = language_of(file.old_path, content);
      view.old_kinds = kinds_of(file.old_path, view.old_language, content);
    }
    if (!file.added() && file.new_path == file.old_path) {
      view.new_language = view.old_language;
      view.new_kinds = view.old_kinds;
    } else if (!file.removed()) {
      view.new_language = language_of(file.new_path, content);
      view.new_kinds = kinds_of(file.new_path, view.new_language, content);
    }
    if (file.binary || file.new_mode == mode_symlink || file.new_mode == mode_submodule) continue;
    const measured size = measure(file);
    if (size.bytes > most_bytes_of_file || total + size.bytes > most_bytes) {
      findings.add("diff.not_examined",
                   {file.path(), 0, {}, {}, std::to_string(size.bytes) + " bytes of lines"});
      continue;
    }
    if (size.long_line && !view.either(file_kind::lockfile) && !view.either(file_kind::generated)) {
      findings.add("file.long_line", {file.path(), 0, {}, {}, {}});
    }
    total += size.bytes;
    read(view, content);
    facts += view.tests_before.assertions.size() + view.tests_before.cases.size() +
             view.tests_after.assertions.size() + view.tests_after.cases.size();
    if (!view.tests_before.complete || !view.tests_after.complete || facts > most_facts) {
      findings.add("diff.not_examined", {file.path(), 0, {}, {}, "too many tests"});
      if (facts > most_facts) view.tests_before = view.tests_after = {};
    }
  }
  check_files(all, views, findings);
  check_hidden_text(views, findings);
  check_tests(views, content, findings);
  check_markers(views, content, findings);
  check_thresholds(views, content, findings);
  check_dependencies(views, content, findings);
  check_security_words(views, content, findings);
  for (auto& each : check_scope(task.scope, touched_by(all))) findings.add_as_is(std::move(each));

  examination out;
  out.risk = task.risk;
  out.raised_risk = findings.raises_risk();
  if (out.raised_risk && out.risk == schema::risk_level::low) out.risk = schema::risk_level::medium;
  out.files.reserve(views.size());
  for (const auto& view : views) out.files.push_back(facts_of(view));
  out.findings = std::move(findings).take();
  return out;
}

}  // namespace skein::diff
