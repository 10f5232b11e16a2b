// The actor system that either end of the remote protocol has for itself.
#pragma once

#include <caf/actor_system_config.hpp>

#include <string>

namespace skein::console {

class remote_config : public caf::actor_system_config {
 public:
  remote_config(const std::string& application, std::size_t threads);
};

}  // namespace skein::console
