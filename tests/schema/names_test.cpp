// Names, branches and addresses: B1, what a person or a ticket may write.
#include "schema/names.hpp"

#include <gtest/gtest.h>

namespace skein::schema {
namespace {

TEST(Names, B1DocumentNames) {
  for (const char* good : {"a", "0", "replace-old-api", "a.b_c-d"})
    EXPECT_TRUE(is_name(good)) << good;
  for (const char* bad : {"", "A", "-a", ".a", "a b", "a/b", "ä", "a\n"}) {
    EXPECT_FALSE(is_name(bad)) << bad;
  }
  EXPECT_TRUE(is_name(std::string(63, 'a')));
  EXPECT_FALSE(is_name(std::string(64, 'a')));
  EXPECT_FALSE(is_name(std::string("a\0b", 3)));
}

TEST(Names, B1BranchesAsGitAcceptsThem) {
  for (const char* good : {"main", "feature/x", "v1.2", "a-b", "üx", "a@b"}) {
    EXPECT_TRUE(is_branch(good)) << good;
  }
  for (const char* bad : {"",    "-x",   "/x",  "x/",  "a//b", "a..b",  "a b",    "a~b",
                          "a^b", "a:b",  "a?b", "a*b", "a[b",  "a\\b",  "a.lock", "a.lock/b",
                          ".a",  "a/.b", "a.",  "@",   "a@{b", "a\x7f", "a\tb",   "HEAD"}) {
    EXPECT_FALSE(is_branch(bad)) << bad;
  }
}

TEST(Names, B1BranchPrefixes) {
  for (const char* good : {"skein/", "skein-", "a/b/", "x"})
    EXPECT_TRUE(is_branch_prefix(good)) << good;
  for (const char* bad : {"", "/", "-x/", "a..", "a//", "a b/", ".x/", "x.lock/", "a/."}) {
    EXPECT_FALSE(is_branch_prefix(bad)) << bad;
  }
}

TEST(Names, B1RepositoryAddresses) {
  for (const char* good :
       {"/srv/git/a.git", "./a", "a", "file:///srv/a.git", "https://host/org/a.git",
        "http://127.0.0.1:8080/a.git", "ssh://git@host:22/a.git", "git@host:org/a.git", "a/b:c"}) {
    EXPECT_EQ(repo_url_problem(good), std::nullopt) << good;
  }
  for (const char* bad :
       {"", "-oProxyCommand=x", "--upload-pack=x", "ext::sh -c x", "fd::3", "ftp://host/a",
        "javascript://x", "https://user:secret@host/a", "https://token@host/a",
        "ssh://git:secret@host/a", "ssh://-oProxyCommand=x/a", "https:///a", "https://host/a\nb",
        " https://host/a", ":x"}) {
    EXPECT_NE(repo_url_problem(bad), std::nullopt) << bad;
  }
  EXPECT_NE(repo_url_problem(std::string(3000, 'a')), std::nullopt);
}

TEST(Names, B7HostsWithPort) {
  for (const char* good : {"pypi.org:443", "a:1", "10.0.0.1:65535"})
    EXPECT_TRUE(is_host_port(good));
  for (const char* bad : {"pypi.org", ":443", "a:0", "a:65536", "a:", "a b:1", "*.org:443",
                          "a..b:1", "-a:1", "a-:1", "http://a:1", "a:999999999999"}) {
    EXPECT_FALSE(is_host_port(bad)) << bad;
  }
}

TEST(Names, C2ScopePatternsStayInside) {
  EXPECT_EQ(scope_pattern_problem("src/**"), std::nullopt);
  EXPECT_EQ(scope_pattern_problem("**"), std::nullopt);
  EXPECT_EQ(scope_pattern_problem("/Makefile"), std::nullopt);
  for (const char* bad : {"", " ", "../x", "a/../b", "a/..", "./x", "!src", "a\nb"}) {
    EXPECT_NE(scope_pattern_problem(bad), std::nullopt) << bad;
  }
}

TEST(Names, SchedulesAndIds) {
  EXPECT_TRUE(looks_like_cron("0 1 * * 1-5"));
  EXPECT_TRUE(looks_like_cron("*/5  0,12 1 JAN *"));
  EXPECT_FALSE(looks_like_cron("0 1 * *"));
  EXPECT_FALSE(looks_like_cron("0 1 * * * *"));
  EXPECT_FALSE(looks_like_cron("@daily"));
  EXPECT_TRUE(is_day_window("22:00-06:00"));
  EXPECT_FALSE(is_day_window("24:00-06:00"));
  EXPECT_FALSE(is_day_window("1:00-6:00"));
  EXPECT_TRUE(is_object_id(std::string(40, 'f')));
  EXPECT_TRUE(is_object_id(std::string(64, '0')));
  EXPECT_FALSE(is_object_id(std::string(40, 'F')));
  EXPECT_FALSE(is_object_id("abc123"));
  EXPECT_TRUE(is_reviewer("org/team"));
  EXPECT_FALSE(is_reviewer("@alice"));
}

}  // namespace
}  // namespace skein::schema
