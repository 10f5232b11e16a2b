// What overlayfs writes beside the files of its upper layer: the extended attributes that make a
// directory opaque or a file a whiteout. Written by the kernel, read here; both spellings, `user.`
// for a mount inside a user namespace and `trusted.` for one by real root.
#pragma once

#include "schema/error.hpp"

#include <sys/stat.h>

namespace skein::workspace {

struct overlay_marks {
  bool opaque = false;         ///< hides what the base has in this directory
  bool has_whiteouts = false;  ///< empty files in it may be whiteouts, marked by attribute
  bool whiteout = false;       ///< this empty file is one
  bool redirected = false;     ///< redirect or metacopy: content lives elsewhere; we never mount so
};

/// `fd` is a directory or a regular file that is open for reading.
[[nodiscard]] result<overlay_marks> read_overlay_marks(int fd);

/// The classic whiteout: a character device with number 0/0.
[[nodiscard]] bool is_whiteout_device(const struct stat& status) noexcept;

/// Makes a whiteout; `unsupported` where the kernel does not let us (before Linux 5.8).
[[nodiscard]] result<> make_whiteout(int directory, const char* name);

}  // namespace skein::workspace
