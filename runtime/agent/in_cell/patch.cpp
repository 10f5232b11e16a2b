#include "runtime/agent/in_cell/patch.hpp"

#include <algorithm>
#include <charconv>

namespace skein::agent::in_cell {
namespace {

/// Lines with their ends; the last one may have none.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto size = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

std::string_view without_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

std::string place(std::size_t line) {
  return "patch line " + std::to_string(line + 1);
}

std::string quoted(std::string_view line) {
  constexpr std::size_t longest = 120;
  const auto shown = without_end(line);
  return "'" + std::string(shown.substr(0, longest)) + (shown.size() > longest ? "…'" : "'");
}

/// `a/src/x.c<TAB>date` → `src/x.c`; empty for /dev/null.
std::optional<std::string> name_in(std::string_view header, std::string_view prefix) {
  auto name = without_end(header.substr(4));
  name = name.substr(0, name.find('\t'));
  if (name == "/dev/null") return std::string{};
  if (name.starts_with('"')) return std::nullopt;
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  if (name.empty()) return std::nullopt;
  return std::string(name);
}

bool read_number(std::string_view& text, std::size_t& into) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), into);
  if (failed != std::errc{} || into > 100'000'000) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// `12,3` or `12`.
bool read_range(std::string_view& text, std::size_t& first, std::size_t& count) {
  count = 1;
  if (!read_number(text, first)) return false;
  if (!text.starts_with(',')) return true;
  text.remove_prefix(1);
  return read_number(text, count);
}

class patch_reader {
 public:
  explicit patch_reader(std::string_view patch) : lines_(lines_of(patch)) {}

  std::variant<std::vector<file_patch>, patch_error> read() {
    std::vector<file_patch> files;
    while (at_ < lines_.size() && failed_.empty()) {
      const auto line = lines_[at_];
      if (line.starts_with("--- ")) {
        read_file(files);
      } else if (line.starts_with("@@")) {
        fail(at_, "a hunk before any file: `--- a/FILE` and `+++ b/FILE` come first");
      } else if (line.starts_with("rename ") || line.starts_with("copy ")) {
        fail(at_, "renames and copies are not applied: remove the old file and create the new one");
      } else if (line.starts_with("GIT binary patch") || line.starts_with("Binary files ")) {
        fail(at_, "binary patches are not applied");
      } else if (line.starts_with("old mode ") || line.starts_with("new mode ")) {
        fail(at_, "changes of mode are not applied: use write_file with executable");
      } else if (line.starts_with("*** ")) {
        fail(at_, "this is no unified diff: write `--- a/FILE`, `+++ b/FILE` and `@@ -1,2 +1,3 @@`");
      } else {
        ++at_;  // what stands between files says nothing
      }
    }
    if (failed_.empty() && files.empty()) fail(0, "no file is named: a unified diff begins with `--- a/FILE`");
    if (!failed_.empty()) return patch_error{failed_};
    return files;
  }

 private:
  void fail(std::size_t line, const std::string& why) {
    if (failed_.empty()) failed_ = place(line) + ": " + why;
  }

  void read_file(std::vector<file_patch>& files) {
    file_patch file;
    file.patch_line = at_;
    const auto from = name_in(lines_[at_++], "a/");
    if (at_ == lines_.size() || !lines_[at_].starts_with("+++ ")) {
      return fail(file.patch_line, "`--- ` without `+++ ` in the line after it");
    }
    const auto to = name_in(lines_[at_++], "b/");
    if (!from || !to) return fail(file.patch_line, "a name is empty or quoted; write it plainly");
    if (from->empty() && to->empty()) return fail(file.patch_line, "both names are /dev/null");
    if (!from->empty() && !to->empty() && *from != *to)
      return fail(file.patch_line, "the names " + *from + " and " + *to +
                                       " differ: remove the old file and create the new one");
    if (from->empty()) file.action = file_patch::what::create;
    if (to->empty()) file.action = file_patch::what::remove;
    file.path = to->empty() ? *from : *to;
    while (failed_.empty() && at_ < lines_.size() && lines_[at_].starts_with("@@")) read_hunk(file);
    if (failed_.empty() && file.hunks.empty() && file.action == file_patch::what::change)
      fail(file.patch_line, file.path + " has no hunk: `@@ -LINE,COUNT +LINE,COUNT @@` is missing");
    files.push_back(std::move(file));
  }

  void read_hunk(file_patch& file) {
    hunk one;
    one.patch_line = at_;
    std::string_view header = lines_[at_++];
    std::size_t old_count = 0;
    std::size_t new_first = 0;
    std::size_t new_count = 0;
    header.remove_prefix(2);
    const auto expect = [&header](std::string_view text) {
      if (!header.starts_with(text)) return false;
      header.remove_prefix(text.size());
      return true;
    };
    if (!expect(" -") || !read_range(header, one.at_line, old_count) || !expect(" +") ||
        !read_range(header, new_first, new_count) || !expect(" @@"))
      return fail(one.patch_line, "a hunk begins with `@@ -LINE,COUNT +LINE,COUNT @@`");
    while (one.before.size() < old_count || one.after.size() < new_count) {
      if (at_ == lines_.size())
        return fail(one.patch_line, "the hunk announces " + std::to_string(old_count) + " old and " +
                                        std::to_string(new_count) + " new lines but has " +
                                        std::to_string(one.before.size()) + " and " +
                                        std::to_string(one.after.size()));
      const auto line = lines_[at_];
      const char mark = line.front();
      const auto body = mark == '\n' || mark == '\r' ? line : line.substr(1);
      // An empty context line loses its space on the way sometimes.
      const bool context = mark == ' ' || mark == '\n' || mark == '\r';
      if (!context && mark != '-' && mark != '+' && mark != '\\')
        return fail(at_, "a line of a hunk begins with ' ', '-' or '+', not with " + quoted(line));
      if (context || mark == '-') one.before.emplace_back(body);
      if (context || mark == '+') one.after.emplace_back(body);
      if (mark == '\\') no_newline(one);
      last_ = mark;
      ++at_;
    }
    if (one.before.size() != old_count || one.after.size() != new_count)
      return fail(one.patch_line, "the counts of the hunk do not fit its lines");
    if (at_ < lines_.size() && lines_[at_].starts_with("\\")) {
      no_newline(one);
      ++at_;
    }
    file.hunks.push_back(std::move(one));
  }

