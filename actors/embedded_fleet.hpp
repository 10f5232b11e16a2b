// A whole fleet inside this process: the composition root. CAF stays behind this header.
#pragma once

#include "actors/fleet_client.hpp"
#include "runtime/store/writer.hpp"
#include "schema/config.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace skein::actors {

struct fleet_options {
  store::state_layout layout;
  schema::config config;
  std::filesystem::path shipped;  ///< the shipped configuration: verifiers/, secrets/
  std::string command;            ///< who holds the state directory, for the second one's error
  std::uint32_t cells = 0;        ///< overrides the configuration's; 0: do not
  /// Works only on this campaign and on what is submitted or attached later (see
  /// scheduler_options::focused). False: on everything in the state directory.
  bool focused = false;
  std::string campaign;
};

/// A fleet inside this process.
class embedded_fleet : public fleet_client {
 public:
  /// Locks the state directory, opens the store, sweeps what a crash left, recovers, and starts
  /// flying. Blocking. `in_use`, `io`, `corrupt`, `unsupported` (no cell can be made here).
  [[nodiscard]] static result<std::unique_ptr<embedded_fleet>> open(fleet_options options);
};

}  // namespace skein::actors
