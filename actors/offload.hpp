// Lets an actor have blocking work done elsewhere and answer its requester when it is back.
#pragma once

#include "actors/errors.hpp"
#include "actors/messages.hpp"
#include "runtime/process/blocking_pool.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/typed_response_promise.hpp>

#include <exception>
#include <utility>

namespace skein::actors {

/// Runs `then(outcome)` in the actor behind `handle`, as a job_done message. Safe from any thread;
/// dropped when the actor is gone.
template <class Handle, class Then>
void come_back(const Handle& handle, Then then) {
  caf::anon_send(handle, job_done{std::move(then)});
}

/// Calls `work` (which blocks and returns result<T>) on the pool, or in a sequence of it, then `then(result<T>)` in the
/// actor. An exception of `work` arrives as an `internal` error.
template <class T, class Self, class Pool, class Work, class Then>
void offload(Self* self, Pool& pool, Work work, Then then) {
  using handle_type = typename Self::actor_hdl;
  pool.post([handle = caf::actor_cast<handle_type>(self), work = std::move(work),
             then = std::move(then)]() mutable {
    auto outcome = std::make_shared<result<T>>(error{});
    try {
      *outcome = work();
    } catch (const std::exception& fault) {
      *outcome = error{errc::internal, fault.what(), "report this as a bug"};
    }
    come_back(handle, [outcome, then = std::move(then)]() mutable { then(std::move(*outcome)); });
  });
}

/// As offload, delivering to the requester of the current message.
template <class T, class Self, class Work>
caf::typed_response_promise<T> answer_from_pool(Self* self, process::blocking_pool& pool,
                                                Work work) {
  auto promise = self->template make_response_promise<T>();
  offload<T>(self, pool, std::move(work), [promise](result<T> outcome) mutable {
    if (outcome) {
      promise.deliver(std::move(*outcome));
    } else {
      promise.deliver(to_caf(outcome.error()));
    }
  });
  return promise;
}

}  // namespace skein::actors
