// See base_reader.hpp.
#include "runtime/diff/base_reader.hpp"

#include "runtime/workspace/beneath.hpp"
#include "runtime/workspace/file_bytes.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace skein::diff {
namespace {

constexpr off_t most_bytes = 1 << 20;

}  // namespace

base_fn files_of(const std::filesystem::path& checkout) {
  auto opened = workspace::open_trusted_directory(checkout);
  auto root = opened ? std::make_shared<workspace::descriptor>(std::move(*opened)) : nullptr;
  return [root](const std::string& path) -> std::optional<base_file> {
    if (root == nullptr || path.size() > workspace::longest_path) return std::nullopt;
    const auto file =
        workspace::open_beneath(root->get(), path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size > most_bytes) {
      return std::nullopt;
    }
    auto content = workspace::read_bytes(file.get(), static_cast<std::uint64_t>(most_bytes));
    if (!content) return std::nullopt;
    return base_file{workspace::is_executable(status) ? mode_executable : 0100644,
                     std::move(*content)};
  };
}

void expect_paths(change& all, const std::set<std::string>& paths) {
  std::set<std::string> found;
  for (const auto& file : all.files) found.insert(file.path());
  if (found == paths) return;
  std::string odd;
  for (const auto& each : paths) {
    if (!found.contains(each)) odd = each;
  }
  for (const auto& each : found) {
    if (!paths.contains(each)) odd = each;
  }
  all.faults.push_back(
      {"diff.mismatch", odd, "the patch is not of the files that git says are changed"});
}

}  // namespace skein::diff
