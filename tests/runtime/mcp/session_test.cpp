// The conversation with servers that behave.
#include "mcp_fixture.hpp"

namespace skein::mcp {
namespace {

TEST_F(mcp_test, shakes_hands_in_order) {
  const auto opened = open(polite([](auto&, const json&) {}));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ((*opened)->server().name, "scripted");
  EXPECT_EQ((*opened)->server().version, "1.2.3");
  on_loop([&] {
    ASSERT_EQ(server->sent().size(), 2u);
    const json& first = server->sent()[0];
    EXPECT_EQ(first["method"], "initialize");
    EXPECT_EQ(first["params"]["protocolVersion"], "2025-11-25");
    EXPECT_EQ(first["params"]["capabilities"], json::object());
    EXPECT_EQ(server->sent()[1]["method"], "notifications/initialized");
    EXPECT_FALSE(server->sent()[1].contains("id"));
    EXPECT_EQ(server->revision_name, "2025-11-25");
    EXPECT_EQ(server->listened, 1);
  });
}

TEST_F(mcp_test, accepts_the_older_revision_and_refuses_others) {
  for (const auto& [chosen, taken] : std::vector<std::pair<std::string, bool>>{
           {"2025-06-18", true}, {"2025-03-26", false}, {"2026-07-28", false}, {"", false}}) {
    const auto opened = open([&, version = chosen](scripted_transport& peer, const json& message) {
      if (message.value("method", "") == "initialize") peer.reply(message, greeting(version));
    });
    EXPECT_EQ(opened.has_value(), taken) << chosen;
    if (!taken) {
      EXPECT_EQ(opened.error().code, errc::unsupported);
      EXPECT_NE(opened.error().message.find("mcp server tested"), std::string::npos);
      on_loop([&] { EXPECT_EQ(server->count("notifications/initialized"), 0u); });
    }
  }
}

TEST_F(mcp_test, refuses_broken_handshakes) {
  for (const char* answer :
       {"[]", "{}", R"({"protocolVersion":7})", R"({"protocolVersion":"2025-11-25"})",
        R"({"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{}})",
        R"({"protocolVersion":"2025-11-25","serverInfo":{"name":"x","version":"1"}})",
        R"({"protocolVersion":"2025-11-25","capabilities":[],"serverInfo":{"name":"x"}})"}) {
    const auto opened = open([&](scripted_transport& peer, const json& message) {
      peer.reply(message, json::parse(answer));
    });
    EXPECT_FALSE(opened) << answer;
  }
}

TEST_F(mcp_test, lists_every_page) {
  const auto opened = open(polite([](scripted_transport& peer, const json& message) {
    const std::string cursor = message["params"].value("cursor", "");
    json page{{"tools", {tool("tool" + cursor)}}};
    if (cursor.size() < 3) page["nextCursor"] = cursor + "x";
    peer.reply(message, page);
  }));
  ASSERT_TRUE(opened);
  const auto all = list(**opened);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->tools.size(), 4u);
  EXPECT_EQ(all->tools[3]["name"], "toolxxx");
  EXPECT_EQ(all->server_version, "1.2.3");
}

TEST_F(mcp_test, tells_the_two_kinds_of_errors_apart) {
  const auto opened = open(polite([](scripted_transport& peer, const json& message) {
    const std::string name = message["params"]["name"];
    if (name == "rejected") {
      peer.say(json{{"jsonrpc", "2.0"},
                    {"id", message["id"]},
                    {"error", {{"code", -32602}, {"message", "no such\ntool"}}}}
                   .dump());
    } else {
      peer.reply(message, {{"content", {{{"type", "text"}, {"text", name}}}},
                           {"isError", name == "failed"}});
    }
  }));
  ASSERT_TRUE(opened);
  const auto answered = call(**opened, "fine");
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->how, tool_outcome::end::answered);
  EXPECT_EQ(answered->content[0]["text"], "fine");
  EXPECT_EQ(call(**opened, "failed")->how, tool_outcome::end::failed);
  const auto rejected = call(**opened, "rejected");
  ASSERT_TRUE(rejected);
  EXPECT_EQ(rejected->how, tool_outcome::end::rejected);
  EXPECT_EQ(rejected->code, -32602);
  EXPECT_EQ(rejected->message.find('\n'), std::string::npos);
}

TEST_F(mcp_test, matches_replies_that_come_out_of_order) {
  const auto held = std::make_shared<std::vector<json>>();
  const auto opened = open(polite([held](scripted_transport& peer, const json& message) {
    held->push_back(message);
    if (held->size() < 5) return;
    for (auto each = held->rbegin(); each != held->rend(); ++each) {
      peer.reply(*each,
                 {{"content",
                   {{{"type", "text"}, {"text", (*each)["params"]["arguments"]["n"].dump()}}}}});
    }
  }));
  ASSERT_TRUE(opened);
  std::vector<awaited<result<tool_outcome>>> waiting(5);
  for (int n = 0; n < 5; ++n) {
    (*opened)->call_tool("echo", {{"n", n}}, {}, waiting[static_cast<std::size_t>(n)].callback());
  }
  for (int n = 0; n < 5; ++n) {
    const auto outcome = waiting[static_cast<std::size_t>(n)].get();
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->content[0]["text"], std::to_string(n));
  }
}

