// Reads server-sent events (WHATWG HTML, 9.2) out of a body that arrives in any pieces. Not a
// connection: no reconnects, no last event id.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace skein::model {

class event_stream {
 public:
  enum class state {
    more,       ///< go on
    stopped,    ///< the callback said no
    too_large,  ///< a line or an event is longer than allowed
  };
  /// `name` is empty when the event has none; false: stop.
  using event_fn = std::function<bool(std::string_view name, std::string_view data)>;

  explicit event_stream(std::size_t max_event_bytes) : most_(max_event_bytes) {}

  /// Linear in `piece`. After anything but `more`, nothing is read any more.
  [[nodiscard]] state feed(std::string_view piece, const event_fn& each);

 private:
  [[nodiscard]] state take_line(const event_fn& each);

  std::size_t most_;
  std::string line_;
  std::string name_;
  std::string data_;
  bool has_data_ = false;
  bool after_return_ = false;  ///< a line feed that follows belongs to the line before
  bool first_line_ = true;
  state state_ = state::more;
};

}  // namespace skein::model
