// Which CODEOWNERS file counts, asked of a forge.
#include "runtime/forge/base_owners.hpp"
#include "github_fixture.hpp"

namespace skein::forge {
namespace {

using json = nlohmann::json;

class base_owners_test : public github_test {
 protected:
  void push_none() { push(404, {{"message", "Not Found"}}); }
  void push_file(std::int64_t size) {
    push(200, {{"type", "file"}, {"size", size}, {"encoding", "base64"}, {"content", "KiBAYQo="}});
  }
};

TEST_F(base_owners_test, T10_6_the_first_place_that_has_one_counts) {
  push_none();
  push_none();
  push_file(5);
  const auto got = read_base_owners(*hub, pay, "release", quick);
  ASSERT_TRUE(got.done()) << got.reason;
  ASSERT_EQ(got.value->rules.size(), 1U);
  const auto asked = peer.requests();
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0].target, "/repos/acme/pay/contents/.github/CODEOWNERS?ref=release");
  EXPECT_EQ(asked[1].target, "/repos/acme/pay/contents/CODEOWNERS?ref=release");
  EXPECT_EQ(asked[2].target, "/repos/acme/pay/contents/docs/CODEOWNERS?ref=release");
  push_file(5);
  EXPECT_EQ(read_base_owners(*hub, pay, "main", quick).value->rules.size(), 1U);
  EXPECT_EQ(peer.requests().size(), 4U);
}

TEST_F(base_owners_test, none_anywhere_is_no_rule_and_no_error) {
  for (int i = 0; i < 3; ++i) push_none();
  const auto got = read_base_owners(*hub, pay, "main", quick);
  ASSERT_TRUE(got.done());
  EXPECT_TRUE(got.value->rules.empty());
  EXPECT_TRUE(got.value->ignored.empty());
}

TEST_F(base_owners_test, one_of_3_megabytes_is_ignored_and_later_places_are_not_asked) {
  push(200, {{"type", "file"}, {"size", codeowners_limit}, {"encoding", "none"}, {"content", ""}});
  const auto got = read_base_owners(*hub, pay, "main", quick);
  ASSERT_TRUE(got.done()) << got.reason;
  EXPECT_NE(got.value->ignored.find("bytes"), std::string::npos);
  EXPECT_EQ(peer.requests().size(), 1U);
}

TEST_F(base_owners_test, a_forge_that_does_not_answer_is_not_a_repository_without_owners) {
  push_none();
  push(502, {{"message", "x"}});
  EXPECT_EQ(read_base_owners(*hub, pay, "main", quick).end, outcome::unknown);
  settings.with.token = [] { return result<std::string>(error{errc::not_found, "no token", ""}); };
  github_forge without_token(settings, client, *rates);
  EXPECT_EQ(read_base_owners(without_token, pay, "main", quick).end, outcome::refused);
  push(403, {{"message", "Resource not accessible"}});
  EXPECT_EQ(read_base_owners(*hub, pay, "main", quick).end, outcome::refused);
}

}  // namespace
}  // namespace skein::forge