  /// `\ No newline at end of file` is about the line before it.
  void no_newline(hunk& one) const {
    const auto strip = [](std::vector<std::string>& lines) {
      if (!lines.empty() && lines.back().ends_with('\n')) lines.back().pop_back();
    };
    if (last_ != '+') strip(one.before);
    if (last_ != '-') strip(one.after);
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  char last_ = ' ';
  std::string failed_;
};

bool stands_at(const std::vector<std::string_view>& lines, std::size_t at,
               const std::vector<std::string>& wanted) {
  return at + wanted.size() <= lines.size() &&
         std::equal(wanted.begin(), wanted.end(), lines.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Where in the file a hunk applies, looking from `from` on.
std::variant<std::size_t, patch_error> find_place(const file_patch& patch, std::size_t number,
                                                  const std::vector<std::string_view>& lines,
                                                  std::size_t from) {
  const hunk& one = patch.hunks[number];
  const std::string who = patch.path + ": hunk " + std::to_string(number + 1) + " (" +
                          place(one.patch_line) + ")";
  const std::size_t stated = one.at_line == 0 ? 0 : one.at_line - (one.before.empty() ? 0 : 1);
  if (stated >= from && stands_at(lines, stated, one.before)) return stated;
  std::vector<std::size_t> places;
  if (!one.before.empty())
    for (std::size_t at = from; at + one.before.size() <= lines.size() && places.size() < 2; ++at)
      if (stands_at(lines, at, one.before)) places.push_back(at);
  if (places.size() == 1) return places.front();
  if (places.size() > 1)
    return patch_error{who + " fits at lines " + std::to_string(places[0] + 1) + " and " +
                       std::to_string(places[1] + 1) +
                       ": correct the line in its header or give more context"};
  if (stated >= lines.size() && !one.before.empty())
    return patch_error{who + " is for line " + std::to_string(stated + 1) + ", but the file has " +
                       std::to_string(lines.size()) + " lines, and its lines stand nowhere in it"};
  for (std::size_t i = 0; i < one.before.size(); ++i) {
    if (stated + i >= lines.size())
      return patch_error{who + " does not apply: the file ends before its line " +
                         std::to_string(i + 1) + ", " + quoted(one.before[i])};
    if (lines[stated + i] != one.before[i])
      return patch_error{who + " does not apply: line " + std::to_string(stated + i + 1) +
                         " of the file is " + quoted(lines[stated + i]) + ", the patch expects " +
                         quoted(one.before[i])};
  }
  return patch_error{who + " overlaps the hunk before it"};
}

}  // namespace

std::variant<std::vector<file_patch>, patch_error> parse_patch(std::string_view patch) {
  return patch_reader(patch).read();
}

std::variant<std::string, patch_error> apply_hunks(const file_patch& patch, std::string_view text) {
  const auto lines = lines_of(text);
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < patch.hunks.size(); ++i) {
    const auto found = find_place(patch, i, lines, at);
    if (const auto* wrong = std::get_if<patch_error>(&found)) return *wrong;
    const auto where = std::get<std::size_t>(found);
    for (; at < where; ++at) out += lines[at];
    for (const auto& line : patch.hunks[i].after) out += line;
    at += patch.hunks[i].before.size();
  }
  for (; at < lines.size(); ++at) out += lines[at];
  return out;
}

std::variant<std::string, patch_error> replace_once(std::string_view text, std::string_view search,
                                                    std::string_view replacement) {
  if (search.empty()) return patch_error{"the text to search for is empty"};
  const auto first = text.find(search);
  const auto line_at = [&text](std::size_t offset) {
    return std::to_string(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n') + 1);
  };
  if (first == std::string_view::npos) {
    const auto head = search.substr(0, search.find('\n'));
    const auto near = text.find(head);
    return patch_error{"the text to search for does not stand in the file" +
                       (near == std::string_view::npos || head.size() == search.size()
                            ? std::string{}
                            : "; its first line stands at line " + line_at(near) +
                                  ", but what follows there is different")};
  }
  if (const auto second = text.find(search, first + 1); second != std::string_view::npos)
    return patch_error{"the text to search for stands at lines " + line_at(first) + " and " +
                       line_at(second) + ": search for more of it"};
  std::string out(text.substr(0, first));
  out += replacement;
  out += text.substr(first + search.size());
  return out;
}

}  // namespace skein::agent::in_cell
