// Tells when the owner of a state directory did something there: committed, opened its control
// socket, or went away. Says that something happened, not what.
#pragma once

#include "runtime/process/descriptor.hpp"

#include <chrono>
#include <filesystem>

namespace skein::cli::control {

class directory_watch {
 public:
  /// Where the file system cannot be watched, wait() is a bounded wait.
  explicit directory_watch(const std::filesystem::path& directory);

  /// Waits until a file in the directory changed since the last call, at most `longest`. Blocking.
  void wait(std::chrono::milliseconds longest) const;

 private:
  process::descriptor events_;
};

}  // namespace skein::cli::control
