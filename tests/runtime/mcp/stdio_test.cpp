// Real programs over pipes: small shell scripts that play a server.
#include "mcp_fixture.hpp"

#include "runtime/mcp/stdio_transport.hpp"

#include <filesystem>
#include <fstream>

namespace skein::mcp {
namespace {

// Requests of the client have the numbers 1, 2, 3 in these tests.
const std::string greet = R"(read line; printf '%s\n' '{"jsonrpc":"2.0","id":1,"result":)"
                          R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},)"
                          R"("serverInfo":{"name":"sh","version":"1"}}}'; read line; )";
const std::string answer = R"(printf '%s\n' '{"jsonrpc":"2.0","id":2,"result":)"
                           R"({"content":[{"type":"text","text":"hello"}]}}'; )";

class mcp_stdio : public mcp_test {
 protected:
  opened run(const std::string& script, stdio_options options = {}, session_options with = {}) {
    return open_over(
        over_stdio(loop, on_host({{"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin"}, ""}), options),
        std::move(with));
  }
  static void close(session& one) {
    awaited<result<>> waiting;
    one.close([callback = waiting.callback()] { callback({}); });
    EXPECT_TRUE(waiting.get());
  }
};

TEST_F(mcp_stdio, calls_a_tool_and_ends_with_the_end_of_input) {
  const auto opened = run(greet + "echo noise; echo; read line; echo aside >&2; " + answer +
                          "while read line; do :; done");
  ASSERT_TRUE(opened) << opened.error().message;
  const auto outcome = call(**opened, "any");
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->content[0]["text"], "hello");
  close(**opened);
  awaited<result<std::string>> log;
  (*opened)->read_log([callback = log.callback()](std::string text) { callback(text); });
  EXPECT_EQ(*log.get(), "aside\n");
}

TEST_F(mcp_stdio, says_how_a_server_died_in_the_middle_of_a_call_F10) {
  for (const auto& [end, how] : std::vector<std::pair<std::string, std::string>>{
           {"exit 3", "exited with status 3"}, {"kill -9 $$", "was ended by signal 9"}}) {
    const auto opened = run(greet + "read line; " + end);
    ASSERT_TRUE(opened) << opened.error().message;
    const auto outcome = call(**opened, "any");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::unavailable);
    EXPECT_NE(outcome.error().message.find(how), std::string::npos) << outcome.error().message;
  }
}

TEST_F(mcp_stdio, does_not_wait_for_what_a_dead_server_left_behind) {
  stdio_options options;
  options.grace = 50ms;
  const auto opened = run(greet + "read line; sleep 1000 & exit 0", options);
  ASSERT_TRUE(opened);
  EXPECT_EQ(call(**opened, "any").error().code, errc::unavailable);
}

TEST_F(mcp_stdio, gives_up_on_a_server_that_closes_its_output) {
  stdio_options options;
  options.grace = 50ms;
  const auto opened = run(greet + "read line; exec >&-; while read line; do :; done", options);
  ASSERT_TRUE(opened);
  const auto outcome = call(**opened, "any");
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("closed its output"), std::string::npos);
}

TEST_F(mcp_stdio, kills_a_server_that_does_not_go) {
  stdio_options options;
  options.grace = 50ms;
  const auto file =
      std::filesystem::temp_directory_path() / ("mcp-stdio-" + std::to_string(::getpid()));
  const auto opened = run("trap '' TERM; " + greet + "echo $$ > " + file.string() +
                              "; read line; " + answer + "while :; do sleep 1000; done",
                          options);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(call(**opened, "any"));
  close(**opened);
  pid_t pid = 0;
  std::ifstream(file) >> pid;
  std::filesystem::remove(file);
  ASSERT_GT(pid, 1);
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(mcp_stdio, gives_up_on_a_huge_line_T5) {
  stdio_options options;
  options.longest_line = 100'000;
  const auto opened =
      run(greet + "read line; head -c 300000 /dev/zero | tr '\\0' x; read line", options);
  ASSERT_TRUE(opened);
  const auto outcome = call(**opened, "any");
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("100000 bytes"), std::string::npos);
}

TEST_F(mcp_stdio, gives_up_on_output_without_end) {
  session_options options;
  options.limits.unasked = 10'000;
  const auto opened = run(greet + "read line; yes ''", {}, options);
  ASSERT_TRUE(opened);
  EXPECT_EQ(call(**opened, "any").error().code, errc::unavailable);
}

TEST_F(mcp_stdio, bounds_what_a_server_does_not_read) {
  stdio_options options;
  options.most_queued = 200'000;
  const auto opened = run(greet + "exec sleep 1000", options);
  ASSERT_TRUE(opened);
  const json large{{"text", std::string(150'000, 'x')}};
  std::vector<awaited<result<tool_outcome>>> waiting(3);
  for (auto& each : waiting) (*opened)->call_tool("any", large, {}, each.callback());
  EXPECT_EQ(waiting[1].get().error().code, errc::unavailable);
  EXPECT_EQ(waiting[2].get().error().code, errc::unavailable);
  close(**opened);
  EXPECT_EQ(waiting[0].get().error().code, errc::cancelled);
}

TEST_F(mcp_stdio, keeps_the_end_of_the_log_only) {
  stdio_options options;
  options.kept_log = 100;
  const auto opened = run(
      greet + "yes 2>&- | head -c 1000000 >&2; echo last >&2; read line; " + answer + "read line",
      options);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(call(**opened, "any"));
  close(**opened);
  awaited<result<std::string>> log;
  (*opened)->read_log([callback = log.callback()](std::string text) { callback(text); });
  const auto text = log.get();
  EXPECT_LE(text->size(), 100u);
  EXPECT_TRUE(text->ends_with("last\n"));
}

TEST_F(mcp_stdio, says_when_there_is_no_such_program) {
  const auto opened = open_over(over_stdio(loop, on_host({{"no-such-server"}, {}, ""})));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::not_found);
  EXPECT_FALSE(open_over(over_stdio(loop, on_host({{}, {}, ""}))));
  EXPECT_FALSE(run("exit 1"));
}

TEST_F(mcp_stdio, the_last_reference_ends_the_server) {
  const auto over = over_stdio(
      loop, on_host({{"/bin/sh", "-c", greet + "read line; exit"}, {"PATH=/usr/bin:/bin"}, ""}));
  const std::weak_ptr<transport> watched = over;
  auto opened = open_over(over);
  ASSERT_TRUE(opened);
  awaited<result<tool_outcome>> waiting;
  (*opened)->call_tool("any", json::object(), {}, waiting.callback());
  opened->reset();
  EXPECT_FALSE(waiting.get());
}

}  // namespace
}  // namespace skein::mcp
