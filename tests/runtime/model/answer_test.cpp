// What is read from the streams of each wire, and what becomes of streams that lie or break.
#include "runtime/model/event_stream.hpp"
#include "runtime/model/json_text.hpp"
#include "runtime/model/wire.hpp"
#include "tests/runtime/model/model_samples.hpp"

#include <gtest/gtest.h>

namespace skein::model {
namespace {

using sample::event;

struct ended {
  std::unique_ptr<answer_reader> reader;
  fault wrong;
};

ended feed(wire format, const std::vector<std::string>& pieces,
           const ask_settings& settings = sample::settings()) {
  ended out{make_reader(format, settings), std::nullopt};
  event_stream stream(16 << 20);
  for (const std::string& piece : pieces) {
    static_cast<void>(stream.feed(piece, [&](std::string_view name, std::string_view data) {
      out.wrong = out.reader->event(name, data);
      return !out.wrong;
    }));
    if (out.wrong) break;
  }
  return out;
}

void expect_sample(wire format, answer_reader& reader) {
  ASSERT_TRUE(reader.finished());
  EXPECT_TRUE(reader.closed());
  const reported_usage& counted = reader.counted();
  const bool anthropic = format == wire::anthropic;
  EXPECT_EQ(counted.input, anthropic ? 10U : 15U);
  EXPECT_EQ(counted.cache_read, 5U);
  EXPECT_EQ(counted.output, 9U);
  const answer got = reader.take();
  EXPECT_EQ(got.text, "H\xc3\xa9");
  EXPECT_EQ(got.stop, stop_reason::tool_calls);
  ASSERT_EQ(got.calls.size(), 2U);
  EXPECT_EQ(got.calls[0].id, "toolu_1");
  EXPECT_EQ(got.calls[0].name, "read_file");
  EXPECT_EQ(got.calls[0].arguments, (nlohmann::json{{"path", "a.c"}}));
  EXPECT_EQ(got.calls[1].name, "list_files");
  EXPECT_EQ(got.calls[1].arguments, nlohmann::json::object());
  EXPECT_EQ(got.calls[1].malformed, "");
  EXPECT_TRUE(got.oddities.empty());
  if (anthropic) {
    ASSERT_EQ(got.opaque["blocks"].size(), 4U);
    EXPECT_EQ(got.opaque["blocks"][0]["signature"], "c2ln");
    EXPECT_EQ(got.opaque["blocks"][2]["input"], (nlohmann::json{{"path", "a.c"}}));
  } else if (format == wire::openai_responses) {
    EXPECT_EQ(got.opaque["items"][0]["encrypted_content"], "ZW5j");
  }
}

TEST(model_answer, is_the_same_from_pieces_split_at_every_byte) {
  for (const wire format : sample::every_wire()) {
    const std::string text = sample::stream_of(format);
    for (std::size_t at = 0; at <= text.size(); ++at) {
      const ended got = feed(format, {text.substr(0, at), text.substr(at)});
      ASSERT_FALSE(got.wrong) << got.wrong->text;
      expect_sample(format, *got.reader);
    }
  }
}

TEST(model_answer, is_not_finished_when_the_stream_was_cut_anywhere) {
  for (const wire format : sample::every_wire()) {
    const std::string text = sample::stream_of(format);
    // Chat says why it stops before it says what it cost.
    const std::size_t end = format == wire::openai_chat
                                ? text.find("\"finish_reason\":\"tool_calls\"")
                                : text.size() - 1;
    for (std::size_t at = 0; at < end; ++at)
      EXPECT_FALSE(feed(format, {text.substr(0, at)}).reader->finished()) << at;
  }
}

TEST(model_answer, half_of_any_event_is_malformed) {
  for (const wire format : sample::every_wire())
    for (const std::string bad :
         {"{", "[]", "null", "{\"type\":", "\xff", "\"x\"", "{\"a\":\"\xc3\"}"}) {
      const auto reader = make_reader(format, sample::settings());
      const fault got = reader->event("", bad);
      ASSERT_TRUE(got) << bad;
      EXPECT_EQ(got->kind, failure_kind::malformed);
    }
}

TEST(model_answer, survives_members_of_the_wrong_type) {
  // Every value of every event replaced by every kind of value: no crash, and a defined end.
  const std::vector<nlohmann::json> wrong{nullptr,    true,
                                          -1,         1e300,
                                          "x",        nlohmann::json::array({1}),
                                          {{"a", 1}}, 18446744073709551615ULL};
  for (const wire format : sample::every_wire()) {
    std::vector<nlohmann::json> events;
    event_stream stream(1 << 20);
    static_cast<void>(
        stream.feed(sample::stream_of(format), [&](std::string_view, std::string_view data) {
          if (auto one = read_json(data)) events.push_back(*one);
          return true;
        }));
    for (std::size_t at = 0; at < events.size(); ++at) {
      const nlohmann::json flat = events[at].flatten();
      for (const auto& [path, value] : flat.items())
        for (nlohmann::json::json_pointer where{path}; !where.empty();
             where = where.parent_pointer())
          for (const nlohmann::json& put : wrong) {
            const auto reader = make_reader(format, sample::settings());
            fault ended;
            for (std::size_t i = 0; i < events.size() && !ended; ++i) {
              nlohmann::json one = events[i];
              if (i == at) one[where] = put;
              ended = reader->event("", write_json(one));
            }
            if (!ended && reader->finished()) {
              const answer got = reader->take();
              for (const tool_request& call : got.calls) EXPECT_TRUE(call.arguments.is_object());
            }
          }
    }
  }
}

std::string call_stream(wire format, const std::string& id, const std::string& name,
                        const std::string& arguments, int times = 1) {
  std::string out;
  for (int i = 0; i < times; ++i) {
    const std::string index = std::to_string(i);
    const std::string quoted = nlohmann::json(arguments).dump();
    if (format == wire::anthropic) {
      out += event(R"({"type":"content_block_start","index":)" + index +
                   R"(,"content_block":{"type":"tool_use","id":")" + id + R"(","name":")" + name +
                   R"("}})");
      out += event(R"({"type":"content_block_delta","index":)" + index +
                   R"(,"delta":{"type":"input_json_delta","partial_json":)" + quoted + "}}");
    } else if (format == wire::openai_responses) {
      out += event(R"({"type":"response.output_item.done","output_index":)" + index +
                   R"(,"item":{"type":"function_call","call_id":")" + id + R"(","name":")" + name +
                   R"(","arguments":)" + quoted + "}}");
    } else {
      out += event(R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":)" + index +
                   R"(,"id":")" + id + R"(","function":{"name":")" + name + R"(","arguments":)" +
                   quoted + "}}]}}]}");
    }
  }
  if (format == wire::anthropic)
    return out + event(R"({"type":"message_delta","delta":{"stop_reason":"tool_use"}})") +
           event(R"({"type":"message_stop"})");
  if (format == wire::openai_responses)
    return out + event(R"({"type":"response.completed","response":{"status":"completed"}})");
  return out + event(R"({"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})") +
         event("[DONE]");
}

