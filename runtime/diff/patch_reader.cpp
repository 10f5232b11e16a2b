// Unified diffs. See patch_reader.hpp.
#include "runtime/diff/patch_reader.hpp"

#include "runtime/diff/patch_name.hpp"
#include "runtime/workspace/git_name.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

namespace skein::diff {
namespace {

constexpr std::size_t longest_path = 4096;  // PATH_MAX
constexpr std::size_t shown_of_path = 200;

constexpr std::size_t most_faults = 50;
constexpr std::uint32_t last_line = 1U << 30U;

struct range {
  std::uint32_t start = 0;
  std::uint32_t count = 1;
  /// The number of its first line, also of an empty range (which names the line before it).
  [[nodiscard]] std::int64_t first() const { return std::int64_t{start} + (count == 0 ? 1 : 0); }
};

std::optional<range> take_range(std::string_view& rest, char sign) {
  if (!rest.starts_with(sign)) return std::nullopt;
  const char* const end = rest.data() + rest.size();
  range out;
  auto read = std::from_chars(rest.data() + 1, end, out.start);
  if (read.ec != std::errc{}) return std::nullopt;
  if (read.ptr != end && *read.ptr == ',') {
    read = std::from_chars(read.ptr + 1, end, out.count);
    if (read.ec != std::errc{}) return std::nullopt;
  }
  if (out.start > last_line || out.count > last_line) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
  return out;
}

std::uint32_t octal(std::string_view text) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 8);
  return value;
}

class patch_reader {
 public:
  patch_reader(std::string patch, const patch_limits& limits) : limits_(limits) {
    auto kept = std::make_shared<const std::string>(std::move(patch));
    rest_ = *kept;
    out_.storage.push_back(std::move(kept));
  }

