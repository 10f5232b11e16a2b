// Which servers a run gets for the tools that its task names.
#include "runtime/tools/server_choice.hpp"

#include "tests/runtime/tools/tools_fixture.hpp"

namespace skein::tools {
namespace {

using nlohmann::json;

json tool(const std::string& name, const std::string& server,
          const std::string& version = "2.1.0") {
  json out = test::mcp_tool(name);
  out["spec"]["origin"]["server"] = server;
  out["spec"]["origin"]["version"] = version;
  out["spec"]["origin"]["command"] = {"/usr/bin/words"};
  return out;
}

registry registry_of(const std::vector<json>& documents, bool approved = true) {
  std::vector<schema::tool_descriptor> descriptors;
  std::vector<schema::tool_approval> approvals;
  for (const auto& each : documents) {
    descriptors.push_back(test::as_descriptor(each));
    if (approved) approvals.push_back(test::approval_of(descriptors.back()));
  }
  auto made = registry::make(std::move(descriptors), approvals, test::shipped_screen());
  EXPECT_TRUE(made) << made.error().message;
  return std::move(*made);
}

TEST(server_choice, no_named_tool_needs_no_server) {
  const auto chosen = servers_of(registry_of({tool("lookup", "words")}), {});
  ASSERT_TRUE(chosen);
  EXPECT_TRUE(chosen->empty());
}

TEST(server_choice, tools_of_one_server_share_it) {
  const auto from =
      registry_of({tool("lookup", "words"), tool("define", "words"), tool("draw", "art")});
  const auto chosen = servers_of(from, {"lookup", "draw", "define"});
  ASSERT_TRUE(chosen) << chosen.error().message;
  ASSERT_EQ(chosen->size(), 2U);
  EXPECT_EQ((*chosen)[0].origin.server, "art");
  EXPECT_EQ((*chosen)[1].tools, (std::vector<std::string>{"lookup", "define"}));
}

TEST(server_choice, T4_1_an_unknown_or_unapproved_tool_is_an_error_that_names_it) {
  auto chosen = servers_of(registry_of({}), {"lookup"});
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().code, errc::unsupported);
  EXPECT_NE(chosen.error().message.find("lookup"), std::string::npos);
  chosen = servers_of(registry_of({tool("lookup", "words")}, false), {"lookup"});
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().code, errc::refused);
}

TEST(server_choice, T4_2_two_descriptions_of_one_server_are_refused) {
  const auto from = registry_of({tool("lookup", "words"), tool("define", "words", "2.2.0")});
  const auto chosen = servers_of(from, {"lookup", "define"});
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().code, errc::invalid);
  EXPECT_TRUE(servers_of(from, {"lookup"}));
}

TEST(server_choice, T4_9_a_server_whose_list_cannot_be_read_loses_all_of_its_tools) {
  auto from = registry_of({tool("lookup", "words"), tool("draw", "art")});
  const auto told = from.distrust("words", "its list of tools cannot be read");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told.front().disabled, "lookup");
  EXPECT_FALSE(from.usable("lookup"));
  EXPECT_TRUE(from.usable("draw"));
}

TEST(server_choice, T4_3_what_a_servers_cell_gets_is_part_of_what_is_approved) {
  auto plain = tool("lookup", "words");
  const auto before = schema::digest_of(test::as_descriptor(plain));
  plain["spec"]["origin"]["repository"] = "none";
  plain["spec"]["origin"]["network"] = "none";
  EXPECT_EQ(schema::digest_of(test::as_descriptor(plain)), before);
  plain["spec"]["origin"]["repository"] = "read";
  const auto reading = schema::digest_of(test::as_descriptor(plain));
  EXPECT_NE(reading, before);
  plain["spec"]["origin"]["network"] = "granted";
  EXPECT_NE(schema::digest_of(test::as_descriptor(plain)), reading);
}

}  // namespace
}  // namespace skein::tools
