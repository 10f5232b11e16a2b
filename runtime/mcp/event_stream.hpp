// Takes `text/event-stream` apart (WHATWG HTML §9.2.6) as it arrives. Does not reconnect.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace skein::mcp {

class event_stream {
 public:
  /// Called for each event that has data; false: stop, the rest is dropped.
  using event_fn = std::function<bool(const std::string& type, std::string data)>;

  explicit event_stream(std::size_t longest_event) : longest_(longest_event) {}

  /// False: a line or an event is too long, and nothing more may be fed.
  [[nodiscard]] bool feed(std::string_view bytes, const event_fn& event);

  /// A new connection of the same stream: what was not complete is forgotten.
  void reconnected();

  /// To resume after; empty: the server gave none.
  [[nodiscard]] const std::string& last_id() const noexcept { return last_id_; }
  /// How long the server wants reconnections to wait.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

 private:
  [[nodiscard]] bool line(const event_fn& event);
  void field(std::string_view name, std::string_view value);

  std::size_t longest_;
  std::string line_;
  std::string type_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool first_line_ = true;
  std::string pending_id_;
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
};

}  // namespace skein::mcp
