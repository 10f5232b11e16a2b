// A remote port on loopback, with a state directory of its own and a clock that tests move.
#pragma once

#include "actors/console/keyring.hpp"
#include "actors/console/link.hpp"
#include "actors/console/service.hpp"
#include "tests/console/fake_desk.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

namespace skein::test {

class running_console : public ::testing::Test {
 protected:
  running_console();
  ~running_console() override;
  void SetUp() override { start({}); }

  void start(console::front_limits limits);
  /// Adds an operator and returns the credentials.
  console::credentials somebody(const std::string& name, console::role role,
                                const std::string& tenant = {});
  result<std::unique_ptr<console::link>> connect(const console::credentials& with,
                                                 console::link_options options = {});
  [[nodiscard]] console::keyring_files files() const { return console::keyring_files{directory_}; }
  [[nodiscard]] const console::endpoint& address() const { return service_->address(); }

  std::filesystem::path directory_;
  std::atomic<std::int64_t> now_ms_;
  fake_desk desk_;
  std::unique_ptr<console::service> service_;
};

}  // namespace skein::test
