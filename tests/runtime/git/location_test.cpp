// Which repository addresses are accepted, and as what.
#include "tests/runtime/git/git_fixture.hpp"

namespace skein::git {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Location, PathsBecomeAbsoluteAndNormal) {
  const auto where = parse_location("/srv/./git//x/../repo.git/");
  ASSERT_VALUE(where);
  EXPECT_EQ(where->how, transport::local);
  EXPECT_EQ(where->path, "/srv/git/repo.git");
  EXPECT_EQ(where->url, "/srv/git/repo.git");
  EXPECT_EQ(where->key.size(), 24U);
  const auto relative = parse_location("some/repo");
  ASSERT_VALUE(relative);
  EXPECT_EQ(relative->path, fs::current_path() / "some/repo");
}

TEST(Location, FileUrlAndPathAreOneRepository) {
  const auto path = parse_location("/srv/a b");
  for (const char* url : {"file:///srv/a%20b", "file://localhost/srv/a%20b", "FILE:///srv/a b/"}) {
    const auto where = parse_location(url);
    ASSERT_VALUE(where);
    EXPECT_EQ(where->how, transport::local) << url;
    EXPECT_EQ(where->path, path->path) << url;
    EXPECT_EQ(where->key, path->key) << url;
  }
}

TEST(Location, RemoteAddresses) {
  const std::vector<std::pair<std::string, transport>> accepted = {
      {"https://example.com/a/b.git", transport::http},
      {"http://127.0.0.1:8080/x", transport::http},
      {"http://[::1]:8080/x", transport::http},
      {"ssh://git@example.com:22/a/b.git", transport::ssh},
      {"ssh://example.com/a", transport::ssh},
      {"git@example.com:a/b.git", transport::ssh},
      {"example.com:a/b.git", transport::ssh},
      {"git@[::1]:a", transport::ssh}};
  for (const auto& [url, how] : accepted) {
    const auto where = parse_location(url);
    ASSERT_VALUE(where) << url;
    EXPECT_EQ(where->how, how) << url;
    EXPECT_EQ(where->url, url);
    EXPECT_TRUE(where->path.empty());
  }
  EXPECT_NE(parse_location("https://example.com/a")->key,
            parse_location("https://example.com/b")->key);
}

TEST(Location, F2_RefusedAddresses) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"", "empty"},
      {"/srv/a\nb", "control character"},
      {"https://example.com/a\x1b[0m", "control character"},
      {std::string("/srv/a\0b", 8), "control character"},
      {"--upload-pack=touch /tmp/x", "dash"},
      {"-x", "dash"},
      {"ext::sh -c 'touch /tmp/x'", "transport helper"},
      {"fd::17", "transport helper"},
      {"a-b+c::x", "transport helper"},
      {"git://example.com/x", "unknown scheme"},
      {"ftp://example.com/x", "unknown scheme"},
      {"javascript://x/y", "unknown scheme"},
      {"file://otherhost/srv/x", "otherhost"},
      {"file://", "without a path"},
      {"file:///srv/%0a", "control character"},
      {"file:///srv/%00", "control character"},
      {"file:///srv/%zz", "percent escape"},
      {"ssh://-oProxyCommand=x/y", "host"},
      {"ssh://git@-oProxyCommand=x/y", "host"},
      {"-oProxyCommand=x@host:path", "dash"},
      {"git@-host:path", "host"},
      {"git@host:-path", "path"},
      {"git@host:", "path"},
      {"ssh://a b/c", "host"},
      {"ssh://$(x)/c", "host"},
      {"https:///x", "host"},
      {"https://example.com", "path"},
      {"https://example.com/", "path"},
      {"http://example.com:99999999/x", "host"},
      {std::string(5000, 'a'), "longer"}};
  for (const auto& [url, why] : refused) {
    const auto where = parse_location(url);
    ASSERT_FALSE(where) << url;
    EXPECT_EQ(where.error().code, errc::invalid) << url;
    EXPECT_THAT(where.error().message, HasSubstr(why)) << url;
  }
}

TEST(Location, T5_CredentialsAreRefusedAndNotRepeated) {
  for (const char* url : {"https://user:hunter2@example.com/x", "https://hunter2@example.com/x",
                          "ssh://git:hunter2@example.com/x", "git:hunter2@example.com:x/y",
                          "https://a:hunter2@b:c@example.com/x"}) {
    const auto where = parse_location(url);
    ASSERT_FALSE(where) << url;
    EXPECT_EQ(where.error().code, errc::invalid);
    EXPECT_THAT(where.error().message + where.error().remedy, Not(HasSubstr("hunter2"))) << url;
  }
}

}  // namespace
}  // namespace skein::git
