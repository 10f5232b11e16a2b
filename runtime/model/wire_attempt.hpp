// One request to a provider under way: feeds its reader, keeps the record, and turns whatever end
// it comes to into an answer or a failure. Lives on the HTTP client's thread.
#pragma once

#include "runtime/http/client.hpp"
#include "runtime/model/event_stream.hpp"
#include "runtime/model/prices.hpp"
#include "runtime/model/wire.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace skein::model {

struct attempt_terms {
  wire format = wire::anthropic;
  std::string provider;
  ask_settings asked;
  price value;
  bool price_known = false;
  std::string key;
};

class wire_attempt {
 public:
  wire_attempt(attempt_terms terms, std::string request, provider::done_fn done);

  void begin(const http::reply& head);
  [[nodiscard]] bool take(std::string_view piece);
  void end(const result<http::reply>& ended);

 private:
  enum class form { unknown, stream, whole, failed };

  [[nodiscard]] bool feed(std::string_view piece);
  void read_whole();
  /// What to say when there is no answer.
  [[nodiscard]] wire_fault why_not(const result<http::reply>& ended) const;
  [[nodiscard]] usage used(std::string* why) const;
  void succeed();
  void fail(wire_fault why);

  attempt_terms terms_;
  std::unique_ptr<answer_reader> reader_;
  event_stream events_;
  provider::done_fn done_;
  exchange_record record_;
  http::reply head_;
  form form_ = form::unknown;
  std::string body_;  ///< of what is no stream
  std::size_t after_end_ = 0;
  fault fault_;
  bool ended_ = false;  ///< `done` was called; the rest of the reply only empties the connection
};

}  // namespace skein::model
