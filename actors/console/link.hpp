// A client's session with a fleet elsewhere. CAF stays behind this header.
#pragma once

#include "actors/console/credentials.hpp"
#include "actors/console/desk.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace skein::console {

struct link_options {
  std::string program;  ///< this release
  std::chrono::milliseconds connect{10'000};
  std::string application;    ///< empty: the one of this version
  std::uint32_t version = 0;  ///< 0: likewise
};

struct greeting {
  std::string program;
  std::string server;
  identity who;
};

/// Calls may come from any thread. Each blocks until its answer, at most `longest`.
class link {
 public:
  /// `unauthorised`, `unavailable`, `unsupported` (another version), `timeout`. Blocking.
  [[nodiscard]] static result<std::unique_ptr<link>> open(const endpoint& where,
                                                          const credentials& with,
                                                          link_options options);
  virtual ~link() = default;

  [[nodiscard]] virtual const greeting& welcome() const = 0;
  [[nodiscard]] virtual result<page> order(const std::string& verb, const std::string& args,
                                           std::chrono::milliseconds longest) = 0;
  [[nodiscard]] virtual result<page> question(const std::string& method, const std::string& args,
                                              const std::string& cursor,
                                              std::chrono::milliseconds longest) = 0;
  [[nodiscard]] virtual result<page> fetch(const std::string& run, const std::string& ref,
                                           std::uint64_t offset, std::uint32_t length,
                                           std::chrono::milliseconds longest) = 0;
};

}  // namespace skein::console
