// What a change does to files as such: modes, symlinks, submodules, binaries, kinds of paths; and
// text that does not look like what it is.
#include "runtime/diff/file_view.hpp"
#include "runtime/diff/shown.hpp"

#include <algorithm>
#include <set>

namespace skein::diff {
namespace {

constexpr std::uint64_t large_binary = 1U << 20;
constexpr std::uint64_t large_text = 1U << 20;

/// Where a symlink leads, from the root of the repository; false: out of it, or to git's own.
bool stays_inside(const std::string& path, std::string_view target) {
  if (target.empty() || target[0] == '/' || target.find('\0') != std::string_view::npos) {
    return false;
  }
  if (target.find('\\') != std::string_view::npos || (target.size() > 1 && target[1] == ':')) {
    return false;  // a path of Windows
  }
  auto depth = std::count(path.begin(), path.end(), '/');
  while (!target.empty()) {
    const auto slash = target.find('/');
    const auto part = target.substr(0, slash);
    target.remove_prefix(slash == std::string_view::npos ? target.size() : slash + 1);
    if (part == "..") {
      if (--depth < 0) return false;
    } else if (!part.empty() && part != ".") {
      ++depth;
      if (canonical_name(part) == "git" && part.find('.') != std::string_view::npos) return false;
    }
  }
  return true;
}

void check_mode(const file_view& view, finding_list& into) {
  const auto& file = *view.file;
  const auto mode = file.new_mode;
  if (file.removed()) {
    if (file.old_mode == mode_submodule) into.add("file.submodule", {file.path(), 0, {}, {}, {}});
    return;
  }
  if (mode == mode_symlink) {
    std::string target;
    for (const auto& line : file.lines) {
      if (line.kind != line_kind::removed) target += std::string{line.text};
    }
    const bool shown_target = !file.lines.empty() && !file.binary;
    const bool changed = file.insertions > 0;
    if (!shown_target && !(file.renamed() || file.copied)) {
      into.add("file.symlink_escapes", {file.path(), 0, {}, {}, "its target is not shown"});
    } else if (shown_target && !stays_inside(file.new_path, target)) {
      into.add("file.symlink_escapes", {file.path(), 1, {}, target, {}});
    } else if (file.added() || changed || file.renamed()) {
      into.add("file.symlink", {file.path(), 1, {}, target, {}});
    }
  } else if (mode == mode_submodule || file.old_mode == mode_submodule) {
    into.add("file.submodule", {file.path(), 0, {}, {}, {}});
  } else if (mode == mode_executable && file.old_mode != mode_executable) {
    const bool script =
        view.is(file_kind::script) ||
        std::any_of(file.lines.begin(), file.lines.end(), [](const changed_line& line) {
          return line.new_line == 1 && line.text.starts_with("#!");
        });
    into.add(file.added() && script ? "file.executable_script" : "file.executable",
             {file.path(), 0, {}, {}, {}});
  } else if (mode != 0 && mode != 0100644 && mode != mode_executable) {
    into.add("file.unusual_mode", {file.path(), 0, {}, {}, {}});
  }
}

void check_content(const file_view& view, finding_list& into) {
  const auto& file = *view.file;
  if (file.binary) {
    if (file.removed()) {
      into.add("file.binary_removed", {file.path(), 0, {}, {}, {}});
    } else if (view.is(file_kind::program)) {
      into.add("file.binary_program", {file.path(), 0, {}, {}, {}});
    } else {
      into.add(view.is(file_kind::image) ? "file.image" : "file.binary",
               {file.path(), 0, {}, {}, {}});
    }
    if (file.binary_bytes > large_binary && !file.removed()) {
      into.add("file.huge", {file.path(), 0, {}, {}, std::to_string(file.binary_bytes) + " bytes"});
    }
    return;
  }
  std::uint64_t added = 0;
  for (const auto& line : file.lines) {
    if (line.kind == line_kind::added) added += line.text.size() + 1;
  }
  if (added > large_text) {
    into.add("file.huge", {file.path(), 0, {}, {}, std::to_string(added) + " bytes added"});
  }
  if (view.is(file_kind::program) && !file.removed()) {
    into.add("file.binary_program", {file.path(), 0, {}, {}, {}});
  }
}

void check_kinds(const file_view& view, finding_list& into) {
  const auto& file = *view.file;
  const finding_list::of where{file.path(), 0, {}, {}, {}};
  const struct {
    file_kind kind;
    const char* rule;
  } rules[] = {{file_kind::ci, "ci.changed"},
               {file_kind::instructions, "path.agent_instructions"},
               {file_kind::protect, "path.protected"},
               {file_kind::git_config, "path.git_config"},
               {file_kind::linter, "linter.config_changed"},
               {file_kind::coverage, "coverage.config_changed"},
               {file_kind::test_config, "test.config_changed"},
               {file_kind::security, "risk.security_code"},
               {file_kind::generated, "file.generated"}};
  const bool tells = view.either(file_kind::test) || view.either(file_kind::docs);
  for (const auto& [kind, rule] : rules) {
    // Tests and texts of security code guard nothing themselves.
    if (kind == file_kind::security && tells) continue;
    if (view.either(kind)) into.add(rule, where);
  }
  if (view.is(file_kind::secret)) into.add("path.secret", where);
  if (view.either(file_kind::snapshot) && (file.deletions > 0 || file.binary) && !file.added()) {
    into.add(file.removed() ? "test.snapshot_removed" : "test.snapshot_rewritten", where);
  }
}

void check_hidden_path(const file_view& view, finding_list& into) {
  // A name that was there before is not the change's.
  if (!view.file->added() && view.file->old_path == view.file->new_path) return;
  for (std::string_view rest = view.file->new_path; !rest.empty();) {
    const decoded next = decode(rest);
    rest.remove_prefix(std::max<std::size_t>(next.length, 1));
    if (next.length == 0 || hidden_kind(next.code) == hidden::no) continue;
    into.add("path.hidden_characters", {view.file->new_path, 0, {}, {}, {}});
    return;
  }
}

bool is_emoji_part(char32_t code) {
  return code >= 0x1F000 || (code >= 0x2190 && code <= 0x2BFF) || code == 0xFE0F || code == 0x20E3;
}

enum class script { none, latin, cyrillic, greek };
script script_of(char32_t code) {
  if ((code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z')) return script::latin;
  if (code >= 0x0400 && code <= 0x052F) return script::cyrillic;
  if (code >= 0x0370 && code <= 0x03FF && code != 0x03BC && code != 0x03C0 && code != 0x03BB) {
    return script::greek;
  }
  return script::none;
}

struct odd_text {
  bool direction = false;
  bool invisible = false;
  bool control = false;
  bool mixed = false;
  bool broken = false;
};

odd_text look_at(std::string_view text, bool first_line) {
  odd_text out;
  char32_t previous = 0;
  script word = script::none;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7F) {  // most of it
      const script own = script_of(byte);
      if (own == script::latin && word != script::none && word != script::latin) out.mixed = true;
      word = own == script::none && byte != '_' ? script::none : own == script::none ? word : own;
      previous = byte;
      ++at;
      continue;
    }
    const decoded next = decode(text.substr(at));
    if (next.length == 0) {
      out.broken = true;
      ++at;
      previous = 0;
      word = script::none;
      continue;
    }
    const script own = script_of(next.code);
    if (own != script::none && word != script::none && own != word) out.mixed = true;
    word = own;
    switch (hidden_kind(next.code)) {
      case hidden::direction:
        out.direction = true;
        break;
      case hidden::invisible:
        // A byte order mark, and what joins emoji.
        if ((next.code == 0xFEFF && first_line && at == 0) ||
            (next.code == 0x200D && is_emoji_part(previous)) ||
            (next.code >= 0xE0020 && next.code <= 0xE007F && previous == 0x1F3F4)) {
          break;
        }
        out.invisible = true;
        break;
      case hidden::control:
        out.control = true;
        break;
      case hidden::no:
        break;
    }
    at += next.length;
    if (next.code < 0xE0020 || next.code > 0xE007F) previous = next.code;
  }
  return out;
}

void check_lines(const file_view& view, std::set<std::string_view>& known, finding_list& into) {
  bool told_broken = false;
  for (const auto& line : view.file->lines) {
    if (line.kind != line_kind::added) continue;
    const bool plain = std::all_of(line.text.begin(), line.text.end(),
                                   [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; });
    if (plain || known.contains(line.text)) continue;
    const odd_text odd = look_at(line.text, line.new_line == 1);
    const finding_list::of where{view.file->path(), line.new_line, {}, std::string{line.text}, {}};
    const bool prose = view.is(file_kind::docs) && !view.is(file_kind::instructions);
    if (odd.direction) {
      into.add(prose ? "text.direction_in_prose" : "text.direction_characters", where);
    }
    if (odd.invisible) {
      into.add(prose ? "text.invisible_in_prose" : "text.invisible_characters", where);
    }
    if (odd.control) into.add("text.control_characters", where);
    if (odd.mixed && !prose) into.add("text.mixed_script", where);
    if (odd.broken && !told_broken) {
      into.add("text.not_utf8", where);
      told_broken = true;
    }
  }
}

}  // namespace

void check_files(const change& all, const std::vector<file_view>& files, finding_list& into) {
  for (const auto& fault : all.faults) into.add(fault.rule, {fault.path, 0, {}, {}, fault.message});
  for (const auto& view : files) {
    check_mode(view, into);
    if (view.file->new_mode != mode_submodule) check_content(view, into);
    check_kinds(view, into);
    check_hidden_path(view, into);
  }
}

void check_hidden_text(const std::vector<file_view>& files, finding_list& into) {
  std::set<std::string_view> known;
  for (const auto& view : files) {
    for (const auto& line : view.file->lines) {
      if (line.kind == line_kind::removed) known.insert(line.text);
    }
  }
  for (const auto& view : files) check_lines(view, known, into);
}

}  // namespace skein::diff
