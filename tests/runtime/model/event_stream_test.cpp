#include "runtime/model/event_stream.hpp"

#include <gtest/gtest.h>

namespace skein::model {
namespace {

using seen = std::vector<std::pair<std::string, std::string>>;

seen read(const std::vector<std::string>& pieces) {
  seen out;
  event_stream stream(1000);
  for (const std::string& piece : pieces)
    EXPECT_EQ(stream.feed(piece,
                          [&](std::string_view name, std::string_view data) {
                            out.emplace_back(name, data);
                            return true;
                          }),
              event_stream::state::more);
  return out;
}

TEST(event_stream, reads_the_same_from_any_pieces) {
  const std::string text =
      "\xEF\xBB\xBF: comment\n\nevent: a\r\ndata: one\r\n\r\ndata:two\rdata:  three\r\rid: "
      "7\nretry: "
      "1\n\nevent: no data\n\ndata\n\nevent:b\ndata: {\"x\":1}\nfoo: bar\n\ndata: unfinished\n";
  const seen whole{{"a", "one"}, {"", "two\n three"}, {"", ""}, {"b", "{\"x\":1}"}};
  EXPECT_EQ(read({text}), whole);
  for (std::size_t at = 0; at <= text.size(); ++at)
    EXPECT_EQ(read({text.substr(0, at), text.substr(at)}), whole) << at;
  std::vector<std::string> bytes;
  for (const char c : text) bytes.emplace_back(1, c);
  EXPECT_EQ(read(bytes), whole);
}

TEST(event_stream, bounds_a_line_and_an_event) {
  const auto ignore = [](std::string_view, std::string_view) { return true; };
  event_stream line(100);
  EXPECT_EQ(line.feed("data: " + std::string(200, 'x'), ignore), event_stream::state::too_large);
  EXPECT_EQ(line.feed("\n\n", ignore), event_stream::state::too_large);
  event_stream event(100);
  auto state = event_stream::state::more;
  int fed = 0;
  for (; state == event_stream::state::more && fed < 1000; ++fed)
    state = event.feed("data: 12345678\n", ignore);
  EXPECT_EQ(state, event_stream::state::too_large);
  EXPECT_LT(fed, 20);
}

TEST(event_stream, stops_when_told) {
  event_stream stream(100);
  int events = 0;
  EXPECT_EQ(stream.feed("data: 1\n\ndata: 2\n\n",
                        [&](std::string_view, std::string_view) { return ++events < 1; }),
            event_stream::state::stopped);
  EXPECT_EQ(events, 1);
}

}  // namespace
}  // namespace skein::model
