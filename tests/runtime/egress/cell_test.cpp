// A real cell whose only way out is the proxy: what its programs reach, and what they do not.
#include "runtime/cell/blocking_cell.hpp"
#include "runtime/process/run_child.hpp"
#include "runtime/workspace/workspace.hpp"
#include "tests/runtime/egress/egress_fixture.hpp"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <fstream>
#include <future>

namespace skein::egress::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

/// Empty when this user may make user namespaces, else why not.
std::string why_no_cells() {
  process::child_spec spec;
  spec.argv = {"bwrap", "--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "/bin/true"};
  const auto tried = process::run_child(spec);
  if (!tried) return tried.error().message;
  return tried->exit_code == 0 ? std::string() : "no user namespace: " + tried->err;
}

class egress_cell_test : public egress_test {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_cells(); !why.empty()) GTEST_SKIP() << why;
  }
  void TearDown() override {
    cell_.reset();
    EXPECT_TRUE(workspace::remove_tree(folder_ / "cell"));
  }

  void start_cell() {
    start();
    cell::cell_spec spec;
    spec.name = "test.1";
    spec.base = folder_ / "cell/base";
    spec.root = folder_ / "cell/root";
    for (const char* phase : {"agent", "verify"})
      for (const char* part : {"upper", "work", "copy"})
        fs::create_directories(spec.root / phase / part);
    fs::create_directories(spec.base);
    spec.ports = {{loopback_port, proxy_->listener()}};
    spec.environment = environment(proxy_->token());
    const auto started = cell_->start(std::move(spec));
    ASSERT_TRUE(started) << started.error().message;
    ASSERT_TRUE(cell_->enter_phase("agent"));
  }

  std::string run(const std::string& line) {
    cell::command what;
    what.line = line;
    what.timeout = std::chrono::minutes(2);
    auto ended = cell_->execute(std::move(what));
    EXPECT_TRUE(ended) << ended.error().message;
    return ended ? ended->output : std::string();
  }

  /// What Python says to an attempt; "reached" when nothing stopped it.
  std::string attempt(const std::string& statements) {
    return run("python3 - <<'END'\nimport socket\ntry:\n  " + statements +
               "\n  print('reached')\nexcept Exception as e: print(type(e).__name__, e)\nEND");
  }

  std::unique_ptr<cell::blocking_cell> cell_ = std::make_unique<cell::blocking_cell>();
};

TEST_F(egress_cell_test, a_program_reaches_the_listed_host_in_every_phase) {
  http_server server;
  allow("mirror.test", server.port());
  start_cell();
  const std::string url = "http://" + at("mirror.test", server.port()) + "/x";
  EXPECT_EQ("ok", run("curl -sS " + url));
  ASSERT_TRUE(cell_->enter_phase("verify"));
  EXPECT_EQ("okok", run("curl -sS " + url + " " + url));
  EXPECT_EQ(3U, events_.wait_for(3).size());
}

