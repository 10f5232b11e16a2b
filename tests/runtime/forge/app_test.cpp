// A GitHub App's way to a token: a signed proof, the repository's installation, an hour at most.
#include "github_fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <filesystem>
#include <fstream>

namespace skein::forge {
namespace {

using json = nlohmann::json;

struct key_pair {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_RSA_gen(2048), &EVP_PKEY_free};
  [[nodiscard]] std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const long length = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(length)};
  }
};

std::string from_base64url(std::string text) {
  for (char& c : text) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  return github::from_base64(text).value();
}

class app_test : public github_test {
 protected:
  app_test() {
    settings.with.token = nullptr;
    settings.with.app = [this] { return result<app_identity>(app_identity{"12345", pair.pem()}); };
    hub.emplace(settings, client, *rates);
  }
  void push_token(const std::string& token, const std::string& expires) {
    push(200, {{"id", 77}});
    push(201, {{"token", token}, {"expires_at", expires}});
  }
  void push_repository() { push(200, {{"full_name", "acme/pay"}, {"default_branch", "main"}}); }

  key_pair pair;
};

TEST(app_token, is_signed_with_rs256_and_short_lived) {
  const key_pair pair;
  const auto made = app_token({"12345", pair.pem()}, 1'000'000);
  ASSERT_TRUE(made.has_value());
  const std::size_t first = made->find('.');
  const std::size_t second = made->rfind('.');
  const auto head = json::parse(from_base64url(made->substr(0, first)));
  const auto claims = json::parse(from_base64url(made->substr(first + 1, second - first - 1)));
  EXPECT_EQ(head["alg"], "RS256");
  EXPECT_EQ(claims["iss"], "12345");
  EXPECT_LT(claims["iat"].get<std::int64_t>(), 1'000'000);
  EXPECT_GT(claims["exp"].get<std::int64_t>(), 1'000'000);
  EXPECT_LE(claims["exp"].get<std::int64_t>() - claims["iat"].get<std::int64_t>(), 600);
  const std::string signature = from_base64url(made->substr(second + 1));
  const std::string text = made->substr(0, second);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> check(EVP_MD_CTX_new(),
                                                                      &EVP_MD_CTX_free);
  ASSERT_EQ(EVP_DigestVerifyInit(check.get(), nullptr, EVP_sha256(), nullptr, pair.key.get()), 1);
  EXPECT_EQ(EVP_DigestVerify(check.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                             signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                             text.size()),
            1);
}

TEST(app_token, a_key_that_is_none_is_refused_without_being_shown) {
  for (const std::string& bad : {std::string(), std::string("-----BEGIN PRIVATE KEY-----\nMIIB\n"),
                                 std::string("topsecret")}) {
    const auto made = app_token({"1", bad}, 0);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().message.find("topsecret"), std::string::npos);
  }
}

TEST_F(app_test, T7_a_token_is_scoped_to_the_repository_and_used_until_shortly_before_its_end) {
  push_token("ghs_one", "2023-11-14T23:13:20Z");  // an hour from now
  push_repository();
  push_repository();
  ASSERT_TRUE(hub->find_repository(pay, quick).done());
  now_ms += 50 * 60'000;
  ASSERT_TRUE(hub->find_repository(pay, quick).done());
  const auto asked = peer.requests();
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_EQ(asked[0].target, "/repos/acme/pay/installation");
  EXPECT_EQ(asked[1].target, "/app/installations/77/access_tokens");
  EXPECT_EQ(json::parse(asked[1].body)["repositories"], json::array({"pay"}));
  EXPECT_EQ(asked[2].header("authorization"), "Bearer ghs_one");
  EXPECT_EQ(asked[3].header("authorization"), "Bearer ghs_one");
  now_ms += 6 * 60'000;
  push_token("ghs_two", "2023-11-15T00:09:20Z");
  push_repository();
  ASSERT_TRUE(hub->find_repository(pay, quick).done());
  EXPECT_EQ(peer.requests().back().header("authorization"), "Bearer ghs_two");
}

TEST_F(app_test, a_token_of_one_repository_is_not_used_for_another) {
  push_token("ghs_one", "2023-11-14T23:13:20Z");
  push_repository();
  ASSERT_TRUE(hub->find_repository(pay, quick).done());
  push_token("ghs_two", "2023-11-14T23:13:20Z");
  push_repository();
  ASSERT_TRUE(hub->find_repository({"acme", "other"}, quick).done());
  EXPECT_EQ(peer.requests().back().header("authorization"), "Bearer ghs_two");
}

TEST_F(app_test, a_token_that_was_taken_back_is_replaced_once) {
  push_token("ghs_one", "2023-11-14T23:13:20Z");
  push_repository();
  ASSERT_TRUE(hub->find_repository(pay, quick).done());
  push(401, {{"message", "Bad credentials"}});
  push_token("ghs_two", "2023-11-14T23:13:20Z");
  push_repository();
  EXPECT_TRUE(hub->find_repository(pay, quick).done());
  push(401, {{"message", "Bad credentials"}});
  push_token("ghs_three", "2023-11-14T23:13:20Z");
  push(401, {{"message", "Bad credentials"}});
  const auto got = hub->find_repository(pay, quick);
  EXPECT_EQ(got.end, outcome::refused);
  EXPECT_EQ(got.status, 401);
}

TEST_F(app_test, without_an_installation_nothing_of_the_call_is_sent) {
  push(404, {{"message", "Not Found"}});
  const auto got = hub->create_pull_request(pay, wanted, quick);
  EXPECT_EQ(got.end, outcome::refused);
  EXPECT_NE(got.reason.find("installation"), std::string::npos);
  push(200, {{"id", 77}});
  push(500, {{"message", "x"}});
  // The call itself was not sent: that is certain, whatever became of the token.
  EXPECT_EQ(hub->create_pull_request(pay, wanted, quick).end, outcome::rate_limited);
}

TEST(secret, comes_from_the_environment_or_a_file_of_the_owner) {
  namespace fs = std::filesystem;
  std::string where = fs::temp_directory_path() / "skein-secret-XXXXXX";
  ASSERT_NE(::mkdtemp(where.data()), nullptr);
  const std::string file = where + "/token";
  std::ofstream(file) << "s3cret\n";
  ::chmod(file.c_str(), 0644);
  const auto open_to_all = read_secret("file:" + file);
  ASSERT_FALSE(open_to_all.has_value());
  EXPECT_EQ(open_to_all.error().code, errc::refused);
  ::chmod(file.c_str(), 0600);
  EXPECT_EQ(read_secret("file:" + file).value(), "s3cret");
  EXPECT_FALSE(read_secret("file:" + where).has_value());
  EXPECT_FALSE(read_secret("file:" + where + "/none").has_value());
  EXPECT_FALSE(read_secret("s3cret").has_value());
  EXPECT_EQ(read_secret("s3cret").error().message.find("s3cret"), std::string::npos);
  ::setenv("SKEIN_TEST_SECRET", " \n", 1);
  EXPECT_FALSE(read_secret("env:SKEIN_TEST_SECRET").has_value());
  ::setenv("SKEIN_TEST_SECRET", "t", 1);
  EXPECT_EQ(read_secret("env:SKEIN_TEST_SECRET").value(), "t");
  ::unsetenv("SKEIN_TEST_SECRET");
  EXPECT_FALSE(read_secret("env:SKEIN_TEST_SECRET").has_value());
  fs::remove_all(where);
}

}  // namespace
}  // namespace skein::forge
