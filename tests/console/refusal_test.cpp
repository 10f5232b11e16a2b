// Who is not let in, and what they are told.
#include "tests/console/running_console.hpp"

#include <gmock/gmock.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <fstream>
#include <thread>

namespace skein::console {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
namespace asio = boost::asio;

class refusal_test : public test::running_console {
 protected:
  /// Does not let `with` in, and says why.
  error refused(const credentials& with, link_options options = {}) {
    auto link = connect(with, std::move(options));
    EXPECT_FALSE(link);
    return link ? error{} : link.error();
  }
};

TEST_F(refusal_test, S5AnotherAuthority) {
  const auto good = somebody("ann", role::admin);
  const auto other = make_authority("other", now_ms_, days{2});
  ASSERT_TRUE(other);
  auto own = issue(*other, "ann", purpose::client, now_ms_ - 1000, now_ms_ + 3'600'000);
  ASSERT_TRUE(own);
  auto forged = good;
  forged.own = *own;
  const auto failed = refused(forged);
  EXPECT_EQ(failed.code, errc::unauthorised);
  EXPECT_THAT(failed.message, HasSubstr("does not know the authority"));
  auto deceived = good;
  deceived.authority = other->certificate;
  const auto wary = refused(deceived);
  EXPECT_EQ(wary.code, errc::unauthorised);
  EXPECT_THAT(wary.message, HasSubstr("not of the fleet"));
}

TEST_F(refusal_test, S5ServersCertificateIsNoClients) {
  auto with = somebody("ann", role::admin);
  auto keys = files().open("owner", now_ms_);
  ASSERT_TRUE(keys);
  with.own = keys->server;
  EXPECT_EQ(refused(with).code, errc::unauthorised);
}

TEST_F(refusal_test, S5ExpiredCertificate) {
  auto made = files().add({"late", role::admin, {}, "owner", now_ms_ - 1000}, now_ms_);
  ASSERT_TRUE(made);
  const auto failed = refused(*made);
  EXPECT_EQ(failed.code, errc::unauthorised);
  EXPECT_THAT(failed.message, HasSubstr("expired"));
  EXPECT_EQ(check_validity(*made, now_ms_).error().code, errc::unauthorised);
}

TEST_F(refusal_test, S5RevokedWhileConnected) {
  const auto with = somebody("ann", role::operating);
  auto link = connect(with);
  ASSERT_TRUE(link) << link.error().message;
  ASSERT_TRUE((*link)->order("set_switch", "{}", 10s));
  ASSERT_TRUE(files().revoke("ann", "owner", now_ms_));
  const auto after = (*link)->order("set_switch", "{}", 10s);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, errc::unauthorised) << after.error().message;
  EXPECT_EQ(desk_.orders().size(), 1U);
  const auto again = refused(with);
  EXPECT_EQ(again.code, errc::unauthorised);
  EXPECT_THAT(again.message, HasSubstr("revoked"));
}

TEST_F(refusal_test, S5RotatedCredentialsReplaceTheOld) {
  const auto old = somebody("ann", role::viewer);
  const auto fresh = files().rotate("ann", "owner", now_ms_ + 3'600'000, now_ms_);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(refused(old).code, errc::unauthorised);
  // A new certificate does not make the old token good.
  auto mixed = *fresh;
  mixed.token = old.token;
  EXPECT_EQ(refused(mixed).code, errc::unauthorised);
  EXPECT_TRUE(connect(*fresh));
}

TEST_F(refusal_test, S5GuessedTokenIsSlowedAndAudited) {
  auto with = somebody("ann", role::viewer);
  with.token.back() = with.token.back() == '0' ? '1' : '0';
  const auto failed = refused(with);
  EXPECT_EQ(failed.code, errc::unauthorised);
  EXPECT_THAT(failed.message, HasSubstr("token is not known"));
  EXPECT_EQ(desk_.wait_for("hello_refused").by, "remote");
  EXPECT_TRUE(connect(*read_credentials(files().local_credentials())));
}

TEST_F(refusal_test, S5OtherVersions) {
  const auto with = somebody("ann", role::viewer);
  link_options other;
  other.application = "skein-remote-9";
  const auto early = refused(with, other);
  EXPECT_EQ(early.code, errc::unsupported);
  EXPECT_THAT(early.message, HasSubstr("another version"));
  link_options late;
  late.version = 7;
  const auto told = refused(with, late);
  EXPECT_EQ(told.code, errc::unsupported);
  EXPECT_THAT(told.message, HasSubstr("version 7"));
}

TEST_F(refusal_test, S5NobodyThereOrNoTls) {
  const auto with = somebody("ann", role::viewer);
  asio::io_context context;
  asio::ip::tcp::acceptor plain(context, {asio::ip::address_v4::loopback(), 0});
  const auto port = std::to_string(plain.local_endpoint().port());
  std::thread peer([&] {
    auto one = plain.accept();
    boost::system::error_code ignored;
    asio::write(one, asio::buffer(std::string{"220 mail.example ready, say what you want\r\n"}),
                ignored);
    char rest[4096];
    while (!ignored) one.read_some(asio::buffer(rest), ignored);
  });
  const auto failed = link::open({"127.0.0.1", port}, with, {});
  peer.join();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, errc::unavailable);
  EXPECT_THAT(failed.error().message, HasSubstr("does not speak TLS"));

  link_options soon;
  soon.connect = 300ms;
  const auto silent = link::open({"127.0.0.1", port}, with, soon);
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code, errc::timeout);
  plain.close();
  const auto away = link::open({"127.0.0.1", port}, with, {});
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code, errc::unavailable);
  EXPECT_THAT(away.error().message, HasSubstr("nobody listens"));
}

TEST_F(refusal_test, S5NoPortWithoutAllKeys) {
  for (const auto* name : {"ca.pem", "server.pem", "server.key"}) {
    service_.reset();
    const auto file = directory_ / "pki" / name;
    const auto aside = directory_ / "aside";
    std::filesystem::rename(file, aside);
    service_options options;
    options.state = directory_;
    options.listen = {"127.0.0.1", "0"};
    options.person = "owner";
    options.now_ms = [this] { return now_ms_.load(); };
    const auto opened = service::open(options, desk_);
    ASSERT_FALSE(opened) << name;
    EXPECT_EQ(opened.error().code, errc::refused);
    EXPECT_THAT(opened.error().message, HasSubstr(name));
    EXPECT_FALSE(opened.error().remedy.empty());
    std::filesystem::rename(aside, file);
  }
}

TEST_F(refusal_test, S5KeysAndTokensAreTheirOwnersAlone) {
  for (const auto* name : {"ca.key", "server.key", "local.yaml"}) {
    const auto mode = std::filesystem::status(directory_ / "pki" / name).permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << name;
  }
  EXPECT_EQ(std::filesystem::status(directory_ / "pki").permissions(),
            std::filesystem::perms::owner_all);
  const auto with = somebody("ann", role::viewer);
  std::filesystem::permissions(files().local_credentials(), std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(read_credentials(files().local_credentials()).error().code, errc::refused);
  // Who is known is in the file; what they hold is not.
  std::ifstream file(files().operators());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(text, HasSubstr("ann"));
  EXPECT_EQ(text.find(with.token), std::string::npos);
}

}  // namespace

}  // namespace skein::console
