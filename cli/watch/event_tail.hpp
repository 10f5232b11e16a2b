// The events that were committed since somebody last looked.
#pragma once

#include "runtime/store/reader.hpp"

#include <cstdint>
#include <vector>

namespace skein::cli {

/// The number of the last event; 0: there is none. Events are numbered without gaps, so a few
/// look-ups find it.
[[nodiscard]] result<std::int64_t> last_event(const store::reader& from);

class event_tail {
 public:
  /// Starts after `seq`.
  event_tail(const store::reader& from, std::int64_t seq) : from_(from), seq_(seq) {}

  /// What came since the last call, in order; at most a thousand, the rest comes next time.
  [[nodiscard]] result<std::vector<store::event_row>> next();

 private:
  const store::reader& from_;
  std::int64_t seq_;
};

}  // namespace skein::cli
