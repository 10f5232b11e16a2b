// ignore_rules(): what the .gitignore files of the base tree exclude. They are read from the
// objects, not from any directory: neither the agent's edits nor a symlink called .gitignore
// counts, and no file outside the repository is read.
#include "runtime/git/ignore_pattern.hpp"
#include "runtime/git/library.hpp"
#include "runtime/git/mirror.hpp"

#include <map>
#include <memory>

namespace skein::git {
namespace {

constexpr std::size_t largest_file = 1 << 20;
constexpr std::size_t most_remembered = 100'000;

class ignore_state {
 public:
  ignore_state(repository_ptr repository, tree_ptr top)
      : repository_(std::move(repository)), top_(std::move(top)) {}

  /// A path is ignored when it or any directory above it is; nothing below an ignored directory can
  /// be re-included.
  bool ignored(std::string_view path, bool directory) {
    while (path.ends_with('/')) path.remove_suffix(1);
    if (path.empty()) return false;
    const std::size_t slash = path.rfind('/');
    if (slash != std::string_view::npos && directory_ignored(path.substr(0, slash))) return true;
    return decide(path, directory);
  }

 private:
  bool directory_ignored(std::string_view path) {
    if (const auto known = directories_.find(path); known != directories_.end()) {
      return known->second;
    }
    const std::size_t slash = path.rfind('/');
    const bool above = slash != std::string_view::npos && directory_ignored(path.substr(0, slash));
    const bool answer = above || decide(path, true);
    if (directories_.size() < most_remembered) directories_.emplace(path, answer);
    return answer;
  }

  /// The .gitignore nearest to the path that has an opinion decides.
  bool decide(std::string_view path, bool directory) {
    std::size_t slash = path.rfind('/');
    for (;;) {
      const std::size_t start = slash == std::string_view::npos ? 0 : slash + 1;
      const std::string_view where = path.substr(0, slash == std::string_view::npos ? 0 : slash);
      switch (judge(patterns_of(where), path.substr(start), directory)) {
        case ignore_verdict::ignored:
          return true;
        case ignore_verdict::included:
          return false;
        case ignore_verdict::undecided:
          break;
      }
      if (slash == std::string_view::npos) return false;
      slash = slash == 0 ? std::string_view::npos : path.rfind('/', slash - 1);
    }
  }

  const std::vector<ignore_pattern>& patterns_of(std::string_view directory) {
    static const std::vector<ignore_pattern> none;
    if (const auto known = files_.find(directory); known != files_.end()) return known->second;
    if (files_.size() >= most_remembered) return none;
    return files_.emplace(directory, read_patterns(directory)).first->second;
  }

  std::vector<ignore_pattern> read_patterns(std::string_view directory) const {
    std::string path(directory);
    if (!path.empty()) path += '/';
    path += ".gitignore";
    git_tree_entry* found = nullptr;
    if (git_tree_entry_bypath(&found, top_.get(), path.c_str()) < 0) return {};
    const std::unique_ptr<git_tree_entry, freed_by<git_tree_entry_free>> entry(found);
    const git_filemode_t mode = git_tree_entry_filemode(entry.get());
    if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE) return {};
    git_odb* opened = nullptr;
    if (git_repository_odb(&opened, repository_.get()) < 0) return {};
    const odb_ptr objects(opened);
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    git_odb_object* read = nullptr;
    if (git_odb_read_header(&size, &type, opened, git_tree_entry_id(entry.get())) < 0 ||
        type != GIT_OBJECT_BLOB || size > largest_file ||
        git_odb_read(&read, opened, git_tree_entry_id(entry.get())) < 0) {
      return {};
    }
    const odb_object_ptr content(read);
    return parse_ignore_file({static_cast<const char*>(git_odb_object_data(read)), size});
  }

  repository_ptr repository_;
  tree_ptr top_;
  std::map<std::string, std::vector<ignore_pattern>, std::less<>> files_;
  std::map<std::string, bool, std::less<>> directories_;
};

}  // namespace

result<std::function<bool(const std::string&, bool)>> ignore_rules(
    const base& from, const std::filesystem::path& /*checkout*/) {
  SKEIN_TRY(id, parse_id(from.tree));
  SKEIN_TRY(repository, open_repository(from.mirror));
  SKEIN_TRY(top, read_tree(repository.get(), id));
  auto state = std::make_shared<ignore_state>(std::move(repository), std::move(top));
  return std::function<bool(const std::string&, bool)>(
      [state = std::move(state)](const std::string& path, bool directory) {
        return state->ignored(path, directory);
      });
}

}  // namespace skein::git
