// Usage, prices, errors of providers and where keys come from.
#include "runtime/model/failure_reading.hpp"
#include "runtime/model/prices.hpp"
#include "runtime/model/provider_settings.hpp"
#include "runtime/model/usage_reading.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace skein::model {
namespace {

TEST(model_usage, believes_what_can_be_true) {
  const usage got = judge_usage({100, 50, 20, std::nullopt}, {600, 200, 1000});
  EXPECT_EQ(got, (usage{100, 50, 20, 0, true}));
}

TEST(model_usage, estimates_what_is_missing_or_cannot_be_true) {
  const passed_bytes passed{60'000, 9'000, 1000};
  const std::vector<reported_usage> lies{
      {},
      {100, std::nullopt, {}, {}},
      {std::nullopt, 50, {}, {}},
      {0, 0, {}, {}},
      {1, 500, {}, {}},
      {20'000, 0, {}, {}},
      {20'000, 1, {}, {}},
      {900'000'000, 500, {}, {}},
      {20'000, 900'000'000, {}, {}},
      {100, 500, 900'000'000, {}},
  };
  for (const reported_usage& one : lies) {
    std::string why;
    const usage got = judge_usage(one, passed, &why);
    EXPECT_FALSE(got.reported);
    EXPECT_EQ(got.input, 20'001U);
    EXPECT_EQ(got.output, 3'001U);
    EXPECT_FALSE(why.empty());
  }
  EXPECT_GT(judge_usage({}, {0, 0, 0}).total(), 0U);
}

TEST(model_usage, a_count_is_a_whole_number) {
  reported_usage counted;
  read_usage(wire::openai_chat,
             nlohmann::json::parse(R"({"usage":{"prompt_tokens":-5,"completion_tokens":1.5}})"),
             counted);
  EXPECT_FALSE(counted.input);
  EXPECT_FALSE(counted.output);
  read_usage(wire::anthropic,
             nlohmann::json::parse(
                 R"({"usage":{"input_tokens":"7","output_tokens":18446744073709551615}})"),
             counted);
  EXPECT_FALSE(counted.input);
  EXPECT_FALSE(counted.output);
}

TEST(model_prices, the_shipped_table_reads) {
  const auto found = price_table::shipped().find("claude-sonnet-4-5-20250929");
  ASSERT_TRUE(found.known);
  EXPECT_DOUBLE_EQ(found.value.usd({1'000'000, 0, 0, 0, true}), 3);
  EXPECT_DOUBLE_EQ(found.value.usd({0, 1'000'000, 0, 0, true}), 15);
  EXPECT_TRUE(price_table::shipped().find("gpt-5-2025-08-07").known);
  EXPECT_DOUBLE_EQ(price_table::shipped().find("gpt-5-mini").value.output, 2);
}

TEST(model_prices, T9_an_unknown_model_costs_as_much_as_the_dearest) {
  const auto found = price_table::shipped().find("gpt-5-superb");
  EXPECT_FALSE(found.known);
  EXPECT_GE(found.value.input, 15);
  EXPECT_GE(found.value.output, 75);
  EXPECT_GT(price_table{}.find("x").value.output, 0);
}

TEST(model_prices, a_wrong_table_is_refused_with_its_place) {
  const std::string head = "apiVersion: skein/v1\nkind: ModelPrices\nmodels:\n";
  EXPECT_TRUE(price_table::read(head + "  a: {input: 1, output: 2}\n", "f"));
  for (const std::string bad :
       {"  a: {input: 1}\n", "  a: {input: -1, output: 2}\n", "  a: {input: x, output: 2}\n",
        "  a: {input: 1, output: 2, other: 3}\n", "  a: 5\n", "  a: {input: 1, output: .inf}\n"}) {
    const auto read = price_table::read(head + bad, "prices.yaml");
    ASSERT_FALSE(read) << bad;
    EXPECT_TRUE(read.error().message.starts_with("prices.yaml:4:")) << read.error().message;
  }
}

struct error_case {
  int status;
  const char* body;
  failure_kind kind;
};

TEST(model_failure, F9_tells_the_errors_of_providers_apart) {
  const std::vector<error_case> cases{
      {529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
       failure_kind::overloaded},
      {429, R"({"type":"error","error":{"type":"rate_limit_error","message":"Number of tokens"}})",
       failure_kind::rate_limited},
      {400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}})",
       failure_kind::context_length},
      {400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}})",
       failure_kind::quota},
      {400, R"({"error":{"code":"context_length_exceeded","message":"This model's maximum"}})",
       failure_kind::context_length},
      {429, R"({"error":{"code":"insufficient_quota","message":"You exceeded your quota"}})",
       failure_kind::quota},
      {429, R"({"error":{"code":"rate_limit_exceeded","message":"Rate limit reached"}})",
       failure_kind::rate_limited},
      {401, R"({"error":{"code":"invalid_api_key","message":"Incorrect API key"}})",
       failure_kind::authentication},
      {404, R"({"error":{"code":"model_not_found","message":"no such model"}})",
       failure_kind::invalid_request},
      {400, R"({"error":"flat text"})", failure_kind::invalid_request},
      {500, "<html>oops</html>", failure_kind::overloaded},
      {502, "", failure_kind::overloaded},
      {503, "{", failure_kind::overloaded},
      {413, "", failure_kind::context_length},
      {302, "", failure_kind::redirected},
      {418, "", failure_kind::invalid_request},
  };
  for (const error_case& one : cases)
    EXPECT_EQ(read_error_reply(one.status, one.body).kind, one.kind) << one.status << one.body;
}

