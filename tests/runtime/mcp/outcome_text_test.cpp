// What a model reads of a server's answer.
#include "runtime/mcp/outcome_text.hpp"

#include <gtest/gtest.h>

namespace skein::mcp {
namespace {

using nlohmann::json;

tool_outcome with(json content) {
  tool_outcome out;
  out.content = std::move(content);
  return out;
}

TEST(outcome_text, texts_stay_as_they_are_and_apart) {
  EXPECT_EQ(
      text_of(with({{{"type", "text"}, {"text", "one\n"}}, {{"type", "text"}, {"text", "two"}}})),
      "one\ntwo\n");
}

TEST(outcome_text, what_is_no_text_is_named_with_its_size) {
  const auto text =
      text_of(with({{{"type", "image"}, {"mimeType", "image/png"}, {"data", "AAAA"}},
                    {{"type", "resource_link"}, {"uri", "file:///etc/passwd"}},
                    {{"type", "resource"}, {"resource", {{"uri", "a:b"}, {"text", "inside"}}}},
                    {{"type", "resource"}, {"resource", {{"uri", "a:b"}, {"blob", "AA"}}}},
                    {{"type", "resource"}},
                    {{"type", "smell"}}}));
  EXPECT_NE(text.find("image/png"), std::string::npos);
  EXPECT_NE(text.find("4 bytes"), std::string::npos);
  EXPECT_EQ(text.find("AAAA"), std::string::npos);
  EXPECT_NE(text.find("not read"), std::string::npos);
  EXPECT_NE(text.find("inside"), std::string::npos);
  EXPECT_NE(text.find("without content"), std::string::npos);
  EXPECT_NE(text.find("smell"), std::string::npos);
}

TEST(outcome_text, members_of_the_wrong_type_are_empty) {
  EXPECT_EQ(text_of(with({{{"type", "text"}, {"text", 7}}})), "\n");
  EXPECT_NE(text_of(with({{{"type", "image"}, {"data", json::array()}}})).find("0 bytes"),
            std::string::npos);
}

TEST(outcome_text, structured_content_is_shown_where_there_is_no_text) {
  tool_outcome out;
  out.structured = json{{"count", 3}};
  EXPECT_EQ(text_of(out), "{\n  \"count\": 3\n}\n");
  out.content = {{{"type", "text"}, {"text", "three"}}};
  EXPECT_EQ(text_of(out), "three\n");
}

TEST(outcome_text, an_empty_answer_and_a_refusal_say_so) {
  EXPECT_EQ(text_of({}), "nothing\n");
  tool_outcome out;
  out.how = tool_outcome::end::rejected;
  out.code = -32602;
  out.message = "no";
  EXPECT_EQ(text_of(out), "the server refused the call (-32602): no\n");
}

}  // namespace
}  // namespace skein::mcp
