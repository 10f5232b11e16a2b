#include "runtime/agent/repetition.hpp"

namespace skein::agent {
namespace {

constexpr std::uint32_t same_to_warn = 3;
constexpr std::uint32_t same_to_stop = 6;
constexpr std::uint32_t old_news_to_warn = 8;
constexpr std::uint32_t old_news_to_stop = 20;
constexpr std::uint32_t idle_to_stop = 3;

}  // namespace

repetition::sign repetition::note(const std::string& call, const std::string& answer) {
  idle_turns_ = 0;
  const auto times = ++seen_[call + '\0' + answer];
  old_news_ = times > 1 ? old_news_ + 1 : 0;
  if (times >= same_to_stop || old_news_ >= old_news_to_stop) return sign::stuck;
  if (times >= same_to_warn || old_news_ >= old_news_to_warn) return sign::warn;
  return sign::fine;
}

repetition::sign repetition::note_idle_turn() {
  return ++idle_turns_ >= idle_to_stop ? sign::stuck : sign::warn;
}

}  // namespace skein::agent
