#include "runtime/cell/output_window.hpp"

#include <algorithm>
#include <cstring>

namespace skein::cell {

output_window::output_window(std::uint64_t limit)
    : head_limit_(limit - limit / 2), tail_limit_(limit / 2) {}

void output_window::append(std::string_view bytes) {
  total_ += bytes.size();
  const auto room = std::min<std::uint64_t>(bytes.size(), head_limit_ - head_.size());
  head_.append(bytes.substr(0, room));
  bytes.remove_prefix(room);
  if (bytes.size() > tail_limit_) bytes.remove_prefix(bytes.size() - tail_limit_);
  const auto unfilled = std::min<std::uint64_t>(bytes.size(), tail_limit_ - tail_.size());
  tail_.append(bytes.substr(0, unfilled));
  bytes.remove_prefix(unfilled);
  while (!bytes.empty()) {
    const auto part = std::min(bytes.size(), tail_.size() - oldest_);
    std::memcpy(tail_.data() + oldest_, bytes.data(), part);
    oldest_ = (oldest_ + part) % tail_.size();
    bytes.remove_prefix(part);
  }
}

std::string output_window::text() const {
  std::string all = head_;
  if (truncated())
    all += "\n[… " + std::to_string(total_ - head_.size() - tail_.size()) + " bytes left out …]\n";
  all.append(tail_, oldest_);
  all.append(tail_, 0, oldest_);
  return all;
}

}  // namespace skein::cell
