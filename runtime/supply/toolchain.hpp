// Programs that a cell may use only as they were when they were pinned: each has a digest, checked
// before an attempt begins.
#pragma once

#include "schema/error.hpp"

#include <map>
#include <mutex>
#include <string>

namespace skein::supply {

class toolchain {
 public:
  /// Absolute path → SHA-256 in hexadecimal.
  explicit toolchain(std::map<std::string, std::string> pins) : pins_(std::move(pins)) {}

  /// Blocking; from any thread. `refused` names the first program that is not the pinned one.
  /// A file is read again only when its size, inode or times are others than before.
  [[nodiscard]] result<> check();

  /// One digest over all pins; empty without any.
  [[nodiscard]] std::string digest() const;

 private:
  struct seen {
    std::string identity;
    std::string sha256;
  };
  std::map<std::string, std::string> pins_;
  std::mutex lock_;
  std::map<std::string, seen> seen_;
};

}  // namespace skein::supply