TEST_F(egress_cell_test, B7_T3_3_T6_2_R6_and_no_other) {
  http_server server;
  http_server other;
  allow("mirror.test", server.port());
  start_cell();
  const std::string code = "curl -s -o /dev/null -w '%{http_code} %{http_connect}' ";
  EXPECT_EQ("403 000", run(code + "http://" + at("other.test", other.port()) + "/?secret"));
  EXPECT_EQ("000 403", run(code + "https://other.test/"));
  EXPECT_EQ("403 000", run(code + "http://" + at("mirror.test", other.port()) + "/"));
  // The variables would send it past the proxy: to the cell's own loopback.
  EXPECT_EQ("000 000", run(code + "http://" + at("127.0.0.1", other.port()) + "/"));
  EXPECT_EQ("407 000", run(code + "-x http://127.0.0.1:3128 http://" +
                           at("mirror.test", server.port()) + "/"));
  for (const char* host : {"127.0.0.1", "169.254.169.254", "[::1]", "2130706433"})
    EXPECT_EQ("403 000", run(code + "--noproxy '' http://" + at(host, other.port()) + "/")) << host;
  EXPECT_TRUE(other.requests().empty());
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(egress_cell_test, B7_T3_3_nothing_leaves_past_the_proxy) {
  http_server server;
  allow("mirror.test", server.port());
  // The host's own sockets, as an abstract name and as a file.
  const process::descriptor abstract(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un own = {};
  own.sun_family = AF_UNIX;
  const std::string name = "skein-egress-" + std::to_string(::getpid());
  name.copy(own.sun_path + 1, sizeof own.sun_path - 2);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  ASSERT_EQ(0, ::bind(abstract.get(), reinterpret_cast<const sockaddr*>(&own), size));
  ASSERT_EQ(0, ::listen(abstract.get(), 1));
  start_cell();
  const std::string port = std::to_string(server.port());
  const auto refused = Not(HasSubstr("reached"));
  EXPECT_THAT(attempt("socket.create_connection(('127.0.0.1', " + port + "), 5)"), refused);
  EXPECT_THAT(attempt("socket.create_connection(('192.0.2.1', 443), 5)"), refused);
  EXPECT_THAT(attempt("socket.create_connection(('2606:4700::1111', 443), 5)"), refused);
  EXPECT_THAT(attempt("socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
                      ".sendto(b'x', ('192.0.2.1', 53))"),
              refused);
  EXPECT_THAT(attempt("socket.getaddrinfo('mirror.test', 80)"), refused);
  EXPECT_THAT(attempt("socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)"), refused);
  EXPECT_THAT(attempt("socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"), refused);
  EXPECT_THAT(attempt("socket.socket(socket.AF_UNIX).connect('\\0" + name + "')"), refused);
  EXPECT_THAT(attempt("socket.socket(socket.AF_UNIX).connect('" + options_.socket.string() + "')"),
              refused);
  EXPECT_TRUE(server.requests().empty());
  EXPECT_TRUE(events_.all().empty());
}

TEST_F(egress_cell_test, T3_7_what_a_command_leaves_open_ends_with_it) {
  std::promise<void> opened;
  std::shared_future<void> open = opened.get_future().share();
  test_server silent([&opened](peer& client) {
    opened.set_value();
    client.read_all();
  });
  test_server gate([open](peer& client) {
    client.read_to("\r\n\r\n");
    open.wait_for(std::chrono::minutes(1));
    client.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  allow("silent.test", silent.port());
  allow("gate.test", gate.port());
  start_cell();
  EXPECT_EQ("204",
            run("(setsid curl -s http://" + at("silent.test", silent.port()) +
                "/ &); curl -s -w '%{http_code}' http://" + at("gate.test", gate.port()) + "/"));
  const auto seen = events_.wait_for(2);
  EXPECT_EQ("silent.test", seen[1].host);
}

TEST_F(egress_cell_test, T9_11_a_stopped_proxy_leaves_no_way_out) {
  http_server server;
  allow("mirror.test", server.port());
  start_cell();
  const std::string url = "http://" + at("mirror.test", server.port()) + "/";
  EXPECT_EQ("ok", run("curl -sS " + url));
  proxy_.reset();
  EXPECT_THAT(run("curl -sS --retry 0 " + url + " 2>&1; true"), HasSubstr("onnect"));
  EXPECT_EQ(1U, server.requests().size());
}

// ── npm ───────────────────────────────────────────────────────────────────────────────────────

/// The bytes of a package with one file.
std::string package_archive(const fs::path& folder) {
  fs::create_directories(folder / "package");
  std::ofstream(folder / "package/package.json")
      << R"({"name":"leftish","version":"1.0.0","main":"index.js"})";
  std::ofstream(folder / "package/index.js") << "module.exports = 'from the registry';\n";
  process::child_spec pack;
  pack.argv = {"tar", "-czf", "p.tgz", "package"};
  pack.environment = {"PATH=/usr/bin:/bin"};
  pack.directory = folder;
  EXPECT_TRUE(process::run_child(pack));
  std::ifstream file(folder / "p.tgz", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string integrity_of(const std::string& bytes) {
  std::array<unsigned char, 64> digest{};
  unsigned size = 0;
  ::EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, ::EVP_sha512(), nullptr);
  std::array<unsigned char, 100> text{};
  ::EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  return "sha512-" + std::string(reinterpret_cast<const char*>(text.data()));
}

TEST_F(egress_cell_test, T6_1_npm_installs_a_package_from_the_listed_registry) {
  if (!fs::exists("/usr/bin/npm") || !fs::exists("/usr/bin/node"))
    GTEST_SKIP() << "npm is not installed below /usr";
  const std::string archive = package_archive(folder_ / "registry");
  std::string description;
  const auto answer = [](const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  test_server registry([&](peer& client) {
    const std::string request = client.read_to("\r\n\r\n");
    if (request.starts_with("GET /leftish/-/leftish-1.0.0.tgz ")) client.send(answer(archive));
    if (request.starts_with("GET /leftish ")) client.send(answer(description));
  });
  const std::string url = "http://" + at("mirror.test", registry.port());
  description = R"({"name":"leftish","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":)"
                R"("leftish","version":"1.0.0","dist":{"tarball":")" +
                url + "/leftish/-/leftish-1.0.0.tgz\",\"integrity\":\"" + integrity_of(archive) +
                "\"}}}}";
  allow("mirror.test", registry.port());
  start_cell();
  const std::string said = run("npm install --no-audit --no-fund --registry " + url +
                               " leftish 2>&1 && node -e \"console.log(require('leftish'))\"");
  EXPECT_THAT(said, HasSubstr("from the registry")) << said;
  for (const event& each : events_.wait_for(2)) {
    EXPECT_TRUE(each.allowed);
    EXPECT_EQ("mirror.test", each.host);
  }
}

}  // namespace
}  // namespace skein::egress::testing
