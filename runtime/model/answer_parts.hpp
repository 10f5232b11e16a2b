// What the readers of all wires share: text and tool calls as they grow, within bounds, and the
// answer that is made of them.
#pragma once

#include "runtime/model/wire.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skein::model {

class answer_parts {
 public:
  explicit answer_parts(const ask_settings& settings)
      : most_calls_(settings.max_calls), most_bytes_(settings.max_argument_bytes) {}

  void add_text(std::string_view piece);
  /// Content that is kept elsewhere, such as thinking.
  void count(std::size_t bytes) { bytes_ += bytes; }

  /// `key` is the provider's index. Opening one again adds what was missing.
  [[nodiscard]] fault open_call(std::uint64_t key, std::string_view id, std::string_view name);
  [[nodiscard]] fault add_arguments(std::uint64_t key, std::string_view piece);
  /// In place of the pieces.
  void set_arguments(std::uint64_t key, std::string_view whole);

  void odd(std::string what);
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  /// Calls in the order of their keys, with ids that are unique and can be sent to any provider.
  [[nodiscard]] answer finish(stop_reason stop);
  /// The call of this key in the finished answer.
  [[nodiscard]] std::size_t position(std::uint64_t key) const;

 private:
  struct growing_call {
    std::string id;
    std::string name;
    std::string arguments;
    bool too_long = false;
  };
  [[nodiscard]] tool_request finished(const growing_call& one) const;
  void append(growing_call& one, std::string_view piece);
  void settle_ids(std::vector<tool_request>& calls);

  std::size_t most_calls_;
  std::uint64_t most_bytes_;
  std::string text_;
  std::map<std::uint64_t, growing_call> calls_;
  std::vector<std::string> oddities_;
  std::uint64_t bytes_ = 0;
};

/// A tool's name as every provider takes it in a history: `[A-Za-z0-9_-]`, 1 to 64.
[[nodiscard]] std::string plain_name(std::string_view name);

}  // namespace skein::model
