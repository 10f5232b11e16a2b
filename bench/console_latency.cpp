// What does one command of a console cost over the remote port? One question and one order over TLS
// on loopback through the whole way (bridge, middleman, console, session, a desk that answers at
// once), beside a byte that goes to and fro over a plain TCP connection; and what connecting costs.
// Prints one JSON object.
#include "actors/console/keyring.hpp"
#include "actors/console/link.hpp"
#include "actors/console/service.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace skein;

class instant_desk final : public console::desk {
 public:
  result<console::page> carry_out(const console::identity&, const std::string&,
                                  const std::string&) override {
    return console::page{"done", {}, 0};
  }
  result<console::page> ask(const console::identity&, const std::string&, const std::string& args,
                            const std::string&) override {
    return console::page{args, {}, 0};
  }
  result<console::page> fetch(const console::identity&, const std::string&, const std::string&,
                              std::uint64_t, std::uint32_t) override {
    return console::page{};
  }
  void note(const console::act&) override {}
  [[nodiscard]] bool is_slow(std::string_view) const override { return false; }
};

void print(const char* name, int times, const std::function<void()>& call, const char* after) {
  std::vector<double> ms;
  for (int i = 0; i < times; ++i) {
    const auto began = std::chrono::steady_clock::now();
    call();
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began)
                     .count());
  }
  std::sort(ms.begin(), ms.end());
  const auto at = [&ms](double share) {
    return ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1))];
  };
  std::printf("\"%s\": {\"times\": %d, \"p50Ms\": %.3f, \"p99Ms\": %.3f}%s", name, times, at(0.5),
              at(0.99), after);
}

void must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "console_latency: %s\n", what);
  std::exit(1);
}

}  // namespace

int main() {
  using namespace std::chrono_literals;
  std::string name = (std::filesystem::temp_directory_path() / "skein-bench-XXXXXX").string();
  const std::filesystem::path state = ::mkdtemp(name.data());
  instant_desk desk;
  console::service_options options;
  options.state = state;
  options.listen = {"127.0.0.1", "0"};
  options.person = "bench";
  options.now_ms = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  auto service = console::service::open(options, desk);
  must(service.has_value(), "the port does not open");
  const auto with = console::read_credentials(console::keyring_files{state}.local_credentials());
  must(with.has_value(), "no credentials");
  auto link = console::link::open((*service)->address(), *with, {});
  must(link.has_value(), "no connection");

  asio::io_context context;
  asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  std::thread echo([&] {
    auto peer = acceptor.accept();
    peer.set_option(asio::ip::tcp::no_delay(true));
    boost::system::error_code failed;
    char byte = 0;
    while (!failed) {
      asio::read(peer, asio::buffer(&byte, 1), failed);
      if (!failed) asio::write(peer, asio::buffer(&byte, 1), failed);
    }
  });
  asio::ip::tcp::socket plain(context);
  plain.connect(acceptor.local_endpoint());
  plain.set_option(asio::ip::tcp::no_delay(true));

  std::printf("{\"benchmark\": \"console_latency\", ");
  print(
      "question", 3000,
      [&] { must((*link)->question("runs", "{}", {}, 10s).has_value(), "no answer"); }, ", ");
  print(
      "order", 3000,
      [&] { must((*link)->order("get_active", "{}", 10s).has_value(), "no answer"); }, ", ");
  print(
      "connect", 100,
      [&] {
        must(console::link::open((*service)->address(), *with, {}).has_value(), "no connection");
      },
      ", ");
  print(
      "plainTcpByte", 3000,
      [&] {
        char byte = 'x';
        asio::write(plain, asio::buffer(&byte, 1));
        asio::read(plain, asio::buffer(&byte, 1));
      },
      "}\n");
  plain.close();
  echo.join();
  link->reset();
  service->reset();
  std::error_code ignored;
  std::filesystem::remove_all(state, ignored);
  return 0;
}
