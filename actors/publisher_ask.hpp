// How the publisher asks a forge, in the forge's own line. For the files of the publisher only.
#pragma once

#include "actors/offload.hpp"
#include "actors/publisher.hpp"

namespace skein::actors {

/// A call to a forge, at most.
inline constexpr std::chrono::seconds call_deadline{30};

template <class T, class Work>
void publisher_state::ask_forge(const delivery_ptr& work, Work what, answered<T> then) {
  auto call = [work, what]() -> result<forge::answer<T>> {
    return what(*work->place->at, forge::call_limits{call_deadline, work->order.stop});
  };
  offload<forge::answer<T>>(self, *work->place->line, call,
                            [this, work, then](result<forge::answer<T>> said) {
                              if (!said) return fail(work, said.error());
                              then(*said);
                            });
}

}  // namespace skein::actors
