// Where this user may make control groups: cgroup v2 or the v1 controllers, as the kernel lists
// them. Not a group: see control_group.
#pragma once

#include "schema/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace skein::cell {

/// The kernel's files; a test has a plain directory tree instead.
struct control_files {
  std::filesystem::path mountinfo = "/proc/self/mountinfo";
  std::filesystem::path own_groups = "/proc/self/cgroup";
  bool root = false;   ///< the user may use the top of the hierarchy
  int open_flags = 0;  ///< O_CREAT where no kernel makes the files of a new group

  /// One write of `text`, as the kernel wants it.
  [[nodiscard]] result<> write(const std::filesystem::path& file, const std::string& text) const;
};

/// A folder for groups: `<controllers' mount>/<our own group>/skein`.
struct control_place {
  std::filesystem::path folder;
  bool memory = false;
  bool processes = false;
  bool cpu = false;
  bool unified = false;  ///< cgroup v2
};

struct control_places {
  std::vector<control_place> all;
  std::string refused;  ///< why there is none
};

/// Makes the folders and, with v2, hands the controllers down to them. Removes groups that killed
/// processes have left there.
[[nodiscard]] control_places find_control_places(const control_files& files);

}  // namespace skein::cell
