#include "runtime/mcp/message.hpp"

#include "runtime/mcp/line_reader.hpp"
#include "runtime/mcp/revision.hpp"

#include <gtest/gtest.h>

namespace skein::mcp {
namespace {

using nlohmann::json;

TEST(message, reads_the_four_forms) {
  const auto request = read_message(R"({"jsonrpc":"2.0","id":"a-1","method":"ping"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->what, incoming::kind::request);
  EXPECT_EQ(request->id, "a-1");
  EXPECT_TRUE(request->body.is_object());
  const auto notification = read_message(R"({"jsonrpc":"2.0","method":"n","params":{"x":1}})");
  ASSERT_TRUE(notification);
  EXPECT_EQ(notification->what, incoming::kind::notification);
  EXPECT_EQ(notification->body, json({{"x", 1}}));
  const auto answer = read_message(R"({"jsonrpc":"2.0","id":7,"result":{}})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->what, incoming::kind::answer);
  const auto failure = read_message(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700}})");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->what, incoming::kind::failure);
}

TEST(message, refuses_what_is_none) {
  for (const char* text : {"",
                           "x",
                           "null",
                           "17",
                           "\"text\"",
                           "[]",
                           R"([{"jsonrpc":"2.0","method":"n"}])",
                           "{}",
                           R"({"jsonrpc":"1.0","method":"n"})",
                           R"({"jsonrpc":2.0,"method":"n"})",
                           R"({"jsonrpc":"2.0"})",
                           R"({"jsonrpc":"2.0","method":7})",
                           R"({"jsonrpc":"2.0","id":1,"method":"n","result":{}})",
                           R"({"jsonrpc":"2.0","id":1,"result":{},"error":{}})",
                           R"({"jsonrpc":"2.0","result":{}})",
                           R"({"jsonrpc":"2.0","id":null,"result":{}})",
                           R"({"jsonrpc":"2.0","id":1.5,"result":{}})",
                           R"({"jsonrpc":"2.0","id":{},"result":{}})",
                           R"({"jsonrpc":"2.0","id":null,"method":"n"})",
                           R"({"jsonrpc":"2.0","id":1,"error":"text"})",
                           R"({"jsonrpc":"2.0","method":"n","params":[1]})",
                           R"({"jsonrpc":"2.0","method":"n"} {})",
                           "{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}",
                           "\xef\xbb\xbf[",
                           "{\"jsonrpc\":"}) {
    const auto read = read_message(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, errc::invalid);
  }
}

TEST(message, bounds_depth_values_and_bytes_T5) {
  const auto with = [](const std::string& params) {
    return R"({"jsonrpc":"2.0","method":"n","params":{"x":)" + params + "}}";
  };
  EXPECT_TRUE(read_message(with(std::string(60, '[') + std::string(60, ']'))));
  EXPECT_FALSE(read_message(with(std::string(70, '[') + std::string(70, ']'))));
  EXPECT_FALSE(read_message(with(std::string(2'000'000, '['))));
  EXPECT_FALSE(read_message(std::string(1'000'000, '{')));
  std::string many = "[0";
  for (int at = 0; at < 250'000; ++at) many += ",0";
  EXPECT_FALSE(read_message(with(many + "]")));
  // Brackets and commas in a text are none, also after an escaped quote.
  EXPECT_TRUE(read_message(
      with("\"" + std::string(300'000, '[') + "\\\"" + std::string(300'000, ',') + "\"")));
  EXPECT_FALSE(read_message(with("\"" + std::string(most_message_bytes, 'x') + "\"")));
  EXPECT_FALSE(
      read_message(R"({"jsonrpc":"2.0","method":"n","id":")" + std::string(300, 'i') + "\"}"));
}

TEST(message, writes_one_line_and_refuses_broken_text) {
  const auto text = request_text(3, "tools/call", {{"a", "line\nline\r\u2028"}});
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find('\n'), std::string::npos);
  EXPECT_EQ(json::parse(*text)["id"], 3);
  EXPECT_EQ(request_text(3, "m", {{"a", "\xff\xfe"}}).error().code, errc::invalid);
  EXPECT_EQ(request_text(3, "m", {{"a", std::string(most_message_bytes, 'x')}}).error().code,
            errc::invalid);
  EXPECT_EQ(json::parse(*failure_text("x", -32601, "no"))["error"]["code"], -32601);
}

TEST(line_reader, splits_whatever_the_pieces) {
  const std::string text = "one\r\n\ntwo\nrest";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    line_reader reader(10);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      ASSERT_TRUE(reader.feed(std::string_view(text).substr(at, piece), [&](std::string line) {
        lines.push_back(std::move(line));
        return true;
      }));
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "two"}));
  }
}

TEST(line_reader, gives_up_on_a_long_line) {
  line_reader reader(10);
  const auto ignore = [](const std::string&) { return true; };
  EXPECT_TRUE(reader.feed("0123456789", ignore));
  EXPECT_FALSE(reader.feed("x", ignore));
}

TEST(revision, takes_the_known_and_names_them_otherwise) {
  EXPECT_EQ(offered_revision().name, "2025-11-25");
  EXPECT_TRUE(agree_on("2025-11-25", {}));
  EXPECT_TRUE(agree_on("2025-06-18", {}));
  for (const char* other : {"2025-03-26", "2024-11-05", "2026-07-28", "", "2025-11-25 ", "x"}) {
    const auto refused = agree_on(other, {});
    ASSERT_FALSE(refused) << other;
    EXPECT_EQ(refused.error().code, errc::unsupported);
    EXPECT_NE(refused.error().remedy.find("2025-11-25, 2025-06-18"), std::string::npos);
  }
  EXPECT_TRUE(agree_on("2025-03-26", {"2025-03-26"}));
  EXPECT_FALSE(agree_on("2024-11-05", {"2024-11-05"}));
}

}  // namespace
}  // namespace skein::mcp
