// The store actor: the one writer of the state database.
#pragma once

#include "actors/protocol.hpp"
#include "runtime/store/writer.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace skein::actors {

/// Gathers every commit that is in the mailbox when a flush comes round into one transaction, and
/// answers each after the transaction is durable. Questions are answered from committed rows.
struct store_state {
  static inline const char* name = "store";

  store_actor::pointer self;
  std::unique_ptr<store::writer> writer;
  std::function<void()> committed;  ///< called after each transaction, on the store's thread
  std::vector<store::operation> gathered;
  std::vector<caf::typed_response_promise<store::applied>> promises;
  bool flush_due = false;

  explicit store_state(store_actor::pointer self) : self(self) {}
  caf::typed_response_promise<store::applied> gather(store::operation what);
  void flush();
};

/// Blocking inside: spawn it detached, except in tests.
store_actor::behavior_type store_behavior(store_actor::stateful_pointer<store_state> self,
                                          std::shared_ptr<std::unique_ptr<store::writer>> writer,
                                          std::function<void()> committed);

}  // namespace skein::actors
