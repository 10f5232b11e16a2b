#include "actors/console/system.hpp"

#include "schema/wire/console.hpp"

#include <caf/io/middleman.hpp>

#include <vector>

namespace skein::console {

remote_config::remote_config(const std::string& application, std::size_t threads) {
  load<caf::io::middleman>();
  add_message_types<caf::id_block::skein_wire>();
  // Threads that sleep when nothing happens, and no second queue before the actors.
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", threads);
  set("scheduler.max-throughput", std::size_t{50});
  set("middleman.workers", std::size_t{0});
  set("middleman.attach-utility-actors", true);
  set("middleman.heartbeat-interval", caf::timespan{std::chrono::seconds{10}});
  set("middleman.connection-timeout", caf::timespan{std::chrono::seconds{60}});
  set("middleman.app-identifiers", std::vector<std::string>{application});
}

}  // namespace skein::console
