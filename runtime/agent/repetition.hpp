// Notices an agent that goes in circles: the same call with the same answer again and again, or turn
// after turn in which nothing new is seen or changed.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace skein::agent {

class repetition {
 public:
  enum class sign { fine, warn, stuck };

  /// `call` and `answer` identify tool, arguments and what came back (hashes will do).
  [[nodiscard]] sign note(const std::string& call, const std::string& answer);

  /// A turn without any tool call.
  [[nodiscard]] sign note_idle_turn();

 private:
  std::unordered_map<std::string, std::uint32_t> seen_;  ///< call and answer → times
  std::uint32_t old_news_ = 0;                           ///< calls in a row that told nothing new
  std::uint32_t idle_turns_ = 0;
};

}  // namespace skein::agent
