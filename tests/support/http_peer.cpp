#include "tests/support/http_peer.hpp"

#include "tests/support/peer_socket.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

namespace skein::test {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" \t");
  const auto to = text.find_last_not_of(" \t\r");
  return from == std::string::npos ? "" : text.substr(from, to - from + 1);
}

std::string in_hex(std::size_t value) {
  std::string out;
  for (; value != 0; value /= 16) out.insert(out.begin(), "0123456789abcdef"[value % 16]);
  return out;
}

/// Reads one request; false: there is none any more.
bool read_request(peer_socket& socket, std::string& inbound, peer_request& out) {
  std::size_t end = std::string::npos;
  while ((end = inbound.find("\r\n\r\n")) == std::string::npos)
    if (!socket.read_more(inbound)) return false;
  std::string head = inbound.substr(0, end + 2);
  inbound.erase(0, end + 4);
  const std::string first = head.substr(0, head.find("\r\n"));
  out.method = first.substr(0, first.find(' '));
  out.target = first.substr(out.method.size() + 1);
  out.target = out.target.substr(0, out.target.find(' '));
  for (auto at = first.size() + 2; at < head.size();) {
    const auto stop = head.find("\r\n", at);
    const std::string line = head.substr(at, stop - at);
    const auto colon = line.find(':');
    if (colon != std::string::npos)
      out.headers.emplace_back(lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    at = stop + 2;
  }
  if (lower(out.header("transfer-encoding")) == "chunked") {
    for (;;) {
      std::size_t line = std::string::npos;
      while ((line = inbound.find("\r\n")) == std::string::npos)
        if (!socket.read_more(inbound)) return false;
      const auto size = std::stoul(inbound.substr(0, line), nullptr, 16);
      while (inbound.size() < line + 2 + size + 2)
        if (!socket.read_more(inbound)) return false;
      out.body += inbound.substr(line + 2, size);
      inbound.erase(0, line + 2 + size + 2);
      if (size == 0) return true;
    }
  }
  const std::string length = out.header("content-length");
  const std::size_t size = length.empty() ? 0 : std::stoul(length);
  while (inbound.size() < size)
    if (!socket.read_more(inbound)) return false;
  out.body = inbound.substr(0, size);
  inbound.erase(0, size);
  return true;
}

/// True: the connection may go on.
bool write_reply(peer_socket& socket, const peer_reply& reply) {
  const auto hang = [&socket] {
    std::string ignored;
    while (socket.read_more(ignored)) ignored.clear();
    return false;
  };
  if (reply.end == peer_end::silent) return false;
  if (!reply.raw.empty()) {
    if (!socket.write(reply.raw)) return false;
    return reply.end == peer_end::hang ? hang() : false;
  }
  const bool chunked = !reply.pieces.empty() || reply.end == peer_end::endless;
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Said So\r\n";
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  if (chunked)
    head += "Transfer-Encoding: chunked\r\n";
  else
    head += "Content-Length: " +
            std::to_string(reply.body.size() + (reply.end == peer_end::cut ? 100 : 0)) + "\r\n";
  if (reply.end == peer_end::close) head += "Connection: close\r\n";
  if (!socket.write(head + "\r\n" + (chunked ? "" : reply.body))) return false;
  std::vector<std::string> pieces = reply.pieces;
  if (chunked && pieces.empty()) pieces.push_back(reply.body);
  if (chunked)
    for (std::size_t at = 0; at < pieces.size();) {
      const std::string& piece = pieces[at];
      if (!piece.empty() && !socket.write(in_hex(piece.size()) + "\r\n" + piece + "\r\n"))
        return false;
      if (reply.end != peer_end::endless || at + 1 < pieces.size()) ++at;
    }
  if (reply.end == peer_end::hang) return hang();
  if (reply.end == peer_end::cut) return false;
  if (chunked && !socket.write("0\r\n\r\n")) return false;
  return reply.end == peer_end::whole;
}

}  // namespace

std::string peer_request::header(const std::string& lower_case_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_case_name) return value;
  return {};
}

peer_reply event_stream(std::vector<std::string> pieces, peer_end end) {
  peer_reply out;
  out.headers = {{"Content-Type", "text/event-stream"}};
  out.pieces = std::move(pieces);
  out.end = end;
  return out;
}

struct http_peer::state {
  mutable std::mutex guard;
  mutable std::condition_variable changed;
  std::mutex answering;
  std::deque<peer_reply> scripted;
  std::function<peer_reply(const peer_request&)> answer;
  std::vector<peer_request> seen;
  std::set<peer_socket*> live;
  std::uint64_t opened = 0;
  std::uint64_t ended = 0;
  bool stopping = false;
  process::descriptor listener;
  std::uint16_t port = 0;
  peer_options options;
  std::unique_ptr<peer_certificate> certificate;
  std::vector<std::thread> threads;
  std::thread acceptor;

