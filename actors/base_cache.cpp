#include "actors/base_cache.hpp"

namespace skein::actors {

void base_cache::ended(const caf::actor_addr& user) {
  if (const auto one = under_way_.find(user); one != under_way_.end()) under_way_.erase(one);
  if (!under_way_.contains(user)) gone_.erase(user);
}

void base_cache::found(const git::base_checkout& checkout, const caf::actor_addr& user) {
  auto& known = entries_[checkout.path];
  if (!gone_.contains(user)) known.users.insert(user);
  ended(user);
  known.last_used = ++clock_;
  if (checkout.bytes == 0) return;  // made before: counted then
  auto& sum = checkout.in_memory ? in_memory_ : on_disk_;
  sum += checkout.bytes - known.bytes;
  known.bytes = checkout.bytes;
  known.in_memory = checkout.in_memory;
}

void base_cache::gone(const caf::actor_addr& user) {
  if (under_way_.contains(user)) gone_.insert(user);
  for (auto& [path, known] : entries_) {
    if (known.users.erase(user) > 0) known.last_used = ++clock_;
  }
}

std::vector<std::filesystem::path> base_cache::take_excess() {
  std::vector<std::filesystem::path> out;
  while (under_way_.empty() && (in_memory_ > most_.memory_bytes || on_disk_ > most_.disk_bytes)) {
    auto oldest = entries_.end();
    for (auto each = entries_.begin(); each != entries_.end(); ++each) {
      const auto& known = each->second;
      const bool helps =
          known.in_memory ? in_memory_ > most_.memory_bytes : on_disk_ > most_.disk_bytes;
      if (!helps || known.bytes == 0 || !known.users.empty()) continue;
      if (oldest == entries_.end() || known.last_used < oldest->second.last_used) oldest = each;
    }
    if (oldest == entries_.end()) break;
    (oldest->second.in_memory ? in_memory_ : on_disk_) -= oldest->second.bytes;
    out.push_back(oldest->first);
    entries_.erase(oldest);
  }
  return out;
}

}  // namespace skein::actors
