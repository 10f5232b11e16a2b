// What a service supervisor hears, on the two kinds of address that its protocol has.
#include "cli/service_notice.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <string>

namespace skein::cli {
namespace {

class service_notice : public ::testing::Test {
 protected:
  ~service_notice() override {
    ::unsetenv("NOTIFY_SOCKET");
    if (socket_ >= 0) ::close(socket_);
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
  }
  void listen_at(std::string name) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    if (name.front() == '/') path_ = name;
    if (name.front() == '@') name.front() = '\0';
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ASSERT_EQ(0, ::bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())));
  }
  [[nodiscard]] std::string heard() const {
    char text[64];
    const auto got = ::recv(socket_, text, sizeof text, 0);
    return got < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(got));
  }

 private:
  int socket_ = -1;
  std::string path_;
};

TEST_F(service_notice, is_heard_at_a_path) {
  listen_at(
      (std::filesystem::temp_directory_path() / ("skein-notice-" + std::to_string(::getpid())))
          .string());
  EXPECT_TRUE(notify_supervisor("READY=1"));
  EXPECT_EQ("READY=1", heard());
}

TEST_F(service_notice, is_heard_at_an_abstract_name) {
  listen_at("@skein-notice-" + std::to_string(::getpid()));
  EXPECT_TRUE(notify_supervisor("STOPPING=1"));
  EXPECT_EQ("STOPPING=1", heard());
}

TEST_F(service_notice, nobody_asked_or_nobody_is_there) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(notify_supervisor("READY=1"));
  for (const char* name : {"relative", "", "@", "/nowhere/at/all"}) {
    ::setenv("NOTIFY_SOCKET", name, 1);
    EXPECT_FALSE(notify_supervisor("READY=1")) << name;
  }
  ::setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'x')).c_str(), 1);
  EXPECT_FALSE(notify_supervisor("READY=1"));
}

}  // namespace
}  // namespace skein::cli
