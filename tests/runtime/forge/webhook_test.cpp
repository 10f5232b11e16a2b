// Deliveries: signed or not, new or replayed, whole or broken.
#include "runtime/forge/webhook.hpp"

#include <gtest/gtest.h>

namespace skein::forge {
namespace {

const std::string secret = "It's a Secret to Everybody";
const std::string commit(40, 'a');

webhook_delivery sent(std::string event, std::string body) {
  webhook_delivery out{
      std::move(event), "72d3162e-cc78-11e3-81ab-4c9367dc0958", {}, std::move(body)};
  out.signature = webhook_signature(secret, out.body);
  return out;
}

TEST(webhook, the_signature_is_the_one_that_the_forge_documents) {
  EXPECT_EQ(webhook_signature(secret, "Hello, World!"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
}

TEST(webhook, an_unsigned_forged_or_changed_delivery_is_refused) {
  auto delivery = sent("ping", "{}");
  ASSERT_TRUE(read_webhook(delivery, {secret}).has_value());
  auto changed = delivery;
  changed.body = "{ }";
  auto unsigned_one = delivery;
  unsigned_one.signature.clear();
  auto other_secret = delivery;
  other_secret.signature = webhook_signature("guess", delivery.body);
  auto sha1 = delivery;
  sha1.signature = "sha1=0123456789012345678901234567890123456789";
  auto longer = delivery;
  longer.signature += "0";
  for (const auto& bad : {changed, unsigned_one, other_secret, sha1, longer}) {
    const auto read = read_webhook(bad, {secret});
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code, errc::unauthorised);
    EXPECT_EQ(read.error().message.find(secret), std::string::npos);
  }
}

TEST(webhook, without_a_secret_nothing_is_accepted) {
  const auto delivery = sent("ping", "{}");
  EXPECT_EQ(read_webhook(delivery, {}).error().code, errc::unauthorised);
  auto empty = delivery;
  empty.signature = webhook_signature("", empty.body);
  EXPECT_EQ(read_webhook(empty, {""}).error().code, errc::unauthorised);
}

TEST(webhook, two_secrets_are_good_while_one_replaces_the_other) {
  EXPECT_TRUE(read_webhook(sent("ping", "{}"), {"new", secret}).has_value());
  EXPECT_TRUE(read_webhook(sent("ping", "{}"), {secret, "new"}).has_value());
}

TEST(webhook, an_oversized_delivery_is_refused_before_it_is_hashed) {
  webhook_delivery delivery = sent("ping", "{}");
  delivery.body.assign(webhook_limit + 1, ' ');
  EXPECT_EQ(read_webhook(delivery, {secret}).error().code, errc::refused);
}

TEST(webhook, signed_nonsense_is_invalid) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":[";
  for (const std::string& body :
       {std::string("<html>"), std::string("{\"a\":"), std::string(""), std::string("[]"),
        std::string("{}"), deep, std::string(R"({"repository":{"full_name":"../x/y"}})"),
        std::string(R"({"repository":{"full_name":"a/b"}})"),
        std::string(R"({"repository":[],"pull_request":7})")}) {
    for (const char* event : {"pull_request", "push", "status", "check_run", "check_suite"}) {
      const auto read = read_webhook(sent(event, body), {secret});
      ASSERT_FALSE(read.has_value()) << event;
      EXPECT_EQ(read.error().code, errc::invalid);
    }
  }
  auto no_event = sent("ping", "{}");
  no_event.event = "a b";
  EXPECT_EQ(read_webhook(no_event, {secret}).error().code, errc::invalid);
  auto no_id = sent("ping", "{}");
  no_id.id = std::string(500, 'x');
  EXPECT_EQ(read_webhook(no_id, {secret}).error().code, errc::invalid);
}

TEST(webhook, a_pull_request_gives_its_facts) {
  const auto read =
      read_webhook(sent("pull_request", R"({"action":"closed","repository":{"full_name":"acme/pay"},
        "sender":{"login":"ann","type":"User"},
        "pull_request":{"number":7,"state":"closed","merged":false,"draft":true,"body":null,
          "head":{"ref":"skein/x","sha":")" +
                                            commit + R"(","repo":null},"base":{"ref":"main"}}})"),
                   {secret});
  ASSERT_TRUE(read.has_value());
  const auto& event = std::get<pull_request_event>(*read);
  EXPECT_EQ(event.repository, "acme/pay");
  EXPECT_EQ(event.number, 7);
  EXPECT_EQ(event.action, "closed");
  EXPECT_EQ(event.sender, "ann");
  EXPECT_FALSE(event.sender_is_bot);
  EXPECT_FALSE(event.open);
  EXPECT_FALSE(event.merged);
  EXPECT_TRUE(event.draft);
  EXPECT_EQ(event.head_repository, "");
  EXPECT_EQ(event.head_branch, "skein/x");
}

TEST(webhook, checks_and_statuses_come_to_three_states) {
  const auto state_of = [](const std::string& event, const std::string& body) {
    const auto read =
        read_webhook(sent(event, R"({"repository":{"full_name":"a/b"},)" + body + "}"), {secret});
    return std::get<check_event>(*read).state;
  };
  const std::string head = R"("head_sha":")" + commit + R"(")";
  const auto run = [&](const std::string& rest) {
    return state_of("check_run", R"("check_run":{)" + head + "," + rest + "}");
  };
  EXPECT_EQ(run(R"("status":"completed","conclusion":"success")"), check_state::passed);
  EXPECT_EQ(run(R"("status":"completed","conclusion":"skipped")"), check_state::passed);
  EXPECT_EQ(run(R"("status":"completed","conclusion":"timed_out")"), check_state::failed);
  EXPECT_EQ(run(R"("status":"completed","conclusion":"new_thing")"), check_state::failed);
  EXPECT_EQ(run(R"("status":"queued","conclusion":null)"), check_state::pending);
  EXPECT_EQ(state_of("check_suite", R"("check_suite":{)" + head +
                                        R"(,"status":"completed","conclusion":"failure"})"),
            check_state::failed);
  const std::string status = R"("sha":")" + commit + R"(","context":"ci","state":)";
  EXPECT_EQ(state_of("status", status + R"("success")"), check_state::passed);
  EXPECT_EQ(state_of("status", status + R"("error")"), check_state::failed);
  EXPECT_EQ(state_of("status", status + R"("pending")"), check_state::pending);
}

TEST(webhook, a_push_names_its_reference) {
  const auto read = read_webhook(
      sent("push", R"({"repository":{"full_name":"a/b"},"ref":"refs/heads/main","before":")" +
                       commit + R"(","after":")" + std::string(40, '0') +
                       R"(","deleted":true,"forced":false})"),
      {secret});
  const auto& event = std::get<push_event>(*read);
  EXPECT_EQ(event.reference, "refs/heads/main");
  EXPECT_TRUE(event.deleted);
}

}  // namespace
}  // namespace skein::forge
