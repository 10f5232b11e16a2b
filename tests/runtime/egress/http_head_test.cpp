// HTTP heads and chunked bodies: one reading or none.
#include "runtime/egress/http_head.hpp"
#include "runtime/egress/chunk_reader.hpp"

#include <gtest/gtest.h>

#include <random>

namespace skein::egress {
namespace {

using framing = body_framing::kind;

std::string head_with(const std::string& fields) {
  return "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\n" + fields + "\r\n";
}

TEST(http_head, is_taken_apart) {
  const auto head = parse_request_head(
      "GET http://a.test/x?y HTTP/1.1\r\nHost: a.test\r\nX-A:  b c \t\r\nx-a: d\r\nEmpty:\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ("GET", head->method);
  EXPECT_EQ("http://a.test/x?y", head->target);
  EXPECT_EQ("b c", *head->fields.find("x-a"));
  EXPECT_EQ("", *head->fields.find("empty"));
  EXPECT_EQ(nullptr, head->fields.find("other"));
}

TEST(http_head, B7_what_could_be_read_in_two_ways_is_refused) {
  for (const std::string& text :
       {std::string("GET http://a.test/ HTTP/1.1\nHost: a.test\n\n"),
        std::string("GET http://a.test/ HTTP/1.1\r\nHost: a.test\nX: y\r\n\r\n"),
        std::string("GET http://a.test/ HTTP/1.1\r\nX: a\rb\r\n\r\n"),
        std::string("GET http://a.test/ HTTP/1.1\r\nX: a\0b\r\n\r\n", 39),
        std::string("GET  http://a.test/ HTTP/1.1\r\n\r\n"),
        std::string("GET http://a.test/ HTTP/1.1 \r\n\r\n"),
        std::string("GET http://a.test/ x HTTP/1.1\r\n\r\n"),
        std::string("GET http://a.test/\tHTTP/1.1\r\n\r\n"),
        std::string(" GET http://a.test/ HTTP/1.1\r\n\r\n"),
        std::string("\r\nGET http://a.test/ HTTP/1.1\r\n\r\n"),
        std::string("GET http://a.test/ HTTP/1.2\r\n\r\n"),
        std::string("GET http://a.test/ HTTP/2.0\r\n\r\n"),
        std::string("GET http://a.test/ http/1.1\r\n\r\n"),
        std::string("GET http://a.test/\r\n\r\n"),
        std::string("GE(T http://a.test/ HTTP/1.1\r\n\r\n"),
        std::string("GET http://a.test/\xc3\xbc HTTP/1.1\r\n\r\n"),
        head_with("X : y\r\n"),
        head_with("X\t: y\r\n"),
        head_with(": y\r\n"),
        head_with("X y\r\n"),
        head_with("X: y\r\n folded\r\n"),
        head_with("X: y\r\n\tfolded\r\n"),
        head_with("X(Y): z\r\n"),
        head_with("Host: b.test\r\n"),
        head_with("host: a.test\r\n"),
        head_with("Content-Length: 1\r\nContent-Length: 1\r\n"),
        head_with("Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n"),
        head_with("Proxy-Authorization: a\r\nProxy-Authorization: b\r\n"),
        head_with("X: \x01\r\n"),
        head_with("X: a\x7f\r\n")})
    EXPECT_FALSE(parse_request_head(text)) << text;
}

TEST(http_head, has_at_most_100_fields) {
  std::string many;
  for (int i = 0; i < 99; ++i) many += "X" + std::to_string(i) + ": y\r\n";
  EXPECT_TRUE(parse_request_head(head_with(many)));
  EXPECT_FALSE(parse_request_head(head_with(many + "Y: z\r\n")));
}

TEST(http_head, B7_a_body_has_one_length) {
  const auto read = [](const std::string& fields) {
    const auto head = parse_request_head(head_with(fields));
    EXPECT_TRUE(head) << fields;
    return request_body(*head);
  };
  EXPECT_EQ(framing::none, read("")->how);
  EXPECT_EQ(12U, read("Content-Length: 12\r\n")->length);
  EXPECT_EQ(framing::chunked, read("Transfer-Encoding: Chunked\r\n")->how);
  for (const char* fields :
       {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 1, 1\r\n",
        "Content-Length: +1\r\n", "Content-Length: -1\r\n", "Content-Length: 0x1\r\n",
        "Content-Length: \r\n", "Content-Length: 1 1\r\n",
        "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: \r\n"})
    EXPECT_FALSE(read(fields)) << fields;
  const auto old =
      parse_request_head("POST http://a.test/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_FALSE(request_body(*old));
}

TEST(http_head, what_belongs_to_the_connection_stays_there) {
  const auto head = parse_request_head(
      head_with("Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: "
                "trailers\r\nUpgrade: h2c\r\n"
                "HTTP2-Settings: x\r\nProxy-Authorization: Basic abc\r\nProxy-Connection: close\r\n"
                "Accept: */*\r\nTrailer: x\r\n"));
  ASSERT_TRUE(head);
  const auto passed = head->fields.end_to_end();
  ASSERT_TRUE(passed);
  ASSERT_EQ(1U, passed->size());
  EXPECT_EQ("Accept", passed->front().name);
}

TEST(http_head, B7_connection_cannot_take_away_what_matters) {
  for (const char* name : {"host", "Content-Length", "Authorization", "Content-Type", "Cookie"}) {
    const auto head =
        parse_request_head(head_with(std::string("Connection: close, ") + name + "\r\n"));
    ASSERT_TRUE(head);
    EXPECT_FALSE(head->fields.end_to_end()) << name;
  }
}

TEST(http_head, responses_are_read_as_strictly) {
  const auto head = parse_response_head("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(404, head->status);
  EXPECT_EQ("Not Found", head->reason);
  EXPECT_EQ(3U, response_body(*head, "GET")->length);
  EXPECT_EQ(framing::none, response_body(*head, "HEAD")->how);
  EXPECT_EQ(framing::until_close,
            response_body(*parse_response_head("HTTP/1.0 200 \r\n\r\n"), "GET")->how);
  EXPECT_EQ(
      framing::none,
      response_body(*parse_response_head("HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n"), "GET")
          ->how);
  for (const char* text :
       {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 OK\nX: y\r\n\r\n",
        "HTTP/1.1 -20 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n"})
    EXPECT_FALSE(parse_response_head(text)) << text;
  const auto both = parse_response_head(
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_FALSE(response_body(*both, "GET"));
}

TEST(http_head, forbidden_bytes_are_seen_before_the_head_ends) {
  EXPECT_TRUE(has_forbidden_byte("GET / HTTP/1.1\n"));
  EXPECT_TRUE(has_forbidden_byte(std::string("GET\0", 4)));
  EXPECT_TRUE(has_forbidden_byte("\x16\x03\x01"));
  EXPECT_TRUE(has_forbidden_byte("a\rb"));
  EXPECT_FALSE(has_forbidden_byte("GET / HTTP/1.1\r\nX:\ty\r"));
}

/// Feeds `bytes` in pieces of `piece`.
chunk_reader::progress read_chunks(const std::string& bytes, std::size_t piece, std::string& data,
                                   std::size_t& taken) {
  chunk_reader reader;
  taken = 0;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::size_t used = 0;
    const auto where = reader.feed(std::string_view(bytes).substr(at, piece), used, data);
    taken += used;
    if (where != chunk_reader::progress::more) return where;
  }
  return chunk_reader::progress::more;
}

TEST(chunk_reader, joins_chunks_however_they_come) {
  const std::string body = "4\r\nwiki\r\n0A;name=\"x\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t piece = 1; piece < 20; ++piece) {
    std::string data;
    std::size_t taken = 0;
    EXPECT_EQ(chunk_reader::progress::done, read_chunks(body + "NEXT", piece, data, taken))
        << piece;
    EXPECT_EQ("wiki0123456789", data);
    EXPECT_EQ(body.size(), taken);
  }
}

TEST(chunk_reader, B7_refuses_what_another_program_might_accept) {
  for (const char* body :
       {"\r\n", "x\r\n", "-1\r\n", "+4\r\nwiki\r\n", " 4\r\nwiki\r\n", "4 \r\nwiki\r\n",
        "4\nwiki\n", "4\r\nwikis\r\n", "4\r\nwiki\n", "0x4\r\nwiki\r\n", "0\r\nA: b\n\r\n",
        "1000000000000000\r\n", "4;a\nb\r\nwiki\r\n", "4\rwiki", "0\r\n\rX"}) {
    std::string data;
    std::size_t taken = 0;
    EXPECT_EQ(chunk_reader::progress::broken, read_chunks(body, 100, data, taken)) << body;
  }
}

TEST(chunk_reader, extensions_and_trailers_have_an_end) {
  std::string data;
  std::size_t taken = 0;
  EXPECT_EQ(chunk_reader::progress::broken,
            read_chunks("1;" + std::string(5000, 'x') + "\r\na\r\n", 100, data, taken));
  std::string trailers = "0\r\n";
  for (int i = 0; i < 1000; ++i) trailers += "A: bcdefg\r\n";
  EXPECT_EQ(chunk_reader::progress::broken, read_chunks(trailers + "\r\n", 100, data, taken));
}

TEST(http_head, any_bytes_end_in_a_verdict) {
  std::mt19937 random(11);
  const std::string whole = head_with("Content-Length: 12\r\nConnection: close, x\r\nX: y, z\r\n");
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (unsigned change = 0; change <= random() % 5; ++change)
      bytes[random() % bytes.size()] = "\r\n :,\0\tA\x80"[random() % 9];
    if (const auto head = parse_request_head(bytes)) {
      // What was accepted has no line of its own left in any part.
      for (const auto& field : head->fields.all())
        EXPECT_EQ(std::string::npos, (field.name + field.value).find_first_of("\r\n"));
    }
  }
}

}  // namespace
}  // namespace skein::egress