TEST(model_answer, unreadable_arguments_are_passed_up) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const wire format : sample::every_wire())
    for (const std::string& bad :
         {std::string("{\"a\":"), std::string("[1]"), std::string("7"), std::string("{} {}"),
          "{\"a\":" + deep + "}", std::string("nan")}) {
      const ended got = feed(format, {call_stream(format, "c1", "t", bad)});
      ASSERT_FALSE(got.wrong);
      ASSERT_TRUE(got.reader->finished());
      const answer one = got.reader->take();
      ASSERT_EQ(one.calls.size(), 1U);
      EXPECT_NE(one.calls[0].malformed, "") << bad.substr(0, 20);
      EXPECT_EQ(one.calls[0].arguments, nlohmann::json::object());
    }
}

TEST(model_answer, fifty_megabytes_of_arguments_are_a_malformed_call) {
  for (const wire format : sample::every_wire()) {
    ask_settings settings = sample::settings();
    settings.max_argument_bytes = 10'000;
    const ended got = feed(
        format, {call_stream(format, "c1", "t", "{\"a\":\"" + std::string(1 << 20, 'x') + "\"}")},
        settings);
    ASSERT_FALSE(got.wrong);
    const answer one = got.reader->take();
    ASSERT_EQ(one.calls.size(), 1U);
    EXPECT_NE(one.calls[0].malformed.find("10000 bytes"), std::string::npos);
  }
}

TEST(model_answer, thousands_of_calls_are_too_large) {
  for (const wire format : sample::every_wire()) {
    const ended got = feed(format, {call_stream(format, "c", "t", "{}", 5000)});
    ASSERT_TRUE(got.wrong);
    EXPECT_EQ(got.wrong->kind, failure_kind::too_large);
  }
}

