// write_tree(), write_change(): a base tree plus a change gives a new tree. Only the directories that the change
// touches are read and written.
#include "runtime/git/library.hpp"
#include "runtime/git/mirror.hpp"
#include "runtime/git/pack_writer.hpp"
#include "runtime/git/printable.hpp"
#include "runtime/git/tree_change.hpp"
#include "runtime/workspace/git_name.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>

namespace skein::git {
namespace {

using workspace::entry_kind;
using workspace::file_change;
using changes = std::span<const file_change* const>;

error misfit(std::string_view path, const std::string& why) {
  return {errc::invalid, "the change does not fit the base: " + printable(path) + " " + why, ""};
}

struct tree_line {
  unsigned mode = 0;
  git_oid id{};
};

unsigned mode_of(entry_kind kind) noexcept {
  return kind == entry_kind::symlink      ? GIT_FILEMODE_LINK
         : kind == entry_kind::executable ? GIT_FILEMODE_BLOB_EXECUTABLE
                                          : GIT_FILEMODE_BLOB;
}

bool is_directory(const tree_line& line) noexcept {
  return (line.mode & 0170000) == 0040000;
}
bool is_file(const tree_line& line) noexcept {
  return (line.mode & 0170000) == 0100000;
}
bool is_submodule(const tree_line& line) noexcept {
  return (line.mode & 0170000) == 0160000;
}

/// What the change says about one name of a directory.
struct named_changes {
  const file_change* itself = nullptr;
  changes inside;
  [[nodiscard]] bool removed() const noexcept {
    return itself != nullptr && itself->kind == entry_kind::removed;
  }
  [[nodiscard]] bool made() const noexcept {
    return itself != nullptr && itself->kind != entry_kind::removed;
  }
};

class tree_builder {
 public:
  tree_builder(git_repository* repository, pack_writer& pack, known_objects* known)
      : repository_(repository), pack_(pack), known_(known) {}

  /// The tree with `all` applied, whose paths share their first `prefix` bytes; nothing when no
  /// entry is left in it.
  result<std::optional<git_oid>> apply(const git_oid* old, changes all, std::size_t prefix) {
    std::map<std::string, tree_line, std::less<>> lines;
    if (old != nullptr) SKEIN_CHECK(read(*old, lines));
    for (auto& [name, change] : grouped(all, prefix)) {
      const auto found = lines.find(name);
      const std::optional<tree_line> before =
          found == lines.end() ? std::nullopt : std::optional(found->second);
      SKEIN_TRY(after, apply_name(before, change, prefix + name.size()));
      if (after) {
        lines.insert_or_assign(std::string(name), *after);
      } else if (found != lines.end()) {
        lines.erase(found);
      }
    }
    if (lines.empty()) return std::optional<git_oid>();
    SKEIN_TRY(id, write(lines));
    return std::optional<git_oid>(id);
  }

 private:
  /// `end`: where the name ends in the paths of `change`.
  result<std::optional<tree_line>> apply_name(const std::optional<tree_line>& before,
                                              const named_changes& change, std::size_t end) {
    const std::string_view path =
        std::string_view(change.itself ? change.itself->path : change.inside[0]->path)
            .substr(0, end);
    const bool was_directory = before && is_directory(*before);
    std::optional<tree_line> after;
    if (!change.inside.empty()) {
      if (before && is_submodule(*before)) return misfit(path, "is a submodule");
      if (before && !was_directory && !change.removed()) return misfit(path, "is a file there");
      SKEIN_TRY(inside, apply(was_directory ? &before->id : nullptr, change.inside, end + 1));
      if (inside) after = tree_line{GIT_FILEMODE_TREE, *inside};
    } else if (was_directory) {
      after = before;
    }
    if (known_ != nullptr && before && is_file(*before)) {
      known_->add_file(before->id, std::string(path));
    }
    if (change.made()) {
      if (after) return misfit(path, "would be a file and a directory");
      SKEIN_TRY(id, pack_.add(GIT_OBJECT_BLOB, change.itself->content));
      if (known_ != nullptr) known_->add(id, GIT_OBJECT_BLOB, change.itself->content);
      return std::optional(tree_line{mode_of(change.itself->kind), id});
    }
    if (change.removed() && !before) return misfit(path, "is removed but not there");
    if (change.removed() && was_directory) return misfit(path, "is removed but a directory");
    return after;
  }

  /// Sorted by path, so what lies in one directory lies together.
  static std::map<std::string_view, named_changes> grouped(changes all, std::size_t prefix) {
    std::map<std::string_view, named_changes> out;
    for (std::size_t i = 0; i < all.size();) {
      const std::string_view rest = std::string_view(all[i]->path).substr(prefix);
      const std::size_t slash = rest.find('/');
      const std::string_view name = rest.substr(0, slash);
      if (slash == std::string_view::npos) {
        out[name].itself = all[i++];
        continue;
      }
      const std::string_view shared = std::string_view(all[i]->path).substr(0, prefix + slash + 1);
      std::size_t last = i;
      while (last < all.size() && std::string_view(all[last]->path).starts_with(shared)) ++last;
      out[name].inside = all.subspan(i, last - i);
      i = last;
    }
    return out;
  }

