// Counts what passes: reads the provider's usage out of a reply on its way to the agent. What it
// cannot read it estimates, and never as nothing.
#pragma once

#include "runtime/gateway/gateway.hpp"
#include "runtime/model/event_stream.hpp"

namespace skein::gateway {

class meter {
 public:
  meter(model::wire format, std::uint64_t request_bytes, std::uint64_t output_tokens);

  /// `stream`: server-sent events; otherwise one JSON value.
  void begin(bool stream) { stream_ = stream; }
  void take(std::string_view piece);
  /// The reply came to its end.
  void end();
  [[nodiscard]] model::usage used() const;

 private:
  std::uint64_t request_bytes_;
  std::uint64_t output_tokens_;
  std::unique_ptr<model::answer_reader> reader_;
  model::event_stream events_;
  std::string whole_;
  std::uint64_t unread_ = 0;  ///< bytes after the reader gave up
  bool stream_ = true;
  bool lost_ = false;
};

}  // namespace skein::gateway
