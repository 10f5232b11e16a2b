// The calls of one function of github_forge: they share its deadline, and its pages are bounded.
#pragma once

#include "runtime/forge/github.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace skein::forge {

/// The end of a call as the answer of a function.
template <class T>
answer<T> ended(const github::spoken& got) {
  answer<T> out;
  // `done` without a value would be a lie: what the body lacks makes it unknown.
  out.end = got.how.end == outcome::done ? outcome::unknown : got.how.end;
  out.reason = got.how.end == outcome::done
                   ? got.how.reason + " without the facts that it must have"
                   : got.how.reason;
  out.status = got.status;
  out.wait_ms = got.how.wait_ms;
  out.exists_already = got.how.exists_already;
  return out;
}

class github_forge::turn {
 public:
  turn(github::session& session, const repository_name& where, const call_limits& limits)
      : session_(session),
        where_(where),
        limits_(limits),
        until_(std::chrono::steady_clock::now() + limits.deadline) {}

  [[nodiscard]] github::spoken ask(const github::call& what) {
    return session_.ask(what, where_, limits_, until_);
  }

  /// Calls `take(body)` with every page until it answers false. `complete`: all pages were taken.
  template <class Take>
  [[nodiscard]] github::spoken pages(github::call what, bool& complete, Take take) {
    complete = false;
    github::spoken got;
    for (std::size_t page = 0; page < session_.settings().most_pages; ++page) {
      got = ask(what);
      if (got.how.end != outcome::done || !take(got.body)) return got;
      if (!got.more) {
        complete = true;
        return got;
      }
      if (got.next.empty()) return got;
      what.target = got.next;
    }
    return got;
  }

 private:
  github::session& session_;
  const repository_name& where_;
  const call_limits& limits_;
  const std::chrono::steady_clock::time_point until_;
};

}  // namespace skein::forge