TEST(model_failure, honours_every_form_of_retry_after) {
  const auto with = [](std::vector<http::header> headers) {
    http::reply head;
    head.headers = std::move(headers);
    return retry_after(head);
  };
  using std::chrono::milliseconds;
  EXPECT_EQ(with({{"Retry-After", "3"}}), milliseconds(3000));
  EXPECT_EQ(with({{"retry-after", "0.5"}}), milliseconds(500));
  EXPECT_EQ(with({{"retry-after", "9"}, {"retry-after-ms", "20"}}), milliseconds(20));
  EXPECT_EQ(with({{"Date", "Wed, 21 Oct 2026 07:28:00 GMT"},
                  {"Retry-After", "Wed, 21 Oct 2026 07:28:30 GMT"}}),
            milliseconds(30'000));
  for (const std::string bad : {"-1", "soon", "1e99", "nan", "", "3 s"})
    EXPECT_FALSE(with({{"Retry-After", bad}})) << bad;
}

TEST(model_failure, T1_5_no_part_of_the_key_is_shown) {
  const std::string key = "sk-ant-api03-ABCDEFGHIJKLMNOP";
  const std::string said = safe_text(
      "Incorrect key provided: sk-ant-api03-ABCDEFGHIJKLMNOP, or 'ABCDEFGHIJ'\x1b[31m\n", key);
  EXPECT_EQ(said.find("ABCDEFGH"), std::string::npos) << said;
  EXPECT_NE(said.find("Incorrect"), std::string::npos);
  EXPECT_EQ(said.find('\x1b'), std::string::npos);
  EXPECT_LE(safe_text(std::string(100'000, 'x'), key).size(), 400U);
  std::string text = "a " + key + " b " + key;
  blot(text, key);
  EXPECT_EQ(text, "a [key] b [key]");
}

TEST(model_settings, reads_keys_from_their_sources) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("skein-keys-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "key") << "from-file\nmore\n";
  std::ofstream(folder / "empty") << "\n";
  const environment_fn env = [&](const std::string& name) -> std::optional<std::string> {
    if (name == "KEY") return "from-env";
    if (name == "BAD") return "a b";
    if (name == "CREDENTIALS_DIRECTORY") return folder.string();
    return std::nullopt;
  };
  const auto read = [&](key_from from, const std::string& name) {
    provider_settings one;
    one.name = "p";
    one.key = {from, name};
    return read_key(one, env);
  };
  EXPECT_EQ(*read(key_from::env, "KEY"), "from-env");
  EXPECT_EQ(*read(key_from::file, (folder / "key").string()), "from-file");
  EXPECT_EQ(*read(key_from::credential, "key"), "from-file");
  EXPECT_EQ(*read(key_from::nowhere, ""), "");
  EXPECT_EQ(read(key_from::env, "NONE").error().code, errc::not_found);
  EXPECT_EQ(read(key_from::env, "BAD").error().code, errc::invalid);
  EXPECT_EQ(read(key_from::file, (folder / "none").string()).error().code, errc::not_found);
  EXPECT_EQ(read(key_from::file, (folder / "empty").string()).error().code, errc::invalid);
  EXPECT_EQ(read(key_from::credential, "../key").error().code, errc::invalid);
  std::filesystem::remove_all(folder);
}

TEST(model_settings, two_providers_are_built_in) {
  const auto all = built_in_providers([](const std::string& name) -> std::optional<std::string> {
    if (name == "OPENAI_BASE_URL") return "http://127.0.0.1:1/v1";
    return std::nullopt;
  });
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].base_url, "https://api.anthropic.com");
  EXPECT_EQ(all[1].base_url, "http://127.0.0.1:1/v1");
}

}  // namespace
}  // namespace skein::model
