#include "runtime/mcp/event_stream.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace skein::mcp {
namespace {

using events = std::vector<std::pair<std::string, std::string>>;

events feed_in(const std::string& text, std::size_t piece, event_stream& stream) {
  events out;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    EXPECT_TRUE(stream.feed(text.substr(at, piece), [&](const std::string& type, std::string data) {
      out.emplace_back(type, std::move(data));
      return true;
    }));
  }
  return out;
}

TEST(event_stream, reads_every_line_ending_in_any_pieces) {
  const std::string text =
      "\xef\xbb\xbf: hello\r\ndata: one\rdata:two\n\nevent: other\r\nid: 7\r\ndata\r\n\r\n"
      "retry: 250\nid\n\ndata: cut";
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    event_stream stream(1000);
    EXPECT_EQ(feed_in(text, piece, stream), (events{{"", "one\ntwo"}, {"other", ""}})) << piece;
    EXPECT_EQ(stream.last_id(), "");
    EXPECT_EQ(stream.retry(), std::chrono::milliseconds(250));
  }
}

TEST(event_stream, keeps_the_id_of_complete_events_only) {
  event_stream stream(1000);
  feed_in("id: a\ndata: x\n\nid: b\ndata: y\n", 3, stream);
  EXPECT_EQ(stream.last_id(), "a");
  stream.reconnected();
  EXPECT_EQ(feed_in("data: z\n\n", 100, stream), (events{{"", "z"}}));
  EXPECT_EQ(stream.last_id(), "a");
}

TEST(event_stream, ignores_ids_and_times_that_are_none) {
  event_stream stream(5000);
  feed_in("id: a\n\n", 100, stream);
  feed_in(std::string("id: x\0y\n\n", 9), 100, stream);
  feed_in("id: x\x01y\n\nid: x\x7f\n\nid: " + std::string(2000, 'i') + "\n\n", 5000, stream);
  feed_in("retry: -1\nretry: 1e3\nretry: 99999999999999999999\nretry:\n\n", 100, stream);
  EXPECT_EQ(stream.last_id(), "a");
  EXPECT_FALSE(stream.retry());
}

TEST(event_stream, bounds_lines_and_events) {
  const auto ignore = [](const std::string&, const std::string&) { return true; };
  event_stream line(100);
  EXPECT_FALSE(line.feed("data: " + std::string(200, 'x'), ignore));
  event_stream event(100);
  bool bounded = true;
  for (int at = 0; at < 50 && bounded; ++at) bounded = event.feed("data: 0123456789\n", ignore);
  EXPECT_FALSE(bounded);
}

}  // namespace
}  // namespace skein::mcp
