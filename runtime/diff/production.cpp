// Which files of a change are production code.
#include "runtime/diff/examine.hpp"
#include "runtime/diff/file_view.hpp"

namespace skein::diff {

std::set<std::string> production_files(const change& all, const tables& known) {
  std::set<std::string> out;
  if (known.empty()) return out;
  const auto& content = known.content();
  constexpr kind_set may_be =
      bit(file_kind::source) | bit(file_kind::security) | bit(file_kind::script);
  for (const auto& file : all.files) {
    if (file.removed() || file.binary) continue;
    const auto* as = language_of(file.new_path, content);
    if (as == nullptr) continue;
    if ((kinds_of(file.new_path, as, content) & ~may_be) == 0) out.insert(file.new_path);
  }
  return out;
}

}  // namespace skein::diff
