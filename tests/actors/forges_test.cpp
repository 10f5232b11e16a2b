// Forges as skein.yaml describes them: kind local, and where webhook secrets come from.
#include "actors/forges.hpp"

#include "tests/support/http_peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace skein::actors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class forges_test : public ::testing::Test {
 protected:
  forges_test() {
    auto name = (std::filesystem::temp_directory_path() / "skein-forges-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~forges_test() override { std::filesystem::remove_all(directory_); }
  void sh(const std::string& line) const {
    const auto full = "cd '" + directory_.string() +
                      "' && export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=t "
                      "GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t && (" +
                      line + ") >log 2>&1";
    ASSERT_EQ(std::system(full.c_str()), 0) << line;
  }
  result<forge_sources> opened() {
    return open_forges(
        config_, {[this](const std::string& name) -> std::optional<std::string> {
                    const auto found = environment_.find(name);
                    if (found == environment_.end()) return std::nullopt;
                    return found->second;
                  },
                  pool_, [] { return std::int64_t{1'700'000'000'000}; }, directory_ / "kept"});
  }

  std::filesystem::path directory_;
  process::blocking_pool pool_{1};
  schema::config config_;
  std::map<std::string, std::string> environment_;
  forge::call_limits limits_{std::chrono::seconds{10}, {}};
};

TEST_F(forges_test, a_local_forge_keeps_the_whole_life_of_a_pull_request) {
  sh("git init -q --bare -b main srv/acme/pay.git && git init -q -b main w && cd w && mkdir "
     ".github "
     "&& echo '* @alice' > .github/CODEOWNERS && git add . && git commit -qm base && git push -q "
     "../srv/acme/pay.git main main:skein/x");
  auto& here = config_.forges["here"];
  here.kind = "local";
  here.repositories = (directory_ / "srv").string() + "/";
  here.directory = (directory_ / "reviews").string();
  const auto forges = opened();
  ASSERT_TRUE(forges) << forges.error().message;
  const auto place = forges->of((directory_ / "srv/acme/pay.git").string());
  ASSERT_TRUE(place);
  const forge::repository_name pay{"acme", "pay"};
  auto& at = *place->at;
  EXPECT_EQ(at.find_repository(pay, limits_).value->default_branch, "main");
  EXPECT_THAT(**at.read_file(pay, ".github/CODEOWNERS", "main", 1000, limits_).value,
              HasSubstr("@alice"));
  EXPECT_FALSE(*at.read_file(pay, "none", "main", 1000, limits_).value);
  const auto made = at.create_pull_request(pay, {"t", "b", "skein/x", "main", false}, limits_);
  ASSERT_TRUE(made.done()) << made.reason;
  EXPECT_FALSE(at.create_pull_request(pay, {"t", "b", "skein/y", "main", false}, limits_).done());
  EXPECT_EQ(at.git_secret(pay, limits_).value, "");
  EXPECT_TRUE(at.close_pull_request(pay, made.value->number, limits_).done());
  EXPECT_TRUE(at.delete_branch(pay, "skein/x", made.value->head_commit, limits_).done());
  EXPECT_FALSE(at.create_pull_request(pay, {"t", "b", "skein/x", "main", false}, limits_).done());
}

TEST_F(forges_test, a_local_forge_without_a_directory_is_told_what_is_missing) {
  auto& here = config_.forges["here"];
  here.kind = "local";
  here.repositories = "https://git.example.org/";
  const auto forges = opened();
  ASSERT_FALSE(forges);
  EXPECT_THAT(forges.error().message, HasSubstr("here"));
  EXPECT_THAT(forges.error().remedy, HasSubstr("forges.here.directory"));
}

TEST_F(forges_test, webhook_secrets_are_read_anew_and_are_held) {
  auto& here = config_.forges["here"];
  here.kind = "local";
  here.repositories = "/srv/";
  here.directory = (directory_ / "reviews").string();
  here.webhook_secret.env = "HOOK";
  here.webhook_old_secret.env = "OLD_HOOK";
  environment_["HOOK"] = "one";
  environment_["OLD_HOOK"] = "zero";
  const auto forges = opened();
  ASSERT_TRUE(forges);
  ASSERT_EQ(forges->held.size(), 2U);
  EXPECT_EQ(forges->held[0].value, "one");
  const auto place = forges->named("here");
  EXPECT_THAT(place->webhook_secrets(), ElementsAre("one", "zero"));
  environment_["HOOK"] = "two";
  EXPECT_THAT(place->webhook_secrets(), ElementsAre("two", "zero"));
  environment_.erase("HOOK");
  EXPECT_THAT(place->webhook_secrets(), IsEmpty()) << "then nothing is taken";
}

TEST_F(forges_test, T7_an_app_gets_git_a_token_for_the_one_repository) {
  {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_RSA_gen(2048),
                                                                  &EVP_PKEY_free};
    const auto file = (directory_ / "app.pem").string();
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new_file(file.c_str(), "w"), &BIO_free);
    PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }
  std::filesystem::permissions(directory_ / "app.pem", std::filesystem::perms{0600});
  skein::test::http_peer peer;
  for (const char* body :
       {R"({"id":77})", R"({"token":"ghs_one","expires_at":"2023-11-14T23:13:20Z"})"}) {
    skein::test::peer_reply reply;
    reply.headers = {{"Content-Type", "application/json"}};
    reply.body = body;
    peer.push(std::move(reply));
  }
  auto& work = config_.forges["work"];
  work.repositories = "http://127.0.0.1:1/git/";
  work.api_url = peer.url();
  work.app_id = "12345";
  work.app_key_file = (directory_ / "app.pem").string();
  const auto forges = opened();
  ASSERT_TRUE(forges) << forges.error().message;
  const auto where = git::parse_location("http://127.0.0.1:1/git/acme/pay.git");
  const auto known = with_login(*forges->of(where->url), *where);
  ASSERT_TRUE(known) << known.error().message;
  ASSERT_TRUE(known->as);
  EXPECT_EQ(known->as->secret, "ghs_one");
  const auto asked = peer.requests();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(asked[1].target, "/app/installations/77/access_tokens");
  EXPECT_THAT(asked[1].body, HasSubstr("\"repositories\":[\"pay\"]"));
}

TEST_F(forges_test, requests_are_counted_over_a_restart) {
  auto& work = config_.forges["work"];
  work.repositories = "https://git.example.org/";
  work.token_env = "TOKEN";
  work.writes_per_hour = 3;
  environment_["TOKEN"] = "t";
  const std::int64_t now = 1'700'000'000'000;
  for (int i = 0; i < 3; ++i) {
    const auto forges = opened();
    ASSERT_TRUE(forges) << forges.error().message;
    EXPECT_TRUE(forges->named("work")->rates->take(forge::request_kind::content, now + i * 2000));
  }
  EXPECT_FALSE(opened()->named("work")->rates->take(forge::request_kind::content, now + 9000));
}

}  // namespace
}  // namespace skein::actors