TEST_F(mcp_test, checks_structured_content_against_the_output_schema_C3) {
  json promising = tool("promising");
  promising["outputSchema"] = {
      {"type", "object"}, {"properties", {{"n", {{"type", "integer"}}}}}, {"required", {"n"}}};
  const auto opened = open(polite([&](scripted_transport& peer, const json& message) {
    if (message["method"] == "tools/list") return peer.reply(message, {{"tools", {promising}}});
    json answer{{"content", json::array()}};
    const json& structured = message["params"]["arguments"]["say"];
    if (!structured.is_null()) answer["structuredContent"] = structured;
    if (message["params"]["arguments"].contains("fail")) answer["isError"] = true;
    peer.reply(message, answer);
  }));
  ASSERT_TRUE(opened);
  ASSERT_TRUE(list(**opened));
  const auto good = call(**opened, "promising", {{"say", {{"n", 4}}}});
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ((*good->structured)["n"], 4);
  EXPECT_EQ(call(**opened, "promising", {{"say", {{"n", "4"}}}}).error().code, errc::corrupt);
  EXPECT_EQ(call(**opened, "promising", {{"say", nullptr}}).error().code, errc::corrupt);
  EXPECT_EQ(call(**opened, "promising", {{"say", {1, 2}}}).error().code, errc::corrupt);
  EXPECT_EQ(call(**opened, "promising", {{"say", nullptr}, {"fail", 1}})->how,
            tool_outcome::end::failed);
  // What was approved counts, whatever the server's list says.
  call_options approved;
  approved.output = *tools::argument_schema::compile({{"required", {"m"}}});
  EXPECT_EQ(call(**opened, "promising", {{"say", {{"n", 4}}}}, approved).error().code,
            errc::corrupt);
}

TEST_F(mcp_test, does_not_call_a_tool_whose_promise_cannot_be_checked) {
  json odd = tool("odd");
  odd["outputSchema"] = {{"$ref", "https://elsewhere.example/schema.json"}};
  const auto opened = open(polite([&](scripted_transport& peer, const json& message) {
    if (message["method"] == "tools/list") peer.reply(message, {{"tools", {odd}}});
  }));
  ASSERT_TRUE(opened);
  ASSERT_TRUE(list(**opened));
  EXPECT_EQ(call(**opened, "odd").error().code, errc::unsupported);
  on_loop([&] { EXPECT_EQ(server->count("tools/call"), 0u); });
}

TEST_F(mcp_test, answers_ping_and_refuses_what_it_did_not_declare) {
  const auto opened = open(polite([](scripted_transport& peer, const json& message) {
    if (message.value("method", "") != "ping") return;
    peer.say(R"({"jsonrpc":"2.0","id":"p","method":"ping"})");
    for (const char* method : {"sampling/createMessage", "elicitation/create", "roots/list", "x"}) {
      peer.say(json{{"jsonrpc", "2.0"}, {"id", 70}, {"method", method}}.dump());
    }
    peer.reply(message, json::object());
  }));
  ASSERT_TRUE(opened);
  ASSERT_TRUE(ping(**opened));
  on_loop([&] {
    ASSERT_EQ(server->sent().size(), 8u);
    EXPECT_EQ(server->sent()[3],
              json({{"jsonrpc", "2.0"}, {"id", "p"}, {"result", json::object()}}));
    for (std::size_t at = 4; at < 8; ++at) {
      EXPECT_EQ(server->sent()[at]["id"], 70);
      EXPECT_EQ(server->sent()[at]["error"]["code"], -32601);
    }
  });
}

TEST_F(mcp_test, elicits_only_where_a_caller_answers) {
  session_options options;
  options.elicit = [](const json&) { return json{{"action", "decline"}}; };
  const auto opened = open(polite([](scripted_transport& peer, const json& message) {
                             if (message.value("method", "") != "ping") return;
                             peer.say(R"({"jsonrpc":"2.0","id":1,"method":"elicitation/create"})");
                             peer.reply(message, json::object());
                           }),
                           options);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(ping(**opened));
  on_loop([&] {
    EXPECT_TRUE(server->sent()[0]["params"]["capabilities"].contains("elicitation"));
    EXPECT_EQ(server->sent().back()["result"]["action"], "decline");
  });
}

TEST_F(mcp_test, renews_a_forgotten_session_once_for_each_request) {
  const auto opened = open(polite([](scripted_transport& peer, const json& message) {
    if (message.contains("id")) peer.reply(message, {{"content", json::array()}});
  }));
  ASSERT_TRUE(opened);
  const error forgotten{errc::stale, "the session is forgotten", ""};
  on_loop([&] { server->fail_next = forgotten; });
  EXPECT_TRUE(call(**opened, "any"));
  on_loop([&] {
    EXPECT_EQ(server->count("initialize"), 2u);
    EXPECT_EQ(server->count("notifications/initialized"), 2u);
    EXPECT_EQ(server->count("tools/call"), 2u);
  });
}

TEST_F(mcp_test, ends_a_session_whose_server_became_another_one) {
  const auto greetings = std::make_shared<int>(0);
  const auto opened = open([greetings](scripted_transport& peer, const json& message) {
    json answer = greeting();
    if (++*greetings > 2) answer["serverInfo"]["version"] = "6.6.6";
    if (message.contains("id")) peer.reply(message, answer);
  });
  ASSERT_TRUE(opened);
  on_loop([&] { server->fail_next = error{errc::stale, "the session is forgotten", ""}; });
  const auto outcome = call(**opened, "any");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, errc::conflict);
}

TEST_F(mcp_test, ends_what_is_pending_when_closed) {
  const auto opened = open(polite([](scripted_transport&, const json&) {}));
  ASSERT_TRUE(opened);
  awaited<result<tool_outcome>> waiting;
  (*opened)->call_tool("any", json::object(), {}, waiting.callback());
  (*opened)->close();
  EXPECT_EQ(waiting.get().error().code, errc::cancelled);
  EXPECT_EQ(call(**opened, "any").error().code, errc::unavailable);
}

}  // namespace
}  // namespace skein::mcp
