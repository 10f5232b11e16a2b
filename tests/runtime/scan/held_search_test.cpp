// Secrets that the platform holds, in every disguise.
#include "runtime/scan/held_search.hpp"
#include "tests/runtime/scan/made_secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <functional>

namespace skein::scan {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string coded(std::string_view text, const char* format) {
  std::string out;
  for (const char c : text) {
    std::array<char, 16> code{};
    std::snprintf(code.data(), code.size(), format,
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += code.data();
  }
  return out;
}

/// RFC 4648, written apart from the program's own.
std::string base64(std::string_view text, bool url_safe = false) {
  const std::string letters =
      std::string{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"} +
      (url_safe ? "-_" : "+/");
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned value = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      value = value << 8U | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      const bool padding = i + k > text.size();
      if (padding && url_safe) continue;
      out += padding ? '=' : letters[value >> (18 - 6 * k) & 63U];
    }
  }
  return out;
}

std::string reversed(const std::string& text) {
  return {text.rbegin(), text.rend()};
}

std::string in_pieces(const std::string& text, std::size_t length, const std::string& between) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += length) {
    if (at > 0) out += between;
    out += text.substr(at, length);
  }
  return out;
}

const std::string value = "Zk7/pQ+9_x" + noise(22);

secret_scanner holding(const std::string& held, held_kind kind = held_kind::secret) {
  return *secret_scanner{}.with_held({{"DEPLOY_KEY", held, kind}});
}

using disguise = std::pair<std::string, std::function<std::string(const std::string&)>>;

const std::vector<disguise> disguises{
    {"as it is", [](const std::string& v) { return v; }},
    {"upper case",
     [](std::string v) {
       for (char& c : v) c = static_cast<char>(std::toupper(c));
       return v;
     }},
    {"base64", [](const std::string& v) { return base64(v); }},
    {"base64 at 1", [](const std::string& v) { return base64("x" + v + "tail"); }},
    {"base64 at 2", [](const std::string& v) { return base64("xy" + v + "t"); }},
    {"base64 url-safe", [](const std::string& v) { return base64("user:" + v, true); }},
    {"base64 in lines",
     [](const std::string& v) { return in_pieces(base64("{\"k\":\"" + v + "\"}"), 20, "\n"); }},
    {"base64 twice", [](const std::string& v) { return base64(base64("a" + v)); }},
    {"base64 thrown in a URL",
     [](const std::string& v) { return "q=" + in_pieces(base64(v), 7, "%0A"); }},
    {"base64 of hex", [](const std::string& v) { return base64(coded(v, "%02x")); }},
    {"hex of base64", [](const std::string& v) { return coded(base64(v), "%02X"); }},
    {"base64 backwards", [](const std::string& v) { return reversed(base64(v)); }},
    {"hex", [](const std::string& v) { return coded(v, "%02x"); }},
    {"HEX", [](const std::string& v) { return coded(v, "%02X"); }},
    {"hex with colons", [](const std::string& v) { return coded(v, "%02x:"); }},
    {"hex dump", [](const std::string& v) { return in_pieces(coded(v, "%02x "), 48, "\n"); }},
    {"\\x escapes", [](const std::string& v) { return "\"" + coded(v, "\\x%02x") + "\""; }},
    {"\\u escapes", [](const std::string& v) { return "\"" + coded(v, "\\u%04X") + "\""; }},
    {"octal escapes", [](const std::string& v) { return coded(v, "\\%03o"); }},
    {"0x list", [](const std::string& v) { return "{" + coded(v, "0x%02x, ") + "}"; }},
    {"decimal list", [](const std::string& v) { return "[" + coded(v, "%u, ") + "]"; }},
    {"HTML", [](const std::string& v) { return coded(v, "&#%u;"); }},
    {"HTML hex", [](const std::string& v) { return coded(v, "&#x%X;"); }},
    {"URL, all", [](const std::string& v) { return coded(v, "%%%02X"); }},
    {"URL, some",
     [](const std::string& v) {
       return v.substr(0, 3) + coded(v.substr(3, 6), "%%%02x") + v.substr(9);
     }},
    {"URL twice",
     [](const std::string& v) {
       return in_pieces(v, 9, coded("", "")).substr(0, 4) + coded(v.substr(4), "%%25%02x");
     }},
    {"backwards", [](const std::string& v) { return reversed(v); }},
    {"rot13",
     [](std::string v) {
       for (char& c : v) {
         const int k = std::toupper(c);
         if (k >= 'A' && k <= 'M')
           c = static_cast<char>(c + 13);
         else if (k >= 'N' && k <= 'Z')
           c = static_cast<char>(c - 13);
       }
       return v;
     }},
    {"over lines", [](const std::string& v) { return in_pieces(v, 5, "\n"); }},
    {"over CRLF lines", [](const std::string& v) { return in_pieces(v, 8, "\r\n    "); }},
    {"C literals", [](const std::string& v) { return "\"" + in_pieces(v, 6, "\"\n  \"") + "\""; }},
    {"plus", [](const std::string& v) { return "'" + in_pieces(v, 6, "' + '") + "'"; }},
    {"concat()",
     [](const std::string& v) { return "\"" + in_pieces(v, 9, "\".concat(\"") + "\")"; }},
    {"variables",
     [](const std::string& v) {
       return "a = \"" + in_pieces(v, 16, "\"\nbcd = \"") + "\"\nrun(a + bcd)";
     }},
    {"continued line", [](const std::string& v) { return in_pieces(v, 10, "\\\n"); }},
    {"shell quotes", [](const std::string& v) { return in_pieces(v, 1, "''"); }},
    {"spaced out", [](const std::string& v) { return in_pieces(v, 1, " "); }},
    {"UTF-16", [](const std::string& v) { return in_pieces(v, 1, std::string(1, '\0')); }},
    {"quoted-printable", [](const std::string& v) { return in_pieces(v, 12, "=\n"); }},
    {"zero-width spaces", [](const std::string& v) { return in_pieces(v, 3, "\xe2\x80\x8b"); }},
};

