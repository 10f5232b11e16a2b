// Durations, sizes and shares.
#include "schema/quantity.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace skein::schema {
namespace {

using std::chrono::milliseconds;

TEST(Quantity, DurationsAreReadAsWritten) {
  EXPECT_EQ(parse_duration("5m"), milliseconds{300'000});
  EXPECT_EQ(parse_duration("30s"), milliseconds{30'000});
  EXPECT_EQ(parse_duration("1h30m"), milliseconds{5'400'000});
  EXPECT_EQ(parse_duration("500ms"), milliseconds{500});
  EXPECT_EQ(parse_duration("1d"), milliseconds{86'400'000});
  EXPECT_EQ(parse_duration("1.5h"), milliseconds{5'400'000});
  EXPECT_EQ(parse_duration("90"), milliseconds{90'000});
  EXPECT_EQ(duration_of(90), milliseconds{90'000});
  EXPECT_EQ(duration_of(0.25), milliseconds{250});
}

TEST(Quantity, OtherDurationsAreRefused) {
  for (const char* text : {"", "m", "5 m", "5M", "-5m", "5m5m", "5s1h", "1h30", "m5", ".5s", "5.s",
                           "1e3s", "99999999999999999999d", "5m ", "soon", "1..5s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
  EXPECT_EQ(duration_of(-1), std::nullopt);
  EXPECT_EQ(duration_of(1e300), std::nullopt);
  EXPECT_EQ(duration_of(true), std::nullopt);
  EXPECT_EQ(duration_of(nullptr), std::nullopt);
}

TEST(Quantity, FormattedDurationsReadBack) {
  for (const std::int64_t ms : {0L, 1L, 999L, 1000L, 1500L, 60'000L, 90'000L, 1'800'000L,
                                5'400'000L, 3'600'000L, 86'400'000L, 123'456'789L}) {
    EXPECT_EQ(parse_duration(format_duration(milliseconds{ms})), milliseconds{ms});
  }
  EXPECT_EQ(format_duration(milliseconds{5'400'000}), "90m");
  EXPECT_EQ(format_duration(milliseconds{1500}), "1500ms");
}

TEST(Quantity, Sizes) {
  EXPECT_EQ(parse_bytes("1MiB"), 1U << 20);
  EXPECT_EQ(parse_bytes("200KB"), 200'000U);
  EXPECT_EQ(parse_bytes("1.5GiB"), 3ULL << 29);
  EXPECT_EQ(parse_bytes("512"), 512U);
  EXPECT_EQ(bytes_of(512), 512U);
  for (const char* text : {"", "MiB", "1 MiB", "1mib", "-1", "1XB", "99999999TiB", "1MiBB"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
  EXPECT_EQ(bytes_of(-1), std::nullopt);
}

TEST(Quantity, Shares) {
  EXPECT_EQ(share_of("80%"), 0.8);
  EXPECT_EQ(share_of(0.8), 0.8);
  EXPECT_EQ(share_of(1), 1.0);
  EXPECT_EQ(share_of("0.8"), std::nullopt);
  EXPECT_EQ(share_of("101%"), std::nullopt);
  EXPECT_EQ(share_of(80), std::nullopt);
  EXPECT_EQ(parse_percent("25%"), 25.0);
  EXPECT_EQ(parse_percent("%"), std::nullopt);
  for (int seventh = 0; seventh <= 700; ++seventh) {
    const double value = seventh / 7.0;
    EXPECT_EQ(parse_percent(format_percent(value)), value);
  }
}

}  // namespace
}  // namespace skein::schema
