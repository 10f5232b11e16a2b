// Changes from contents. See content_change.hpp. The comparison is Myers' greedy algorithm ("An
// O(ND) Difference Algorithm", 1986), with a bound on D.
#include "runtime/diff/content_change.hpp"

#include "runtime/workspace/git_name.hpp"

#include <algorithm>
#include <map>

namespace skein::diff {
namespace {

constexpr std::int64_t most_edits = 1000;

using lines_of = std::vector<std::string_view>;

lines_of split(std::string_view text) {
  lines_of lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// Which lines of two texts stay: pairs of indices, growing. nullopt: too different.
std::optional<std::vector<std::pair<std::size_t, std::size_t>>> kept_lines(const lines_of& old_text,
                                                                           const lines_of& text) {
  const auto n = static_cast<std::int64_t>(old_text.size());
  const auto m = static_cast<std::int64_t>(text.size());
  const std::int64_t most = std::min(n + m, most_edits);
  std::vector<std::int64_t> reach(static_cast<std::size_t>(2 * most + 3), 0);
  const auto at = [&](std::int64_t k) -> std::int64_t& {
    return reach[static_cast<std::size_t>(k + most + 1)];
  };
  std::vector<std::vector<std::int64_t>> trace;
  for (std::int64_t d = 0; d <= most; ++d) {
    trace.emplace_back(reach.begin() + (most + 1 - d), reach.begin() + (most + 2 + d));
    for (std::int64_t k = -d; k <= d; k += 2) {
      const bool down = k == -d || (k != d && at(k - 1) < at(k + 1));
      std::int64_t x = down ? at(k + 1) : at(k - 1) + 1;
      while (x < n && x - k < m &&
             old_text[static_cast<std::size_t>(x)] == text[static_cast<std::size_t>(x - k)]) {
        ++x;
      }
      at(k) = x;
      if (x < n || x - k < m) continue;
      std::vector<std::pair<std::size_t, std::size_t>> kept;
      std::int64_t y = x - k;
      for (std::int64_t back = d; back >= 0; --back) {
        const auto& before = trace[static_cast<std::size_t>(back)];
        const auto was = [&](std::int64_t diagonal) {
          return before[static_cast<std::size_t>(diagonal + back)];
        };
        const std::int64_t here = x - y;
        std::int64_t from_x = 0;
        std::int64_t from_y = 0;
        if (back > 0) {
          const bool went_down = here == -back || (here != back && was(here - 1) < was(here + 1));
          const std::int64_t from_k = went_down ? here + 1 : here - 1;
          from_x = was(from_k);
          from_y = from_x - from_k;
        }
        while (x > from_x && y > from_y) {
          kept.emplace_back(static_cast<std::size_t>(--x), static_cast<std::size_t>(--y));
        }
        x = from_x;
        y = from_y;
      }
      std::reverse(kept.begin(), kept.end());
      return kept;
    }
  }
  return std::nullopt;
}

void put(changed_file& file, line_kind kind, std::string_view text, std::size_t old_index,
         std::size_t index) {
  changed_line line;
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  line.text = text;
  line.kind = kind;
  if (kind != line_kind::added) line.old_line = static_cast<std::uint32_t>(old_index + 1);
  if (kind != line_kind::removed) line.new_line = static_cast<std::uint32_t>(index + 1);
  if (kind == line_kind::added) ++file.insertions;
  if (kind == line_kind::removed) ++file.deletions;
  file.lines.push_back(line);
}

void fill(changed_file& file, const lines_of& old_text, const lines_of& text) {
  std::size_t front = 0;
  while (front < old_text.size() && front < text.size() && old_text[front] == text[front]) ++front;
  std::size_t back = 0;
  while (back < old_text.size() - front && back < text.size() - front &&
         old_text[old_text.size() - 1 - back] == text[text.size() - 1 - back]) {
    ++back;
  }
  const auto middle = [front, back](const lines_of& all) {
    return lines_of(all.begin() + static_cast<std::ptrdiff_t>(front),
                    all.end() - static_cast<std::ptrdiff_t>(back));
  };
  std::vector<std::pair<std::size_t, std::size_t>> kept;
  for (std::size_t i = 0; i < front; ++i) kept.emplace_back(i, i);
  if (const auto inner = kept_lines(middle(old_text), middle(text))) {
    for (const auto& [a, b] : *inner) kept.emplace_back(a + front, b + front);
  }
  for (std::size_t i = back; i > 0; --i) {
    kept.emplace_back(old_text.size() - i, text.size() - i);
  }
  kept.emplace_back(old_text.size(), text.size());
  std::size_t a = 0;
  std::size_t b = 0;
  for (const auto& [keep_a, keep_b] : kept) {
    for (; a < keep_a; ++a) put(file, line_kind::removed, old_text[a], a, b);
    for (; b < keep_b; ++b) put(file, line_kind::added, text[b], a, b);
    if (a == old_text.size()) break;
    put(file, line_kind::context, text[b], a, b);
    ++a;
    ++b;
  }
  if (!file.lines.empty()) file.hunks.push_back({0, file.lines.size(), {}});
}

class builder {
 public:
  builder(const base_fn& base, const patch_limits& limits) : base_(base), limits_(limits) {}

  change build(const workspace::change_set& files) && {
    for (const auto& each : files.files) {
      if (out_.files.size() == limits_.max_files || lines_ > limits_.max_lines ||
          bytes_ > limits_.max_bytes) {
        fault("diff.too_large", {}, "the change is too large: the rest was not examined");
        break;
      }
      add(each);
    }
    find_renames();
    return std::move(out_);
  }

 private:
  void fault(std::string rule, const std::string& path, std::string message) {
    if (out_.faults.size() < 50) {
      out_.faults.push_back({std::move(rule), path, std::move(message)});
    }
  }

  std::string_view keep(std::string text) {
    bytes_ += text.size();
    out_.storage.push_back(std::make_shared<const std::string>(std::move(text)));
    return *out_.storage.back();
  }

  static std::uint32_t mode_of(workspace::entry_kind kind) {
    switch (kind) {
      case workspace::entry_kind::executable:
        return mode_executable;
      case workspace::entry_kind::symlink:
        return mode_symlink;
      default:
        return 0100644;
    }
  }

  void add(const workspace::file_change& from) {
    if (!workspace::is_change_path(from.path)) {
      fault("path.forbidden", from.path,
            "a path that no change may have: absolute, with an empty, `.`, `..` or .git-like "
            "part, or too long");
    }
    auto before = base_(from.path);
    const bool removed = from.kind == workspace::entry_kind::removed;
    if (!before && removed) return;
    const std::string_view old_text = before ? keep(std::move(before->content)) : "";
    const std::string_view text = removed ? "" : keep(from.content);
    const std::uint32_t old_mode = before ? before->mode : 0;
    const std::uint32_t mode = removed ? 0 : mode_of(from.kind);
    // As in a patch: what changes its type is removed and added.
    const bool retyped = before && !removed && (old_mode == mode_symlink) != (mode == mode_symlink);
    if (retyped) {
      compare(from.path, {}, old_text, "", old_mode, 0);
      compare({}, from.path, "", text, 0, mode);
    } else {
      compare(before ? from.path : std::string{}, removed ? std::string{} : from.path, old_text,
              text, old_mode, mode);
    }
  }

  void compare(std::string old_path, std::string new_path, std::string_view old_text,
               std::string_view text, std::uint32_t old_mode, std::uint32_t mode) {
    auto& file = out_.files.emplace_back();
    file.old_path = std::move(old_path);
    file.new_path = std::move(new_path);
    file.old_mode = old_mode;
    file.new_mode = mode;
    contents_.emplace_back(old_text, text);
    if (old_text.find('\0') != std::string_view::npos ||
        text.find('\0') != std::string_view::npos) {
      file.binary = true;
      file.binary_bytes = std::max(old_text.size(), text.size());
      return;
    }
    compare_lines(file, old_text, text);
    lines_ += file.lines.size();
  }

  void find_renames() {
    std::map<std::string_view, std::vector<std::size_t>> removed;
    for (std::size_t i = 0; i < out_.files.size(); ++i) {
      if (out_.files[i].removed() && !contents_[i].first.empty()) {
        removed[contents_[i].first].push_back(i);
      }
    }
    std::vector<bool> gone(out_.files.size(), false);
    for (std::size_t i = 0; i < out_.files.size() && !removed.empty(); ++i) {
      auto& file = out_.files[i];
      if (!file.added()) continue;
      const auto found = removed.find(contents_[i].second);
      if (found == removed.end() || found->second.empty()) continue;
      const std::size_t from = found->second.back();
      if ((out_.files[from].old_mode == mode_symlink) != (file.new_mode == mode_symlink)) continue;
      found->second.pop_back();
      file.old_path = out_.files[from].old_path;
      file.old_mode = out_.files[from].old_mode;
      file.insertions = 0;
      file.lines.clear();
      file.hunks.clear();
      gone[from] = true;
    }
    std::size_t next = 0;
    std::erase_if(out_.files, [&](const changed_file&) { return gone[next++]; });
  }

  const base_fn& base_;
  patch_limits limits_;
  change out_;
  std::vector<std::pair<std::string_view, std::string_view>> contents_;  ///< parallel to the files
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

void compare_lines(changed_file& file, std::string_view old_text, std::string_view text) {
  fill(file, split(old_text), split(text));
}

change change_of(const workspace::change_set& files, const base_fn& base,
                 const patch_limits& limits) {
  return builder{base, limits}.build(files);
}

}  // namespace skein::diff