  change read() && {
    if (rest_.size() > limits_.max_bytes) {
      fault("diff.too_large", {},
            "the diff has " + std::to_string(rest_.size()) + " bytes, more than " +
                std::to_string(limits_.max_bytes) + ": it was not examined");
      return std::move(out_);
    }
    while (!rest_.empty() && !stopped_) {
      take_next();
      if (in_hunk()) {
        hunk_line();
      } else {
        outside_line();
      }
    }
    if (in_hunk()) malformed("ends inside a hunk");
    close_file();
    if (out_.files.empty() && out_.faults.empty() && !blank_) malformed("names no file");
    check_paths();
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool in_hunk() const { return old_left_ > 0 || new_left_ > 0; }
  changed_file& file() { return out_.files.back(); }

  void take_next() {
    const std::size_t end = rest_.find('\n');
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++line_number_;
    blank_ = blank_ && line_.find_first_not_of(" \t\r") == std::string_view::npos;
  }

  void fault(std::string rule, const std::string& path, std::string message) {
    if (out_.faults.size() < most_faults) {
      out_.faults.push_back({std::move(rule), path, std::move(message)});
    }
  }

  void malformed(const std::string& what) {
    fault("diff.malformed", open_ ? file().path() : std::string{},
          "the diff " + what + " (line " + std::to_string(line_number_) + " of it)");
  }

  // ---- files ------------------------------------------------------------------------------------

  void open_file() {
    close_file();
    if (stopped_) return;
    if (out_.files.size() == limits_.max_files) {
      fault("diff.too_many_files", {},
            "the diff has more than " + std::to_string(limits_.max_files) +
                " files: the rest was not examined");
      stopped_ = true;
      return;
    }
    out_.files.emplace_back();
    open_ = true;
    names_ = {};
    seen_hunk_ = new_file_ = deleted_file_ = renames_ = false;
    drift_ = 0;
    next_old_ = 1;
  }

  void close_file() {
    if (!open_) return;
    settle_names();
    open_ = false;
    old_left_ = new_left_ = 0;
    if (file().path().empty()) {
      malformed("has a file without a name");
      out_.files.pop_back();
    }
  }

  struct header_names {
    std::optional<std::pair<std::string, std::string>> git;
    std::optional<std::string> minus;
    std::optional<std::string> plus;
    std::optional<std::string> from;
    std::optional<std::string> to;
    bool git_line = false;
  };

  /// Every header line that names the file must name the same one.
  void settle_names() {
    auto& into = file();
    std::string git_old;
    std::string git_new;
    if (names_.git) {
      git_old = names_.git->first;
      git_new = names_.git->second;
      strip_prefixes(git_old, git_new);
    }
    std::string old_name = git_old;
    std::string new_name = git_new;
    if (names_.minus && names_.plus) {
      old_name = *names_.minus;
      new_name = *names_.plus;
      strip_prefixes(old_name, new_name);
      const bool differs = names_.git && ((!old_name.empty() && old_name != git_old) ||
                                          (!new_name.empty() && new_name != git_new));
      if (differs) disagree(git_old, git_new, old_name, new_name);
      if (old_name.empty() && new_name.empty()) malformed("has a change from nothing to nothing");
      if (names_.git_line && old_name.empty() && !new_file_ && !deleted_file_) {
        malformed("has a new file without a mode");
      }
      deleted_file_ = deleted_file_ || new_name.empty();
      new_file_ = new_file_ || old_name.empty();
    }
    if (names_.from && names_.to) {
      const bool differs = (!old_name.empty() && old_name != *names_.from) ||
                           (!new_name.empty() && new_name != *names_.to);
      if (differs) disagree(old_name, new_name, *names_.from, *names_.to);
      old_name = *names_.from;
      new_name = *names_.to;
    } else if (names_.from || names_.to) {
      malformed("has half a rename");
    }
    if (new_file_ && deleted_file_) malformed("has a file that is both new and deleted");
    into.old_path = new_file_ ? std::string{} : old_name.empty() ? new_name : old_name;
    into.new_path = deleted_file_ ? std::string{} : new_name.empty() ? old_name : new_name;
    if (std::max(into.old_path.size(), into.new_path.size()) > longest_path) {
      // No system opens it, and each rule would look at every folder of it.
      malformed("has a file name longer than 4096 bytes: the rest was not examined");
      into.old_path.resize(std::min(into.old_path.size(), shown_of_path));
      into.new_path.resize(std::min(into.new_path.size(), shown_of_path));
      stopped_ = true;
    }
    if (names_.git_line && !renames_ && !into.added() && !into.removed() &&
        into.old_path != into.new_path) {
      malformed("changes the name of a file without saying so");
    }
    if (into.added() && into.deletions > 0) malformed("deletes lines of a new file");
    if (into.removed() && into.insertions > 0) malformed("adds lines to a deleted file");
  }

  void disagree(const std::string& old_a, const std::string& new_a, const std::string& old_b,
                const std::string& new_b) {
    // Both are touched for all we know.
    fault("diff.lying_name", new_b.empty() ? old_b : new_b,
          "the headers of one file name different files: " + (new_a.empty() ? old_a : new_a) +
              " and " + (new_b.empty() ? old_b : new_b));
  }

  void check_paths() {
    std::map<std::string_view, std::pair<std::size_t, std::size_t>> uses;  // removed, put
    for (const auto& each : out_.files) {
      for (const auto* path : {&each.old_path, &each.new_path}) {
        if (!path->empty() && !workspace::is_change_path(*path)) {
          fault("path.forbidden", *path,
                "a path that no change may have: absolute, with an empty, `.`, `..` or .git-like "
                "part, or too long");
        }
        if (each.old_path == each.new_path) break;
      }
      if (!each.old_path.empty() && !each.copied && each.old_path != each.new_path) {
        ++uses[each.old_path].first;
      }
      if (!each.new_path.empty()) ++uses[each.new_path].second;
    }
    for (const auto& [path, count] : uses) {
      if (count.first > 1 || count.second > 1) {
        fault("diff.duplicate_path", std::string{path},
              "the diff changes one file in several places");
      }
    }
  }

  // ---- lines outside of hunks -------------------------------------------------------------------

  bool after(std::string_view prefix, std::string_view& value) const {
    if (!line_.starts_with(prefix)) return false;
    value = line_.substr(prefix.size());
    if (!value.empty() && value.back() == '\r') value.remove_suffix(1);
    return true;
  }

  void name(std::optional<std::string>& into, std::string_view value) {
    auto read = header_name(value);
    if (!read || read->empty()) return malformed("has a malformed file name");
    if (into && *into != *read) malformed("names a file twice, differently");
    into = std::move(read);
  }

  void outside_line() {
    std::string_view value;
    if (after("diff --git ", value)) {
      open_file();
      if (stopped_) return;
      names_.git_line = true;
      names_.git = git_names(value);
    } else if (line_.starts_with("diff --cc ") || line_.starts_with("diff --combined ") ||
               line_.starts_with("@@@")) {
      close_file();
      malformed("is a combined diff of a merge, which cannot be examined");
    } else if (line_.starts_with("--- ") && rest_.starts_with("+++ ")) {
      file_names();
    } else if (line_.starts_with("@@ ") && open_) {
      start_hunk();
    } else if (line_.starts_with("@@ -")) {
      malformed("has a hunk of no file");
    } else if (open_ && !seen_hunk_) {
      extended_header();
    } else if (open_) {
      after_hunk();
    }
  }

  void file_names() {
    if (!open_ || seen_hunk_ || names_.minus) open_file();
    if (stopped_) return;
    name(names_.minus, line_.substr(4));
    take_next();
    name(names_.plus, line_.substr(4));
  }

  void extended_header() {
    std::string_view value;
    auto& into = file();
    if (after("old mode ", value)) {
      into.old_mode = octal(value);
    } else if (after("new mode ", value)) {
      into.new_mode = octal(value);
    } else if (after("deleted file mode ", value)) {
      into.old_mode = octal(value);
      deleted_file_ = true;
    } else if (after("new file mode ", value)) {
      into.new_mode = octal(value);
      new_file_ = true;
    } else if (after("rename from ", value) || after("rename old ", value)) {
      renames_ = true;
      name(names_.from, value);
    } else if (after("rename to ", value) || after("rename new ", value)) {
      renames_ = true;
      name(names_.to, value);
    } else if (after("copy from ", value)) {
      renames_ = into.copied = true;
      name(names_.from, value);
    } else if (after("copy to ", value)) {
      renames_ = into.copied = true;
      name(names_.to, value);
    } else if (after("index ", value)) {
      const std::size_t space = value.find(' ');
      if (space != std::string_view::npos) {
        into.old_mode = into.new_mode = octal(value.substr(space + 1));
      }
    } else if (after("GIT binary patch", value)) {
      into.binary = true;
      seen_hunk_ = true;
      binary_body();
    } else if (line_.starts_with("Binary files ") || line_.starts_with("Files ")) {
      into.binary = true;
    } else if (line_.starts_with("+") || line_.starts_with("-")) {
      malformed("has changed lines outside of a hunk");
      stray_line();
    }
  }

  /// `literal N` or `delta N`, base 85 lines, an empty line; once for each direction.
  void binary_body() {
    while (rest_.starts_with("literal ") || rest_.starts_with("delta ")) {
      take_next();
      std::uint64_t size = 0;
      const std::string_view number = line_.substr(line_.find(' ') + 1);
      std::from_chars(number.data(), number.data() + number.size(), size);
      file().binary_bytes = std::max(file().binary_bytes, size);
      while (!rest_.empty() && rest_[0] != '\n' && rest_[0] != '\r') {
        const std::string_view next = rest_.substr(0, rest_.find('\n'));
        if (next.find(' ') != std::string_view::npos) return malformed("has a broken binary patch");
        take_next();
      }
      if (!rest_.empty()) take_next();
    }
  }

  void after_hunk() {
    if (line_.empty() || line_ == "\r" || line_ == "-- " || line_ == "-- \r") return close_file();
    const char mark = line_[0];
    if (mark == '\\') return;
    if (mark != '+' && mark != '-' && mark != ' ') return close_file();
    if (file().binary) return close_file();
    if (!told_longer_) malformed("has a hunk with more lines than its header says");
    told_longer_ = true;
    stray_line();
  }

  // ---- hunks ------------------------------------------------------------------------------------

  void start_hunk() {
    std::string_view rest = line_.substr(3);
    const auto old_range = take_range(rest, '-');
    std::optional<range> new_range;
    if (old_range && rest.starts_with(' ')) {
      rest.remove_prefix(1);
      new_range = take_range(rest, '+');
    }
    if (!new_range || !rest.starts_with(" @@")) return malformed("has a malformed hunk header");
    rest.remove_prefix(3);
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    if (old_range->first() < next_old_) malformed("has hunks that overlap or go backwards");
    if (new_range->first() - old_range->first() != drift_) {
      malformed("has a hunk header with line numbers that do not add up");
    }
    told_longer_ = false;
    seen_hunk_ = true;
    old_left_ = old_range->count;
    new_left_ = new_range->count;
    old_line_ = static_cast<std::uint32_t>(old_range->first());
    new_line_ = static_cast<std::uint32_t>(new_range->first());
    next_old_ = old_range->first() + old_range->count;
    drift_ += std::int64_t{new_range->count} - std::int64_t{old_range->count};
    file().hunks.push_back({file().lines.size(), 0, rest});
    if (!in_hunk()) malformed("has an empty hunk");
  }

  void hunk_line() {
    const char mark = line_.empty() || line_ == "\r" ? ' ' : line_[0];
    if (mark == '\\') return;
    if (mark != ' ' && mark != '+' && mark != '-') {
      malformed("has a hunk with fewer lines than its header says");
      old_left_ = new_left_ = 0;
      return outside_line();
    }
    const bool in_old = mark != '+';
    const bool in_new = mark != '-';
    if ((in_old && old_left_ == 0) || (in_new && new_left_ == 0)) {
      if (!told_longer_) malformed("has a hunk with other lines than its header says");
      told_longer_ = true;
    }
    if (in_old && old_left_ > 0) --old_left_;
    if (in_new && new_left_ > 0) --new_left_;
    add_line(mark);
  }

  void stray_line() {
    if (file().hunks.empty()) file().hunks.push_back({0, 0, {}});
    add_line(line_[0]);
  }

  void add_line(char mark) {
    if (++lines_ > limits_.max_lines) {
      fault("diff.too_large", file().path(),
            "the diff has more than " + std::to_string(limits_.max_lines) +
                " lines: the rest was not examined");
      stopped_ = true;
      old_left_ = new_left_ = 0;
      return;
    }
    auto& into = file();
    changed_line line;
    line.text = line_.substr(line_.empty() || line_ == "\r" ? 0 : 1);
    if (!line.text.empty() && line.text.back() == '\r') line.text.remove_suffix(1);
    line.kind = mark == '+'   ? line_kind::added
                : mark == '-' ? line_kind::removed
                              : line_kind::context;
    if (mark != '+') line.old_line = old_line_++;
    if (mark != '-') line.new_line = new_line_++;
    if (mark == '+') ++into.insertions;
    if (mark == '-') ++into.deletions;
    into.lines.push_back(line);
    ++into.hunks.back().count;
  }

  patch_limits limits_;
  change out_;
  std::string_view rest_;
  std::string_view line_;
  std::size_t line_number_ = 0;
  std::size_t lines_ = 0;
  bool stopped_ = false;
  bool blank_ = true;  ///< nothing but white space so far

  // Of the open file.
  bool open_ = false;
  header_names names_;
  bool seen_hunk_ = false;
  bool new_file_ = false;
  bool deleted_file_ = false;
  bool renames_ = false;
  bool told_longer_ = false;
  std::int64_t drift_ = 0;     ///< new line numbers minus old ones, so far
  std::int64_t next_old_ = 1;  ///< where the next hunk may start at the earliest

  // Of the open hunk.
  std::uint32_t old_left_ = 0;
  std::uint32_t new_left_ = 0;
  std::uint32_t old_line_ = 1;
  std::uint32_t new_line_ = 1;
};

}  // namespace

change read_patch(std::string patch, const patch_limits& limits) {
  return patch_reader{std::move(patch), limits}.read();
}

}  // namespace skein::diff
