// See whole_tests.hpp.
#include "runtime/diff/whole_tests.hpp"

#include "runtime/diff/file_view.hpp"

#include <algorithm>

namespace skein::diff {
namespace {

constexpr std::size_t most_bytes = 1U << 20;
constexpr std::size_t most_bytes_in_all = 4U << 20;

bool may_have_tests(const std::string& path, const table_content& tables) {
  const auto* as = language_of(path, tables);
  if (as == nullptr) return false;
  return as->tests_anywhere || (kinds_of(path, as, tables) & bit(file_kind::test)) != 0;
}

}  // namespace

void show_whole_tests(change& all, const workspace::change_set& files, const base_fn& base,
                      const tables& known) {
  if (known.empty()) return;
  std::size_t total = 0;
  for (auto& file : all.files) {
    if (file.binary || file.added() || file.removed() || file.hunks.empty()) continue;
    if (!may_have_tests(file.old_path, known.content()) &&
        (file.new_path == file.old_path || !may_have_tests(file.new_path, known.content()))) {
      continue;
    }
    const auto made = std::lower_bound(
        files.files.begin(), files.files.end(), file.new_path,
        [](const auto& each, const std::string& path) { return each.path < path; });
    if (made == files.files.end() || made->path != file.new_path ||
        made->content.size() > most_bytes) {
      continue;
    }
    auto before = base(file.old_path);
    if (!before || before->content.size() > most_bytes) continue;
    total += made->content.size() + before->content.size();
    if (total > most_bytes_in_all) return;
    const auto keep = [&all](std::string text) -> std::string_view {
      all.storage.push_back(std::make_shared<const std::string>(std::move(text)));
      return *all.storage.back();
    };
    const std::string_view old_text = keep(std::move(before->content));
    const std::string_view text = keep(made->content);
    changed_file whole;
    compare_lines(whole, old_text, text);
    file.lines = std::move(whole.lines);
    file.hunks = std::move(whole.hunks);
  }
}

}  // namespace skein::diff