TEST(held_search, T5_5_C9_every_disguise_is_seen_through) {
  const auto scanner = holding(value);
  for (const auto& [name, hide] : disguises) {
    SCOPED_TRACE(name);
    const std::string text = "one line\nprefix words: " + hide(value) + " , and more words\nlast\n";
    const auto findings = scanner.scan(text, "log");
    ASSERT_FALSE(findings.empty()) << text;
    EXPECT_EQ(findings[0].rule, held_rule);
    EXPECT_EQ(findings[0].line, 2U);
    EXPECT_THAT(findings[0].description, HasSubstr("DEPLOY_KEY"));
    const std::string clean = scanner.redact(text);
    EXPECT_THAT(clean, HasSubstr("[redacted:held-secret]"));
    EXPECT_THAT(clean, HasSubstr("one line\nprefix words: "));
    EXPECT_THAT(clean, HasSubstr("more words\nlast\n"));
    EXPECT_TRUE(scanner.scan(clean, "log").empty()) << clean;
    for (std::size_t at = 0; at + 5 <= value.size(); ++at) {
      EXPECT_THAT(clean, Not(HasSubstr(value.substr(at, 5))));
    }
  }
}

TEST(held_search, T5_5_any_block_boundary_is_crossed) {
  const auto scanner = holding(value);
  const std::string hidden =
      "\"" + in_pieces(value, 6, "\" .. \"") + "\" " + coded(value, "%%%02x");
  for (const std::size_t before : {(1U << 20U) - 40, (1U << 20U) - 16'384, (2U << 20U) - 60}) {
    const std::string text =
        std::string(before, 'x') + "\n" + hidden + "\n" + std::string(50'000, 'y');
    EXPECT_GE(scanner.scan(text, "log").size(), 2U) << before;
  }
}

TEST(held_search, T1_7_half_of_a_canary_is_enough) {
  const std::string canary = "skein-canary-" + noise(32, "abcdefghijklmnopqrstuvwxyz0123456789");
  const auto scanner = holding(canary, held_kind::canary);
  const std::size_t half = (canary.size() + 1) / 2;
  for (const std::string& text :
       {canary, canary.substr(0, half), canary.substr(canary.size() - half), canary.substr(9, half),
        base64("see " + canary.substr(3, 36)), coded(canary.substr(5, 26), "%02x")}) {
    const auto findings = scanner.scan("run --x=" + text + " end", "");
    ASSERT_FALSE(findings.empty()) << text;
    EXPECT_EQ(findings[0].rule, canary_rule);
  }
  EXPECT_TRUE(scanner.scan(canary.substr(0, 14), "").empty());
}

TEST(held_search, ordinary_text_is_no_disguise) {
  std::vector<held_secret> held;
  for (std::size_t i = 0; i < 40; ++i) held.push_back({"S" + std::to_string(i), noise(20 + i)});
  const auto scanner = *secret_scanner{}.with_held(held);
  std::mt19937_64 random{11};
  std::string text;
  for (int i = 0; i < 60'000; ++i) {
    text += noise(3 + random() % 9, "etaoinshrdlu").substr(0, 2 + random() % 8);
    text += " \n(){}\"'.,;=+"[random() % 13];
  }
  EXPECT_EQ(scanner.redact(text), text);
}

TEST(held_search, plain_words_are_looked_for_as_they_are) {
  const auto scanner = *secret_scanner{}.with_held(
      {{"WORD", "correct horse"}, {"PIN", "8261"}, {"ODD", "!!%%&&??"}});
  EXPECT_EQ(scanner.redact("a correct horse b"), "a [redacted:held-secret] b");
  EXPECT_EQ(scanner.redact("correct\nhorse, Correct horse"), "correct\nhorse, Correct horse");
  EXPECT_EQ(scanner.redact("pin=8261, 82610 x8261"), "pin=[redacted:held-secret], 82610 x8261");
  EXPECT_EQ(scanner.redact("a !!%%&&?? b"), "a [redacted:held-secret] b");
  EXPECT_EQ(scanner.redact("x " + base64("correct horse")), "x [redacted:held-secret]==");
}

TEST(held_search, a_value_that_is_cut_off_at_the_end_shows_nothing) {
  const auto scanner = holding(value);
  EXPECT_EQ(scanner.redact("log: " + value.substr(0, 11)), "log: [redacted:held-secret]");
  EXPECT_EQ(scanner.redact("log: " + value.substr(0, 4)), "log: " + value.substr(0, 4));
}

TEST(held_search, lines_of_a_longer_value_are_secrets_by_themselves) {
  const std::string key = pem("RSA PRIVATE KEY");
  const auto scanner = holding(key);
  const std::string line = key.substr(key.find('\n') + 1, 60);
  EXPECT_THAT(scanner.redact("12:00 " + key.substr(key.find('\n') + 1, 64) + "\n"),
              Not(HasSubstr(line.substr(0, 5))));
  const std::string armour = key.substr(0, key.find('\n')) + "\n...\n";
  EXPECT_EQ(scanner.redact(armour), armour);
}

TEST(held_search, too_short_a_value_is_refused_by_name_alone) {
  const auto refused = secret_scanner{}.with_held({{"PIN", "123"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("PIN"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("123")));
}

TEST(held_search, marks_in_the_text_do_not_count) {
  const auto scanner = holding(value);
  EXPECT_EQ(scanner.scan(value + " # gitleaks:allow", "a", {true, nullptr}).size(), 1U);
}

}  // namespace
}  // namespace skein::scan