  result<> read(const git_oid& id, std::map<std::string, tree_line, std::less<>>& lines) {
    SKEIN_TRY(tree, read_tree(repository_, id));
    const std::size_t count = git_tree_entrycount(tree.get());
    for (std::size_t i = 0; i < count; ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      // The mode as it is stored: what the change does not touch stays the same to the bit.
      lines.emplace(git_tree_entry_name(entry),
                    tree_line{static_cast<unsigned>(git_tree_entry_filemode_raw(entry)),
                              *git_tree_entry_id(entry)});
    }
    return {};
  }

  result<git_oid> write(const std::map<std::string, tree_line, std::less<>>& lines) {
    std::vector<std::pair<std::string, const tree_line*>> sorted;
    sorted.reserve(lines.size());
    for (const auto& [name, line] : lines) {
      sorted.emplace_back(is_directory(line) ? name + '/' : name, &line);
    }
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string bytes;
    for (const auto& [name, line] : sorted) {
      std::string mode;
      for (unsigned rest = line->mode; rest > 0; rest >>= 3) {
        mode.insert(mode.begin(), static_cast<char>('0' + (rest & 7)));
      }
      bytes += mode + ' ';
      bytes += std::string_view(name).substr(0, name.size() - (is_directory(*line) ? 1 : 0));
      bytes += '\0';
      bytes.append(reinterpret_cast<const char*>(line->id.id), GIT_OID_RAWSZ);
    }
    SKEIN_TRY(id, pack_.add(GIT_OBJECT_TREE, bytes));
    if (known_ != nullptr) known_->add_copy(id, GIT_OBJECT_TREE, std::move(bytes));
    return id;
  }

  git_repository* repository_;
  pack_writer& pack_;
  known_objects* known_;
};

result<std::vector<const file_change*>> checked(const workspace::change_set& change) {
  std::vector<const file_change*> out;
  out.reserve(change.files.size());
  for (const file_change& file : change.files) {
    if (!workspace::is_change_path(file.path)) return misfit(file.path, "is no path for a file");
    const bool no_target = file.content.empty() || file.content.find('\0') != std::string::npos;
    if (file.kind == entry_kind::symlink && no_target) {
      return misfit(file.path, "is a symlink without a target");
    }
    out.push_back(&file);
  }
  const auto by_path = [](const auto* a, const auto* b) { return a->path < b->path; };
  if (!std::is_sorted(out.begin(), out.end(), by_path)) std::sort(out.begin(), out.end(), by_path);
  const auto twice = std::adjacent_find(
      out.begin(), out.end(), [](const auto* a, const auto* b) { return a->path == b->path; });
  if (twice != out.end()) return misfit((*twice)->path, "is there twice");
  return out;
}

}  // namespace

result<std::string> add_tree(git_repository* repository, const base& from,
                             const workspace::change_set& change, known_objects* known) {
  if (change.empty()) return from.tree;
  SKEIN_TRY(old, parse_id(from.tree));
  SKEIN_TRY(sorted, checked(change));
  pack_writer pack;
  SKEIN_TRY(made, tree_builder(repository, pack, known).apply(&old, sorted, 0));
  git_oid id{};
  if (made) {
    id = *made;
  } else {
    SKEIN_TRY(empty, pack.add(GIT_OBJECT_TREE, ""));
    id = empty;
  }
  std::string tree = id_text(id);
  if (tree == from.tree) return tree;
  SKEIN_CHECK(std::move(pack).store(from.mirror / "objects/pack", pack_name(from.tree, tree)));
  return tree;
}

result<std::string> write_tree(const base& from, const workspace::change_set& change) {
  SKEIN_TRY(repository, open_repository(from.mirror));
  return add_tree(repository.get(), from, change, nullptr);
}

result<written_change> write_change(const base& from, const std::filesystem::path& checkout,
                                    const workspace::change_set& change,
                                    std::size_t max_patch_bytes) {
  SKEIN_TRY(before, parse_id(from.tree));
  known_objects known(checkout);
  SKEIN_TRY(repository, open_repository(from.mirror));
  SKEIN_TRY(tree, add_tree(repository.get(), from, change, &known));
  SKEIN_TRY(after, parse_id(tree));
  SKEIN_TRY(objects, open_objects(repository.get()));
  SKEIN_CHECK(known.serve(objects.get()));
  SKEIN_TRY(compared, compare_trees(repository.get(), before, after, max_patch_bytes));
  return written_change{tree, std::move(compared)};
}

}  // namespace skein::git
