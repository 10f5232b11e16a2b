#include "cli/watch/event_tail.hpp"

namespace skein::cli {

namespace {

constexpr std::uint32_t most_at_once = 1000;

}  // namespace

result<std::int64_t> last_event(const store::reader& from) {
  const auto exists = [&from](std::int64_t seq) -> result<bool> {
    SKEIN_TRY(found, from.events({}, seq - 1, 1));
    return !found.empty();
  };
  std::int64_t low = 0;  // 0, or an event that exists
  std::int64_t high = 1;
  while (true) {
    SKEIN_TRY(there, exists(high));
    if (!there) break;
    low = high;
    high *= 2;
  }
  while (low + 1 < high) {
    const std::int64_t middle = low + (high - low) / 2;
    SKEIN_TRY(there, exists(middle));
    (there ? low : high) = middle;
  }
  return low;
}

result<std::vector<store::event_row>> event_tail::next() {
  SKEIN_TRY(found, from_.events({}, seq_, most_at_once));
  if (!found.empty()) seq_ = found.back().seq;
  return std::move(found);
}

}  // namespace skein::cli
