// sweep(): what a crash or a reboot left in the mirrors and the base checkouts.
#include "runtime/git/command.hpp"
#include "runtime/git/mirror.hpp"
#include "runtime/git/mirror_directory.hpp"

#include <fstream>

namespace skein::git {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_packs = 64;
constexpr std::chrono::hours unused_for{24 * 7};

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> out;
  std::error_code failed;
  for (fs::directory_iterator each(directory, failed), end; !failed && each != end;
       each.increment(failed)) {
    out.push_back(each->path());
  }
  return out;
}

std::size_t remove_whole(const fs::path& path) {
  std::error_code failed;
  return fs::remove_all(path, failed) > 0 && !failed ? 1 : 0;
}

std::size_t remove_temporary(const fs::path& directory) {
  std::size_t removed = 0;
  for (const fs::path& entry : entries_of(directory)) {
    const bool half_made = is_temporary(entry) || entry.filename().string().starts_with("tmp_");
    if (half_made) removed += remove_whole(entry);
  }
  return removed;
}

std::string first_line(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

/// Every change written is a pack of its own; many packs make every later look-up slow. Everything
/// in a pack is kept, also what no branch names.
void merge_packs(const fs::path& mirror) {
  std::size_t packs = 0;
  for (const fs::path& entry : entries_of(mirror / "objects/pack")) {
    if (entry.extension() == ".pack") ++packs;
  }
  if (packs <= most_packs) return;
  git_call call;
  call.arguments = client_options();
  call.arguments.insert(call.arguments.end(), {"--git-dir=" + mirror.string(), "repack", "-q", "-d",
                                               "-l", "--geometric=2"});
  call.timeout = std::chrono::minutes(5);
  // Only a matter of speed: a failure leaves the packs as they are.
  static_cast<void>(run_git(std::move(call), {}));
}

bool is_stale(const fs::path& checkout) {
  std::error_code failed;
  const auto used = fs::last_write_time(checkout, failed);
  return !failed && fs::file_time_type::clock::now() - used > unused_for;
}

/// `whole`: what is there has reached the disk, or needs none.
std::size_t sweep_bases(const fs::path& bases, bool whole) {
  std::size_t removed = remove_temporary(bases);
  for (const fs::path& shelf : entries_of(bases)) {
    std::error_code failed;
    if (!fs::is_directory(shelf, failed)) continue;
    removed += remove_temporary(shelf);
    for (const fs::path& entry : entries_of(shelf)) {
      if (entry.filename() != "lock" && (!whole || is_stale(entry))) removed += remove_whole(entry);
    }
  }
  return removed;
}

}  // namespace

std::size_t sweep(const fs::path& mirrors, const base_shelves& shelves) {
  std::size_t removed = remove_temporary(mirrors);
  for (const fs::path& mirror : entries_of(mirrors)) {
    std::error_code failed;
    if (!fs::is_directory(mirror, failed)) continue;
    removed += remove_temporary(mirror / "objects/info");
    removed += remove_temporary(mirror / "objects/pack");
    merge_packs(mirror);
  }
  if (!shelves.memory.empty()) removed += sweep_bases(shelves.memory, true);
  const std::string boot = first_line("/proc/sys/kernel/random/boot_id");
  const fs::path kept = shelves.disk / "boot_id";
  const bool same_boot = !boot.empty() && first_line(kept) == boot;
  removed += sweep_bases(shelves.disk, same_boot);
  if (!same_boot && !boot.empty()) {
    std::error_code failed;
    fs::create_directories(shelves.disk, failed);
    static_cast<void>(write_file(kept, boot + "\n"));
  }
  return removed;
}

}  // namespace skein::git