  void accept_all();
  void serve(int accepted, std::uint64_t number);
  peer_reply next(const peer_request& asked);
};

void http_peer::state::accept_all() {
  for (;;) {
    const int accepted = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard held(guard);
    if (accepted < 0 || stopping) {
      if (accepted >= 0) ::close(accepted);
      return;
    }
    const std::uint64_t number = ++opened;
    threads.emplace_back([this, accepted, number] { serve(accepted, number); });
  }
}

void http_peer::state::serve(int accepted, std::uint64_t number) {
  // A client that left must not end the test: TLS has no way to write without this signal.
  sigset_t broken_pipe;
  ::sigemptyset(&broken_pipe);
  ::sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  peer_socket socket{process::descriptor(accepted)};
  {
    const std::lock_guard held(guard);
    live.insert(&socket);
    if (stopping) socket.shut();
  }
  std::string inbound;
  if (!options.tls || socket.begin_tls(*certificate)) {
    for (bool again = true; again;) {
      peer_request asked;
      if (!read_request(socket, inbound, asked)) break;
      asked.connection = number;
      {
        const std::lock_guard held(guard);
        seen.push_back(asked);
        changed.notify_all();
      }
      again = write_reply(socket, next(asked));
    }
  }
  socket.shut();
  const std::lock_guard held(guard);
  live.erase(&socket);
  ++ended;
  changed.notify_all();
}

peer_reply http_peer::state::next(const peer_request& asked) {
  std::function<peer_reply(const peer_request&)> say;
  {
    const std::lock_guard held(guard);
    if (!scripted.empty()) {
      peer_reply out = std::move(scripted.front());
      scripted.pop_front();
      return out;
    }
    say = answer;
  }
  const std::lock_guard one_at_a_time(answering);
  return say ? say(asked) : peer_reply{500, {}, "nothing was scripted", {}, peer_end::whole, ""};
}

http_peer::http_peer(peer_options wanted) : state_(std::make_shared<state>()) {
  state& mine = *state_;
  mine.options = std::move(wanted);
  if (mine.options.tls)
    mine.certificate = std::make_unique<peer_certificate>(mine.options.tls_name);
  const bool local = !mine.options.unix_socket.empty();
  mine.listener.reset(::socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (local) {
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    mine.options.unix_socket.copy(name.sun_path, sizeof name.sun_path - 1);
    if (::bind(mine.listener.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
      throw std::runtime_error("bind the peer's socket");
  } else {
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    if (::bind(mine.listener.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        ::getsockname(mine.listener.get(), reinterpret_cast<sockaddr*>(&name), &size) != 0)
      throw std::runtime_error("bind the peer's port");
    mine.port = ::ntohs(name.sin_port);
  }
  if (::listen(mine.listener.get(), 512) != 0) throw std::runtime_error("listen");
  mine.acceptor = std::thread([&mine] { mine.accept_all(); });
}

http_peer::~http_peer() {
  {
    const std::lock_guard held(state_->guard);
    state_->stopping = true;
    ::shutdown(state_->listener.get(), SHUT_RDWR);
    for (peer_socket* one : state_->live) one->shut();
  }
  state_->acceptor.join();
  for (std::thread& one : state_->threads) one.join();
  if (!state_->options.unix_socket.empty()) ::unlink(state_->options.unix_socket.c_str());
}

void http_peer::push(peer_reply reply) {
  const std::lock_guard held(state_->guard);
  state_->scripted.push_back(std::move(reply));
}

void http_peer::on(std::function<peer_reply(const peer_request&)> answer) {
  const std::lock_guard held(state_->guard);
  state_->answer = std::move(answer);
}

std::uint16_t http_peer::port() const {
  return state_->port;
}

std::string http_peer::url() const {
  if (!state_->options.unix_socket.empty()) return "http://localhost";
  return std::string(state_->options.tls ? "https://localhost:" : "http://127.0.0.1:") +
         std::to_string(state_->port);
}

std::string http_peer::certificate_file() const {
  return state_->certificate ? state_->certificate->file() : "";
}

std::vector<peer_request> http_peer::requests() const {
  const std::lock_guard held(state_->guard);
  return state_->seen;
}

bool http_peer::wait_for_requests(std::size_t count, std::chrono::milliseconds longest) const {
  std::unique_lock held(state_->guard);
  return state_->changed.wait_for(held, longest, [&] { return state_->seen.size() >= count; });
}

bool http_peer::wait_for_ended(std::size_t count, std::chrono::milliseconds longest) const {
  std::unique_lock held(state_->guard);
  return state_->changed.wait_for(held, longest, [&] { return state_->ended >= count; });
}

std::uint64_t http_peer::connections() const {
  const std::lock_guard held(state_->guard);
  return state_->opened;
}

}  // namespace skein::test
