// Redaction of text that comes in pieces: as good as of the whole.
#include "runtime/scan/stream_redactor.hpp"
#include "tests/runtime/scan/made_secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skein::scan {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class streams : public shipped_rules {
 protected:
  static std::string through(stream_redactor& stream, const std::string& text, std::size_t piece) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece)
      out += stream.push(text.substr(at, piece));
    return out + stream.finish();
  }
};

TEST_F(streams, C9_however_the_text_is_cut_the_result_is_that_of_the_whole) {
  const std::string held = noise(40);
  const auto scanner = *streams::scanner().with_held({{"K", held}});
  std::string text;
  for (int i = 0; i < 400; ++i) {
    text += "line " + std::to_string(i) + " of a log\n";
    if (i % 9 == 3) text += "token ghp_" + noise(36) + " used\n";
    if (i % 50 == 7) text += pem("RSA PRIVATE KEY") + "\n";
    if (i % 31 == 5) text += "x='" + held.substr(0, 20) + "' + '" + held.substr(20) + "'\n";
    if (i % 40 == 9) text += "password = \"" + noise(14) + "\"\n";
  }
  const std::string whole = scanner.redact(text);
  for (const std::size_t piece : {1U, 7U, 100U, 4096U, 1'000'000U}) {
    stream_redactor stream{scanner, 2048};
    EXPECT_EQ(through(stream, text, piece), whole) << piece;
    EXPECT_TRUE(stream.found());
  }
}

TEST_F(streams, C9_a_secret_at_every_place_around_the_border_is_caught) {
  const std::string token = "ghp_" + noise(36);
  for (std::size_t before = 900; before < 1200; before += 3) {
    stream_redactor stream{scanner(), 512};
    std::string text(before, '.');
    text += "\n" + token + "\n" + std::string(2000, '.');
    EXPECT_THAT(through(stream, text, 64), Not(HasSubstr(token.substr(0, 9)))) << before;
  }
}

TEST_F(streams, an_endless_key_is_left_out_in_bounded_memory) {
  std::string text = "before\n-----BEGIN PGP PRIVATE KEY BLOCK-----\n";
  for (std::size_t i = 0; i < 2000; ++i) text += noise(64 - i % 3) + "\n";
  text += "-----END PGP PRIVATE KEY BLOCK-----\n{\"after\": 1}\n";
  stream_redactor stream{scanner(), 1024};
  const std::string clean = through(stream, text, 333);
  EXPECT_THAT(clean, ::testing::StartsWith("before\n[redacted:private-key]"));
  EXPECT_THAT(clean, HasSubstr("{\"after\": 1}\n"));
  EXPECT_LT(clean.size(), 200U);
}

TEST_F(streams, text_without_secrets_comes_out_as_it_went_in) {
  std::mt19937_64 random{9};
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "abc def\n.-"[random() % 10];
  stream_redactor stream{scanner()};
  EXPECT_EQ(through(stream, text, 1000), text);
  EXPECT_FALSE(stream.found());
  EXPECT_EQ(through(stream, "again", 2), "again");
}

}  // namespace
}  // namespace skein::scan
