// The console actor and its sessions: who is let in, what the role allows, how much at once. What a
// request means is the desk's; how bytes arrive is the front's.
#pragma once

#include "actors/console/desk.hpp"
#include "actors/console/operators.hpp"
#include "schema/wire/console.hpp"

#include <boost/asio/thread_pool.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace skein::console {

/// A call of the desk came back; runs in the actor that asked. Empty: stop. Never on the wire.
struct desk_answered {
  std::function<void()> deliver;
};

/// Everything that sessions share. Outlives the actor system.
class surroundings {
 public:
  surroundings(console::desk& at, std::filesystem::path operators_file, std::string release,
               std::string server_name, std::function<std::int64_t()> clock);

  console::desk& desk;
  const std::filesystem::path operators;
  const std::string program;  ///< this release, for messages
  const std::string server;   ///< what the fleet calls itself
  const std::function<std::int64_t()> now_ms;
  std::atomic<int> under_way{0};

  enum class lane { slow, order, read };
  /// Drops it after close().
  void post(lane which, std::function<void()> work);
  /// Into the audit trail, soon. What is too much for it goes into the log.
  void note(act happened);
  /// Waits for what is inside the desk; nothing more gets in. Once, by whoever made it.
  void close();

 private:
  std::atomic<bool> closed_{false};
  std::atomic<int> notes_waiting_{0};
  boost::asio::thread_pool slow_{2};    ///< brings work
  boost::asio::thread_pool orders_{2};  ///< the switch never waits behind a submission
  boost::asio::thread_pool reads_{2};
  boost::asio::thread_pool notes_{1};
};
using surroundings_ptr = std::shared_ptr<surroundings>;

/// Spawns the actor that is published.
[[nodiscard]] wire::console_actor spawn_console(caf::actor_system& system, surroundings_ptr world);
/// It and its sessions end soon.
void stop_console(const wire::console_actor& which);

}  // namespace skein::console

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::console::desk_answered)
