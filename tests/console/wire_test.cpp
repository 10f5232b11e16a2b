// The bytes of every message: a change here is a change of the protocol.
#include "actors/console/system.hpp"
#include "schema/wire/console.hpp"
#include "tests/support/golden.hpp"

#include <gtest/gtest.h>
#include <caf/actor_system.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deep_to_string.hpp>

#include <vector>

namespace skein::wire {

namespace {

class wire_test : public ::testing::Test {
 protected:
  template <class Message>
  std::string line(const std::string& name, Message value) {
    std::vector<char> bytes;
    caf::binary_serializer out(system_, bytes);
    EXPECT_FALSE(out(value));
    std::string text = name + " ";
    for (const auto each : bytes) {
      static constexpr char digits[] = "0123456789abcdef";
      text += digits[static_cast<unsigned char>(each) >> 4];
      text += digits[static_cast<unsigned char>(each) & 15];
    }
    Message back;
    caf::binary_deserializer in(system_, bytes);
    EXPECT_FALSE(in(back));
    EXPECT_EQ(caf::deep_to_string(back), caf::deep_to_string(value));
    // Cut anywhere, it is no message.
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      Message ignored;
      std::vector<char> part(bytes.begin(), bytes.begin() + static_cast<long>(cut));
      caf::binary_deserializer short_in(system_, part);
      EXPECT_TRUE(short_in(ignored)) << name << " " << cut;
    }
    return text + "\n";
  }

  console::remote_config config_{app_identifier, 1};
  caf::actor_system system_{config_};
};

TEST_F(wire_test, S5EveryMessageIsAsItWas) {
  std::string all = std::string("protocol ") + app_identifier + "\n";
  all += line("hello", hello{1, "0.1.0", "token"});
  all += line("welcome", welcome{1, "0.1.0", "", "", "", "127.0.0.1:4477", "ann", "operator",
                                 "payments", "ab"});
  all += line("welcome", welcome{1, "0.1.0", "unauthorised", "no", "ask", "", "", "", "", ""});
  all += line("order", order{"ab", "set_switch", "{}"});
  all += line("question", question{"ab", "runs", "{}", "12"});
  all += line("fetch", fetch{"ab", "run", "ref", 1ULL << 40, 65536});
  all += line("answer", answer{"", "", "", "[]", "13", 7});
  all += line("answer", answer{"not_found", "no run x", "look", "", "", 0});
  test::expect_golden("remote-protocol.txt", all);
}

}  // namespace

}  // namespace skein::wire
