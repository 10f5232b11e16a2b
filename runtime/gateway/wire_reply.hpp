// What the gateway says itself: errors in the shape that agents of each wire understand, with a
// status that makes them stop rather than try again, and the list of models.
#pragma once

#include "runtime/gateway/gateway.hpp"

namespace skein::gateway {

struct own_reply {
  int status = 0;
  std::string body;
  bool stop = false;  ///< with `x-should-retry: false`, which the providers' own libraries honour
};

[[nodiscard]] own_reply error_reply(model::wire format, outcome why, const std::string& detail);
/// Of both wires in one: their members do not collide.
[[nodiscard]] std::string model_list(const std::vector<std::string>& models);

[[nodiscard]] const char* reason_phrase(int status) noexcept;

}  // namespace skein::gateway
