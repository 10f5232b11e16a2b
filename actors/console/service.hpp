// The remote port of a fleet, whole: keys, listening socket, actor system, console. CAF stays
// behind this header.
#pragma once

#include "actors/console/desk.hpp"
#include "actors/console/front.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace skein::console {

struct service_options {
  std::filesystem::path state;  ///< pki/ and operators.json are there
  endpoint listen;
  std::string person;   ///< becomes the local admin on a first start
  std::string program;  ///< this release
  std::function<std::int64_t()> now_ms;
  front_limits limits;
};

class service {
 public:
  /// Listens when it returns. `desk` outlives it. Blocking.
  [[nodiscard]] static result<std::unique_ptr<service>> open(service_options options,
                                                             console::desk& desk);
  virtual ~service() = default;

  [[nodiscard]] virtual const endpoint& address() const = 0;
  /// Hangs up on everybody and takes nobody more. What is inside the desk goes on.
  virtual void close() = 0;
};

}  // namespace skein::console
