// What is read from the first bytes of a TLS connection.
#include "runtime/egress/tls_hello.hpp"

#include "tests/runtime/egress/client_hello.hpp"

#include <gtest/gtest.h>

#include <random>

namespace skein::egress::testing {
namespace {

using kind = hello_verdict::kind;

hello_verdict inspect_hello(const std::string& bytes) {
  return hello_reader().read(bytes);
}

TEST(tls_hello, names_its_server) {
  const auto hello = inspect_hello(hello_for("registry.npmjs.org"));
  EXPECT_EQ(kind::complete, hello.what);
  EXPECT_EQ("registry.npmjs.org", hello.server_name);
  EXPECT_FALSE(hello.hidden_name);
}

TEST(tls_hello, is_incomplete_until_its_last_byte) {
  const std::string whole = hello_for("registry.npmjs.org");
  for (std::size_t size = 0; size < whole.size(); ++size)
    ASSERT_EQ(kind::incomplete, inspect_hello(whole.substr(0, size)).what) << size;
  EXPECT_EQ(kind::complete, inspect_hello(whole + "what follows").what);
}

TEST(tls_hello, may_come_byte_by_byte) {
  const std::string whole = hello_in_records("a.test", 13);
  hello_reader reader;
  for (std::size_t size = 0; size < whole.size(); ++size)
    ASSERT_EQ(kind::incomplete, reader.read(std::string_view(whole).substr(0, size)).what) << size;
  EXPECT_EQ("a.test", reader.read(whole).server_name);
}

TEST(tls_hello, has_an_end_however_small_its_records_are) {
  std::string bytes;
  std::string message = std::string("\x01\x00\x60\x00", 4) + std::string(24'000, 'x');
  for (const char byte : message) bytes += record(std::string(1, byte));
  hello_reader reader;
  auto what = kind::incomplete;
  for (std::size_t size = 1; size <= bytes.size() && what == kind::incomplete; ++size)
    what = reader.read(std::string_view(bytes).substr(0, size)).what;
  EXPECT_EQ(kind::refused, what);
}

TEST(tls_hello, may_come_in_records_of_any_size) {
  for (const std::size_t size : {1U, 2U, 3U, 7U, 50U}) {
    const auto hello = inspect_hello(hello_in_records("a.test", size));
    EXPECT_EQ(kind::complete, hello.what) << size;
    EXPECT_EQ("a.test", hello.server_name);
  }
}

TEST(tls_hello, without_extensions_names_nobody) {
  const std::string body = "\x03\x01" + std::string(32, 'r') + std::string(1, '\0') +
                           vector_of("\x13\x01", 2) + vector_of(std::string(1, '\0'), 1);
  const auto hello = inspect_hello(record(std::string(1, '\x01') + vector_of(body, 3)));
  EXPECT_EQ(kind::complete, hello.what);
  EXPECT_EQ("", hello.server_name);
}

TEST(tls_hello, B7_an_encrypted_name_is_noticed) {
  for (const std::uint16_t type : {0xfe0d, 0xffce}) {
    const auto hello =
        inspect_hello(record(hello_message(server_name("a.test") + extension(type, "secret"))));
    EXPECT_EQ(kind::complete, hello.what);
    EXPECT_TRUE(hello.hidden_name);
  }
}

TEST(tls_hello, what_is_not_one_is_refused_at_its_first_byte) {
  for (const char* text : {"G", "SSH-2.0", "\x80\x2e\x01", "\x17\x03\x03", "\x15\x03\x01", "\n"})
    EXPECT_EQ(kind::refused, inspect_hello(text).what) << text;
  EXPECT_EQ(kind::refused, inspect_hello(std::string("\x16\x02", 2)).what);
  EXPECT_EQ(kind::refused, inspect_hello(std::string("\x16\x03\x01\x00\x04\x02", 6)).what);
}

TEST(tls_hello, impossible_lengths_are_refused) {
  EXPECT_EQ(kind::refused, inspect_hello(record("")).what);
  EXPECT_EQ(kind::refused, inspect_hello(std::string("\x16\x03\x01\x40\x01", 5)).what);
  EXPECT_EQ(kind::refused, inspect_hello(record(std::string("\x01\x01\x00\x00", 4))).what);
}

TEST(tls_hello, nothing_may_hide_behind_it_in_its_record) {
  const std::string two =
      hello_message(server_name("a.test")) + hello_message(server_name("b.test"));
  EXPECT_EQ(kind::refused, inspect_hello(record(two)).what);
}

TEST(tls_hello, two_names_or_two_extensions_are_refused) {
  const std::string entry = std::string(1, '\0') + vector_of("a.test", 2);
  EXPECT_EQ(kind::refused,
            inspect_hello(record(hello_message(extension(0, vector_of(entry + entry, 2))))).what);
  EXPECT_EQ(
      kind::refused,
      inspect_hello(record(hello_message(server_name("a.test") + server_name("b.test")))).what);
}

TEST(tls_hello, an_empty_or_foreign_name_is_refused) {
  EXPECT_EQ(kind::refused, inspect_hello(record(hello_message(server_name("")))).what);
  const std::string foreign = std::string(1, '\x07') + vector_of("a.test", 2);
  EXPECT_EQ(kind::refused,
            inspect_hello(record(hello_message(extension(0, vector_of(foreign, 2))))).what);
  EXPECT_EQ(kind::refused, inspect_hello(record(hello_message(extension(0, "")))).what);
}

TEST(tls_hello, lengths_that_lie_are_refused) {
  std::string message = hello_message(server_name("a.test"));
  for (std::size_t cut = 5; cut < message.size(); ++cut) {
    std::string shorter = message.substr(0, cut);
    shorter.replace(1, 3, number(cut - 4, 3));
    const auto hello = inspect_hello(record(shorter));
    EXPECT_NE(kind::incomplete, hello.what) << cut;
    EXPECT_EQ("", hello.server_name) << cut;
  }
}

TEST(tls_hello, any_bytes_end_in_a_verdict) {
  std::mt19937 random(7);
  const std::string whole = hello_in_records("registry.npmjs.org", 40);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (unsigned change = 0; change <= random() % 4; ++change)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(1 + random() % bytes.size());
    const auto hello = inspect_hello(bytes);
    if (hello.what != kind::complete) {
      EXPECT_EQ("", hello.server_name);
    }
  }
}

}  // namespace
}  // namespace skein::egress::testing
