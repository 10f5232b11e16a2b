// A run whose repository is behind a real web server: lighttpd with basic auth in front of `git
// http-backend`; the forge's token opens it, for the fetch and for the push.
#include "tests/e2e/program.hpp"
#include "tests/support/fake_github.hpp"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace skein::e2e {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class http_push : public program_test {
 protected:
  void SetUp() override {
    program_test::SetUp();
    if (IsSkipped()) return;
    if (!std::filesystem::exists("/usr/sbin/lighttpd")) GTEST_SKIP() << "lighttpd is not installed";
    if (!std::filesystem::exists("/usr/lib/git-core/git-http-backend")) {
      GTEST_SKIP() << "git http-backend is not installed";
    }
    sh("mkdir -p work served/acme www; cd work; git init -q -b main .; echo old > file.txt; git "
       "add .; "
       "git commit -q -m start; cd ..; git clone -q --bare work served/acme/pay.git");
    start();
  }
  ~http_push() override {
    if (port_ != 0) sh("kill -TERM $(cat lighttpd.pid) || true");
  }
  /// A port that was free a moment ago.
  static unsigned short free_port() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    const bool known = ::bind(listener, reinterpret_cast<sockaddr*>(&at), size) == 0 &&
                       ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) == 0;
    ::close(listener);
    return known ? ntohs(at.sin_port) : 0;
  }
  void start() {
    const auto port = free_port();
    ASSERT_NE(port, 0);
    const auto here = directory_.string();
    write("users", "x-access-token:" + token_ + "\n");
    write("lighttpd.conf",
          "server.modules = (\"mod_auth\", \"mod_authn_file\", \"mod_alias\", \"mod_setenv\", "
          "\"mod_cgi\")\n"
          "server.document-root = \"" +
              here + "/www\"\nserver.bind = \"127.0.0.1\"\nserver.port = " + std::to_string(port) +
              "\nserver.pid-file = \"" + here +
              "/lighttpd.pid\"\n"
              "server.errorlog = \"" +
              here +
              "/lighttpd.err\"\n"
              "auth.backend = \"plain\"\nauth.backend.plain.userfile = \"" +
              here +
              "/users\"\n"
              "auth.require = (\"/git/\" => (\"method\" => \"basic\", \"realm\" => \"git\", "
              "\"require\" => \"valid-user\"))\n"
              "alias.url = (\"/git\" => \"/usr/lib/git-core/git-http-backend\")\n"
              "$HTTP[\"url\"] =~ \"^/git/\" {\n  cgi.assign = (\"\" => \"\")\n"
              "  setenv.add-environment = (\"GIT_PROJECT_ROOT\" => \"" +
              here +
              "/served\", "
              "\"GIT_HTTP_EXPORT_ALL\" => \"\")\n}\n");
    // It is bound when this returns.
    sh("/usr/sbin/lighttpd -f lighttpd.conf > /dev/null 2>&1");
    port_ = port;
  }
  nlohmann::json fly(const std::string& token) {
    const auto key = write("forge.token", token + "\n");
    std::filesystem::permissions(key, std::filesystem::perms{0600});
    const auto git = "http://127.0.0.1:" + std::to_string(port_) + "/git/";
    const auto config =
        write("skein.yaml",
              "apiVersion: skein/v1\nkind: Config\nforges:\n  work: {repositories: \"" + git +
                  "\", apiUrl: \"" + peer_.url() + "\", token: {file: \"" + key + "\"}}\n");
    return run(task(git + "acme/pay.git", "sed -i s/old/new/ file.txt", "grep -q new file.txt"),
               {"--config", config});
  }

  unsigned short port_ = 0;
  const std::string token_ = "ght_0123456789abcdefghijklmnopqrst";
  test::http_peer peer_;
  test::fake_github hub_{peer_};
};

TEST_F(http_push, ARunPushesItsBranchWithTheForgesTokenAndOpensOnePullRequest) {
  const auto object = fly(token_);
  ASSERT_EQ(object["state"], "published") << object.dump(1);
  const std::string branch = object["publication"]["branch"];
  EXPECT_EQ(sh("git --git-dir=served/acme/pay.git show " + branch + ":file.txt"), "new\n");
  ASSERT_THAT(hub_.pulls(), SizeIs(1));
  EXPECT_EQ(hub_.pulls()[0].head, branch);
  EXPECT_THAT(object.dump(), Not(HasSubstr(token_)));
  EXPECT_EQ(sh("grep -rl " + token_ + " state || true"), "") << "kept nowhere";
}

TEST_F(http_push, AWrongTokenIsAClearErrorAndNothingIsPushed) {
  const auto object = fly("ght_wrongwrongwrongwrongwrongwrong00");
  EXPECT_EQ(object["state"], "preparation_failed") << object.dump(1);
  EXPECT_THAT(object.dump(), Not(HasSubstr("ght_wrong")));
  EXPECT_EQ(sh("git --git-dir=served/acme/pay.git branch --list 'skein/*'"), "");
  EXPECT_THAT(hub_.pulls(), SizeIs(0));
}

}  // namespace skein::e2e
