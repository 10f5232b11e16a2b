// Every way to write a protected name is read as what it means.
#include "runtime/policy/path.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace skein::policy {
namespace {

class GitLookAlike : public ::testing::TestWithParam<std::string> {};
TEST_P(GitLookAlike, T3PathIsGitMetadata) {
  EXPECT_TRUE(is_git_metadata_path(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(
    Names, GitLookAlike,
    ::testing::Values(".git", ".git/config", "a/.git/hooks/x", "./.git", "a/../.git/x", "//.git//x",
                      ".GIT/x", ".Git", ".git.", ".git..", ".git ", ".git . ",
                      ".git::$INDEX_ALLOCATION", ".git::$INDEX_ALLOCATION/config", ".git:x",
                      "git~1", "GIT~1/config", "git~2", "git~1 .", "git~1:x", ".g\xe2\x80\x8cit",
                      ".\xe2\x80\x8dgit", ".git\xe2\x80\x8e", ".g\xe2\x80\xaeit",
                      ".gi\xef\xbb\xbft", ".g\xe2\x81\xaait", ".gi\xc2\xadt", ".\xef\xb8\x8fgit",
                      "%2egit/config", "%2Egit", "%252egit", ".%67it", ".gi%74/x", "%u002egit",
                      ".git%2fconfig", ".git\\config", "a\\.git\\x", "\xef\xbc\x8egit",
                      "\xef\xbc\x8e\xef\xbd\x87\xef\xbd\x89\xef\xbd\x94", "\xe2\x80\xa4git",
                      ".\xf0\x9d\x90\xa0it", ".g\xe2\x85\xb0t", ".g\xc4\xb1t",
                      ".g\xc3\xad"
                      "t",
                      ".gi\xcc\x81t", ".\xe2\x93\x96it", ".g\xd1\x96t", ".\xc9\xa1it",
                      "x\xef\xbc\x8f.git", "x\xe2\x88\x95.git\xe2\x88\x95y", " .git",
                      ".git /config", "file:///workspace/.git/config"));

class NotGit : public ::testing::TestWithParam<std::string> {};
TEST_P(NotGit, IsAnOrdinaryName) {
  EXPECT_FALSE(is_git_metadata_path(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Names, NotGit,
                         ::testing::Values("git", "x.git", ".gitignore", ".github/x", "digit",
                                           "git/config", ".git2", "src/git~10", "agit~1", "..git",
                                           ".gi", "%2dgit", "src/git.c", ".gitkeep"));

class SecretName : public ::testing::TestWithParam<std::string> {};
TEST_P(SecretName, T5_6IsSecret) {
  EXPECT_TRUE(is_secret_path(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(
    Names, SecretName,
    ::testing::Values(".env", "a/.env", ".ENV", ".env.local", ".env.production", "env~1", ".env ",
                      ".e\xe2\x80\x8bnv", "%2eenv",
                      "\xef\xbc\x8e"
                      "env",
                      "x.pem", "X.PEM", "x.pem.", "x.pem::$DATA", "a/b.key", "id_rsa", "id_ed25519",
                      "id_rsa.bak", ".ssh/config", ".SSH/x", "~/.ssh/id_rsa",
                      "/root/.aws/credentials", ".kube/config", "kubeconfig", ".docker/config.json",
                      ".npmrc", ".netrc", ".git-credentials", "/proc/self/environ", "/proc/1/fd/3",
                      "/run/secrets/x", "x.tfvars", "x.jks", ".\xc5\xbfsh/x", ".config/gcloud/x",
                      "a\\.env", "/etc/shadow"));

class OrdinaryName : public ::testing::TestWithParam<std::string> {};
TEST_P(OrdinaryName, IsNotSecret) {
  EXPECT_FALSE(is_secret_path(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Names, OrdinaryName,
                         ::testing::Values("src/main.c", ".env.example", ".env.sample", "env",
                                           "environment", "id_rsa.pub", "keys.c", "config.json",
                                           "src/secrets.go", "docs/pem.md", "monkey",
                                           "shadow.css"));

struct reading {
  const char* given;
  const char* text;
  bool inside;
};
class Normalized : public ::testing::TestWithParam<reading> {};
TEST_P(Normalized, P1PlainReading) {
  const auto path = normalize_path(GetParam().given);
  EXPECT_EQ(path.literal.front().text, GetParam().text);
  EXPECT_EQ(path.literal.front().inside, GetParam().inside);
}
INSTANTIATE_TEST_SUITE_P(
    Paths, Normalized,
    ::testing::Values(reading{"a/b", "a/b", true}, reading{"./a//b/", "a/b", true},
                      reading{"a/../b", "b", true}, reading{"", ".", true}, reading{".", ".", true},
                      reading{"/workspace", ".", true}, reading{"/workspace/a", "a", true},
                      reading{"/workspace/../workspace/a", "a", true},
                      reading{"/workspace2/a", "/workspace2/a", false}, reading{"..", "/", false},
                      reading{"../etc", "/etc", false}, reading{"../workspace/a", "a", true},
                      reading{"/etc/passwd", "/etc/passwd", false},
                      reading{"../../../../x", "/x", false}, reading{"/", "/", false}));

class Escape : public ::testing::TestWithParam<std::string> {};
TEST_P(Escape, P1IsNotAlwaysInside) {
  EXPECT_FALSE(normalize_path(GetParam()).always_inside());
}
INSTANTIATE_TEST_SUITE_P(
    Paths, Escape,
    ::testing::Values("/etc/passwd", "../x", "a/../../x", "%2e%2e/x", "..%2fx", "%2e%2e%2fx",
                      "%252e%252e%252fx", "..\\x", "a\\..\\..\\x", "..%5cx", "~/x", "~root/x",
                      "C:\\x", "c:/x", "\\\\host\\share", "//host/x", "file:///etc/passwd",
                      "FILE:/etc/passwd", "\xe2\x80\xa5/x", "\xef\xbc\x8e\xef\xbc\x8e/x",
                      "..\xef\xbc\x8fx", "..\xe2\x88\x95x", ".. /x", "..\xe2\x80\x8b/x",
                      std::string("a\0b", 3), "a\nb", "a\xff", "%00", "a%c0%ae", "%ff/x",
                      "%25252525252e", std::string(5000, 'a')));

TEST(NormalizedPath, DirectoryOfTheCall) {
  EXPECT_EQ(normalize_path("../a", "/workspace", "src").literal.front().text, "a");
  EXPECT_FALSE(normalize_path("../../a", "/workspace", "src").always_inside());
  EXPECT_FALSE(normalize_path("a", "/workspace", "/tmp").always_inside());
  EXPECT_EQ(normalize_path("/srv/x/a", "/srv/x").literal.front().text, "a");
  EXPECT_TRUE(normalize_path("/srv/My Work/a.c", "/srv/My Work").always_inside());
  EXPECT_TRUE(normalize_path("A.c", "/srv/My Work", "Src").always_inside());
  EXPECT_FALSE(normalize_path("/srv/my work2/a.c", "/srv/My Work").always_inside());
}

TEST(NormalizedPath, FuzzNeverCrashesAndStaysBounded) {
  std::mt19937 random(7);
  const std::string alphabet = "./\\%2eEfF~:gitGIT \xe2\x80\x8c\xef\xbc\x8e\n";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::uint32_t n = random() % 60; n > 0; --n) {
      text += round % 2 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
    }
    const auto path = normalize_path(text);
    ASSERT_FALSE(path.literal.empty());
    ASSERT_FALSE(path.folded.empty());
    ASSERT_LE(path.literal.size(), 64U);
    ASSERT_LE(path.folded.size(), 128U);
    (void)is_secret_path(path);
  }
}

}  // namespace
}  // namespace skein::policy
