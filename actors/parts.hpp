// What the fleet's actors are built from, passed by parameter from the composition root.
#pragma once

#include "actors/forges.hpp"
#include "actors/models.hpp"
#include "actors/protocol.hpp"
#include "actors/rulebook.hpp"
#include "runtime/artifact/artifact_store.hpp"
#include "runtime/process/blocking_pool.hpp"
#include "runtime/process/io_loop.hpp"
#include "runtime/schedule/chooser_terms.hpp"
#include "runtime/store/writer.hpp"
#include "schema/config.hpp"

#include <chrono>
#include <memory>

namespace skein::actors {

/// Longest wait for the store: one commit of a full batch on a slow disk.
inline constexpr std::chrono::seconds store_timeout{60};

/// The world outside the actors. Lives longer than the actor system.
struct surroundings {
  store::state_layout layout;
  git::base_shelves bases;
  schema::config config;
  rulebook rules;
  artifact::artifact_store artifacts;
  process::io_loop& loop;
  process::blocking_pool& pool;
  store::clock_fn now_ms;
  model_sources models = {};
  forge_sources forges = {};
  schedule::worker_capacity room = {};  ///< of the worker, runs that are prepared ahead included
};
using surroundings_ptr = std::shared_ptr<const surroundings>;

/// Those who want to know how a run goes on.
using run_listener =
    caf::typed_actor<caf::reacts_to<cell_released>, caf::reacts_to<run_finished>,
                     caf::replies_to<take_pull_request>::with<pull_request_answer>>;

/// Whom a run talks to.
struct run_parts {
  surroundings_ptr world;
  store_actor store;
  repository_actor repository;
  worker_actor worker;
  publisher_actor publisher;
  run_listener fleet;
};

}  // namespace skein::actors