TEST(model_answer, repeated_and_strange_ids_become_unique) {
  for (const wire format : sample::every_wire())
    for (const std::string id : {"same", "", "call_1", "with space", "x\\u0000y"}) {
      const ended got = feed(format, {call_stream(format, id, "t", "{}", 4)});
      ASSERT_FALSE(got.wrong);
      const answer one = got.reader->take();
      ASSERT_EQ(one.calls.size(), 4U) << id;
      std::set<std::string> ids;
      for (const tool_request& call : one.calls) ids.insert(call.id);
      EXPECT_EQ(ids.size(), 4U);
      EXPECT_FALSE(ids.contains(""));
      EXPECT_FALSE(one.oddities.empty());
    }
}

TEST(model_answer, a_strange_name_is_a_malformed_call) {
  for (const wire format : sample::every_wire())
    for (const std::string& name :
         {std::string(), std::string(5000, 'x'), std::string("a b"), std::string("a\\nb")}) {
      const answer one = feed(format, {call_stream(format, "c", name, "{}")}).reader->take();
      ASSERT_EQ(one.calls.size(), 1U);
      EXPECT_NE(one.calls[0].malformed, "") << name.substr(0, 10);
      EXPECT_LE(one.calls[0].name.size(), 128U);
    }
}

TEST(model_answer, pieces_of_what_never_began_are_malformed) {
  EXPECT_TRUE(
      feed(
          wire::anthropic,
          {event(
              R"({"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"x"}})")})
          .wrong);
  EXPECT_TRUE(
      feed(
          wire::openai_responses,
          {event(
              R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"x"})")})
          .wrong);
}

TEST(model_answer, errors_within_a_stream_keep_their_kind) {
  const auto kind = [](wire format, const std::string& data) {
    const ended got = feed(format, {event(data)});
    return got.wrong ? got.wrong->kind : failure_kind::other;
  };
  EXPECT_EQ(kind(wire::anthropic,
                 R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"),
            failure_kind::overloaded);
  EXPECT_EQ(
      kind(
          wire::openai_responses,
          R"({"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"slow down"}}})"),
      failure_kind::rate_limited);
  EXPECT_EQ(kind(wire::openai_responses,
                 R"({"type":"error","code":"context_length_exceeded","message":"too long"})"),
            failure_kind::context_length);
  EXPECT_EQ(kind(wire::openai_chat, R"({"error":{"message":"boom","type":"server_error"}})"),
            failure_kind::overloaded);
}

TEST(model_answer, reads_replies_that_are_no_stream) {
  const auto whole = [](wire format, const std::string& text) {
    auto reader = make_reader(format, sample::settings());
    EXPECT_FALSE(reader->whole(*read_json(text)));
    EXPECT_TRUE(reader->finished());
    return reader->take();
  };
  const answer one = whole(
      wire::anthropic,
      R"({"type":"message","content":[{"type":"text","text":"hi"},{"type":"tool_use","id":"t","name":"n","input":{"a":1}}],"stop_reason":"tool_use"})");
  EXPECT_EQ(one.text, "hi");
  EXPECT_EQ(one.calls.at(0).arguments["a"], 1);
  const answer two = whole(
      wire::openai_responses,
      R"({"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}]})");
  EXPECT_EQ(two.text, "hi");
  EXPECT_EQ(two.stop, stop_reason::length);
  const answer three = whole(
      wire::openai_chat,
      R"({"choices":[{"message":{"content":null,"tool_calls":[{"id":"t","function":{"name":"n","arguments":{"a":1}}}]},"finish_reason":"stop"}]})");
  EXPECT_EQ(three.calls.at(0).arguments["a"], 1);
  EXPECT_EQ(three.stop, stop_reason::tool_calls);
}

TEST(model_answer, refusals_and_cut_answers_say_so) {
  EXPECT_EQ(feed(wire::anthropic,
                 {event(R"({"type":"message_delta","delta":{"stop_reason":"refusal"}})") +
                  event(R"({"type":"message_stop"})")})
                .reader->take()
                .stop,
            stop_reason::refusal);
  EXPECT_EQ(
      feed(wire::openai_chat,
           {event(R"({"choices":[{"index":0,"delta":{"refusal":"no"},"finish_reason":"stop"}]})")})
          .reader->take()
          .stop,
      stop_reason::refusal);
  EXPECT_EQ(
      feed(wire::openai_chat,
           {event(R"({"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"length"}]})")})
          .reader->take()
          .stop,
      stop_reason::length);
}

}  // namespace
}  // namespace skein::model
