// A web server on the loopback interface that hands every request to `git http-backend`: a real
// smart HTTP remote without a web server package. One request a connection.
#pragma once

#include "runtime/process/run_child.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <thread>

namespace skein::git {

class http_git_server {
 public:
  enum class behaviour { serve, demand_login, drop_after_push, hang, redirect };

  explicit http_git_server(std::filesystem::path root) : root_(std::move(root)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    started_ = ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
               ::listen(listener_, 16) == 0 &&
               ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    port_ = ntohs(address.sin_port);
    if (started_) thread_ = std::thread([this] { run(); });
  }
  http_git_server(const http_git_server&) = delete;
  http_git_server& operator=(const http_git_server&) = delete;
  ~http_git_server() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
  }

  [[nodiscard]] bool started() const noexcept { return started_; }
  [[nodiscard]] std::string url(const std::string& name) const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/" + name;
  }
  void behave(behaviour how) noexcept { how_ = how; }
  /// The Authorization header that demand_login is content with; to be said before behave().
  void expect_login(std::string header) { login_ = std::move(header); }
  /// Where `redirect` sends to; to be said before behave().
  void redirect_to(std::string url) { other_ = std::move(url); }
  /// Requests that named somebody.
  [[nodiscard]] int logins() const noexcept { return logins_; }

 private:
  struct request {
    std::string method;
    std::string path;
    std::string query;
    std::map<std::string, std::string> headers;  ///< lower-case names
    std::string body;
  };

  void run() {
    while (!stopping_) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      if (how_ == behaviour::hang) {
        // Until the client gives up.
        char byte = 0;
        while (::read(peer, &byte, 1) > 0) continue;
      } else {
        serve(peer);
      }
      ::close(peer);
    }
  }

  static bool read_more(int peer, std::string& into) {
    char block[65536];
    const ssize_t got = ::read(peer, block, sizeof block);
    if (got <= 0) return false;
    into.append(block, static_cast<std::size_t>(got));
    return true;
  }

  static bool read_request(int peer, request& out) {
    std::string raw;
    std::size_t end = 0;
    while ((end = raw.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more(peer, raw)) return false;
    }
    std::string head = raw.substr(0, end + 2);
    raw.erase(0, end + 4);
    const std::string line = head.substr(0, head.find("\r\n"));
    out.method = line.substr(0, line.find(' '));
    std::string target = line.substr(line.find(' ') + 1);
    target = target.substr(0, target.find(' '));
    out.path = target.substr(0, target.find('?'));
    if (target.find('?') != std::string::npos) out.query = target.substr(target.find('?') + 1);
    for (std::size_t at = line.size() + 2; at < head.size();) {
      const std::size_t stop = head.find("\r\n", at);
      const std::string header = head.substr(at, stop - at);
      std::string name = header.substr(0, header.find(':'));
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      if (header.find(": ") != std::string::npos) {
        out.headers[name] = header.substr(header.find(": ") + 2);
      }
      at = stop + 2;
    }
    if (out.headers["transfer-encoding"] == "chunked") {
      for (;;) {
        while (raw.find("\r\n") == std::string::npos) {
          if (!read_more(peer, raw)) return false;
        }
        const std::size_t size = std::stoul(raw, nullptr, 16);
        raw.erase(0, raw.find("\r\n") + 2);
        while (raw.size() < size + 2) {
          if (!read_more(peer, raw)) return false;
        }
        out.body += raw.substr(0, size);
        raw.erase(0, size + 2);
        if (size == 0) return true;
      }
    }
    const std::string& length = out.headers["content-length"];
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    while (raw.size() < size) {
      if (!read_more(peer, raw)) return false;
    }
    out.body = raw.substr(0, size);
    return true;
  }

  void serve(int peer) {
    request asked;
    if (!read_request(peer, asked)) return;
    if (how_ == behaviour::redirect) {
      send(peer, "HTTP/1.1 302 Found\r\nLocation: " + other_ + asked.path + "?" + asked.query +
                     "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const std::string& said = asked.headers["authorization"];
    if (!said.empty()) ++logins_;
    if (how_ == behaviour::demand_login && (login_.empty() || said != login_)) {
      send(peer,
           "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
           "Content-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    process::child_spec spec;
    spec.argv = {"git", "http-backend"};
    spec.environment = {"PATH=/usr/bin:/bin",
                        "GIT_PROJECT_ROOT=" + root_.string(),
                        "GIT_HTTP_EXPORT_ALL=1",
                        "GIT_CONFIG_NOSYSTEM=1",
                        "GIT_CONFIG_GLOBAL=/dev/null",
                        "REMOTE_USER=tester",
                        "REMOTE_ADDR=127.0.0.1",
                        "REQUEST_METHOD=" + asked.method,
                        "PATH_INFO=" + asked.path,
                        "QUERY_STRING=" + asked.query,
                        "CONTENT_TYPE=" + asked.headers["content-type"],
                        "CONTENT_LENGTH=" + std::to_string(asked.body.size()),
                        "HTTP_CONTENT_ENCODING=" + asked.headers["content-encoding"],
                        "GIT_PROTOCOL=" + asked.headers["git-protocol"]};
    spec.input = asked.body;
    spec.output_limit = 64U << 20;
    const auto ended = process::run_child(spec);
    const bool pushed = asked.method == "POST" && asked.path.ends_with("git-receive-pack");
    if (!ended || (pushed && how_ == behaviour::drop_after_push)) return;
    const std::size_t end = ended->out.find("\r\n\r\n");
    std::string head = ended->out.substr(0, end);
    std::string status = "200 OK";
    if (head.starts_with("Status: ")) status = head.substr(8, head.find("\r\n") - 8);
    const std::string body = end == std::string::npos ? "" : ended->out.substr(end + 4);
    send(peer, "HTTP/1.1 " + status + "\r\n" + head + "\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body);
  }

  static void send(int peer, std::string text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.erase(0, static_cast<std::size_t>(sent));
    }
  }

  std::filesystem::path root_;
  int listener_ = -1;
  int port_ = 0;
  bool started_ = false;
  std::atomic<bool> stopping_{false};
  std::string login_;
  std::string other_;
  std::atomic<int> logins_{0};
  std::atomic<behaviour> how_{behaviour::serve};
  std::thread thread_;
};

}  // namespace skein::git
