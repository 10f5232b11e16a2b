// Exchanges and transcripts: what is kept is enough to say everything again, and where a replay
// differs is noticed at the first part.
#include "runtime/agent/transcript.hpp"

#include <gtest/gtest.h>

namespace skein::agent {
namespace {

model::conversation conversation(std::size_t turns) {
  model::conversation said;
  said.system = "rules";
  said.task = "do it";
  for (std::size_t i = 0; i < turns; ++i) {
    model::turn answer;
    answer.kind = model::turn_kind::assistant;
    answer.text = "answer " + std::to_string(i);
    said.turns.push_back(answer);
    model::turn tools;
    tools.kind = model::turn_kind::tools;
    tools.replies.push_back({"id", "read_file", false, model::untrusted("tool", "x", "text " + std::to_string(i))});
    said.turns.push_back(tools);
  }
  return said;
}

model::answer answer(const std::string& text, const std::string& request) {
  model::answer given;
  given.text = text;
  given.record.request = request;
  given.calls.push_back({"id", "read_file", {{"path", "x"}}, ""});
  return given;
}

TEST(Transcript, ARequestIsRebuiltFromTheOneBeforeIt) {
  const std::string previous = "{\"model\":\"m\"," + std::string(9000, 'a') + ",\"tools\":" + std::string(9000, 't') + "}";
  const std::string request = "{\"model\":\"m\"," + std::string(9000, 'a') + "NEW" + ",\"tools\":" + std::string(9000, 't') + "}";
  const auto change = change_of(previous, request);
  EXPECT_LT(change.text.size(), 9000U);
  EXPECT_EQ(previous.substr(0, change.before) + change.text + previous.substr(previous.size() - change.after), request);
  for (const auto& [one, other] : {std::pair<std::string, std::string>{"", "abc"}, {"abc", ""}, {"abc", "abc"}, {std::string(20'000, 'x'), std::string(10'000, 'x')}}) {
    const auto small = change_of(one, other);
    EXPECT_EQ(one.substr(0, small.before) + small.text + one.substr(one.size() - small.after), other);
  }
}

TEST(Transcript, SaysTheSameAnswersAgain) {
  std::vector<exchange> recorded;
  for (std::size_t i = 0; i < 2; ++i) {
    auto parsed = parse_exchange(exchange_text(conversation(i), answer("a" + std::to_string(i), "r"), "", 0));
    ASSERT_TRUE(parsed) << parsed.error().message;
    recorded.push_back(*parsed);
  }
  std::string where;
  replay_provider again(recorded, [&where](std::uint32_t, const std::string& what) { where = what; });
  for (std::size_t i = 0; i < 2; ++i) {
    std::string text;
    again.ask(conversation(i), {}, [&text](const model::outcome& came) { text = came->text; });
    EXPECT_EQ(text, "a" + std::to_string(i));
  }
  EXPECT_EQ(where, "");
  bool failed = false;
  again.ask(conversation(2), {}, [&failed](const model::outcome& came) { failed = !came; });
  EXPECT_TRUE(failed) << "there is no third answer";
}

TEST(Transcript, NamesTheFirstPartThatDiffers) {
  std::vector<exchange> recorded;
  recorded.push_back(*parse_exchange(exchange_text(conversation(0), answer("a", "r"), "", 0)));
  auto second = conversation(1);
  recorded.push_back({marks_of(second, 1), answer("b", "r")});
  std::string where;
  std::uint32_t number = 0;
  auto first = conversation(1);
  first.turns.pop_back();
  recorded[0].marks = marks_of(first);
  replay_provider again(recorded, [&](std::uint32_t at, const std::string& what) {
    number = at;
    where = what;
  });
  again.ask(first, {}, [](const model::outcome&) {});
  auto other = conversation(1);
  other.turns[1].replies[0].content = model::untrusted("tool", "x", "something else");
  again.ask(other, {}, [](const model::outcome&) {});
  EXPECT_EQ(number, 2U);
  EXPECT_EQ(where, "reply 1 of turn 2: read_file");
}

TEST(Transcript, ForeignTextsAreErrors) {
  for (const char* text : {"", "{}", "[1]", R"({"kind":"skein/exchange/v1"})", R"({"kind":"other"})"}) {
    EXPECT_FALSE(parse_exchange(text)) << text;
    EXPECT_FALSE(parse_transcript(text)) << text;
  }
  EXPECT_EQ(parse_transcript(transcript_text("t", {"a", "b"}))->size(), 2U);
}

}  // namespace
}  // namespace skein::agent
