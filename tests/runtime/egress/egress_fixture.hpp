// A proxy on a Unix socket, clients that speak to it byte by byte, servers on loopback that record
// what reached them, and a resolver that knows only what the test says.
#pragma once

#include "runtime/egress/proxy.hpp"
#include "runtime/process/descriptor.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace skein::egress::testing {

/// What the proxy reported, from its loop's thread.
class event_log {
 public:
  void add(const event& what);
  /// Waits until there are `count`.
  [[nodiscard]] std::vector<event> wait_for(std::size_t count);
  [[nodiscard]] std::vector<event> all();

 private:
  std::mutex mutex_;
  std::condition_variable added_;
  std::vector<event> events_;
};

/// One end of a stream. Every wait is finite; running into it fails the test.
class peer {
 public:
  explicit peer(process::descriptor connected) : socket_(std::move(connected)) {}
  /// False when the other side is gone.
  bool send(const std::string& bytes) const;
  /// Reads until `bytes` stand at the end of what came, or the other side ended.
  std::string read_to(const std::string& bytes);
  std::string read(std::size_t count);
  std::string read_all();
  void end_sending() const;
  void close() { socket_.reset(); }

 private:
  bool read_some();
  process::descriptor socket_;
  std::string pending_;
};

/// Runs `serve` for each connection to a port of 127.0.0.1, one after the other.
class test_server {
 public:
  explicit test_server(std::function<void(peer&)> serve);
  ~test_server();
  test_server(const test_server&) = delete;
  test_server& operator=(const test_server&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  process::descriptor listener_;
  process::descriptor stop_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// Answers every plain request with `response` and records it.
class http_server {
 public:
  explicit http_server(std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] std::vector<std::string> requests();

 private:
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::string response_;
  test_server server_;  // last: its thread uses the others
};

class egress_test : public ::testing::Test {
 protected:
  egress_test();
  ~egress_test() override;

  /// Allows `host`, which is 127.0.0.1 for the resolver.
  void allow(const std::string& host, std::uint16_t port, bool tls = true);
  void start();
  [[nodiscard]] peer connect() const;
  /// With the token; `fields` end in CR LF each.
  [[nodiscard]] std::string request(const std::string& method, const std::string& target,
                                    const std::string& host, const std::string& fields = {}) const;
  [[nodiscard]] std::string get(const std::string& host, std::uint16_t port,
                                const std::string& path = "/",
                                const std::string& fields = {}) const;
  /// Sends and reads until the proxy closes.
  [[nodiscard]] std::string ask(const std::string& bytes) const;
  /// A tunnel that was granted.
  [[nodiscard]] peer tunnel(const std::string& host, std::uint16_t port) const;
  [[nodiscard]] std::string connect_head(const std::string& target) const;

  std::filesystem::path folder_;
  options options_;
  event_log events_;
  std::map<std::string, addresses> names_;
  std::vector<std::string> resolved_;  ///< read after the proxy answered
  std::unique_ptr<process::io_loop> loop_ = std::make_unique<process::io_loop>();
  std::unique_ptr<proxy> proxy_;
};

/// `host:port`
[[nodiscard]] std::string at(const std::string& host, std::uint16_t port);

}  // namespace skein::egress::testing
