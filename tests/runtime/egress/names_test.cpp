// Hosts, addresses, rules and grants: the pure part of the decision.
#include "runtime/egress/address_check.hpp"
#include "runtime/egress/allowlist.hpp"
#include "runtime/egress/parent_proxy.hpp"
#include "runtime/egress/registries.hpp"

#include <gtest/gtest.h>

namespace skein::egress {
namespace {

namespace ip = boost::asio::ip;

TEST(host_name, is_lower_case_and_without_the_last_dot) {
  EXPECT_EQ("registry.npmjs.org", parse_host("Registry.NPMjs.org.")->text);
  EXPECT_FALSE(parse_host("registry.npmjs.org")->literal);
}

TEST(host_name, B7_every_form_of_an_address_is_known_as_one) {
  for (const char* text :
       {"127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
        "017700000001", "0X7F.1", "127.0.0.1.", "0x7f.0x0.0x0.0x1", "127.0x1"}) {
    const auto host = parse_host(text);
    ASSERT_TRUE(host) << text;
    ASSERT_TRUE(host->literal) << text;
    EXPECT_EQ("127.0.0.1", host->literal->to_string()) << text;
  }
  EXPECT_EQ("::1", parse_host("[::1]")->literal->to_string());
  EXPECT_EQ("::1", parse_host("[0:0:0:0:0:0:0:1]")->literal->to_string());
  EXPECT_TRUE(parse_host("[::ffff:127.0.0.1]")->literal);
}

TEST(host_name, what_is_no_name_is_refused) {
  for (const std::string& text : {std::string(),
                                  std::string("."),
                                  std::string("a..b"),
                                  std::string("-a.b"),
                                  std::string("a-.b"),
                                  std::string("a_b.c"),
                                  std::string("a b"),
                                  std::string("a/b"),
                                  std::string("a@b"),
                                  std::string("a%2eb"),
                                  std::string("[fe80::1%lo]"),
                                  std::string("[::1"),
                                  std::string("b\xc3\xbc"
                                              "cher.de"),
                                  std::string("1.2.3.4.5"),
                                  std::string("256.1.1.1"),
                                  std::string("1.2.3.09"),
                                  std::string("a.1"),
                                  std::string("4294967296"),
                                  std::string("a\0b.c", 5),
                                  std::string("\xef\xbc\x91"
                                              "27.0.0.1"),
                                  std::string(64, 'a'),
                                  std::string(260, 'a')})
    EXPECT_FALSE(parse_host(text)) << text;
}

TEST(authority, has_a_host_and_a_port) {
  const auto given = parse_authority("Example.org:8443", 443);
  ASSERT_TRUE(given);
  EXPECT_EQ("example.org", given->host.text);
  EXPECT_EQ(8443, given->port);
  EXPECT_EQ(443, parse_authority("example.org", 443)->port);
  EXPECT_EQ(8080, parse_authority("[2001:db8::1]:8080", 443)->port);
}

TEST(authority, is_refused_when_it_could_be_read_in_two_ways) {
  for (const char* text :
       {"a.b:", "a.b:0", "a.b:65536", "a.b:+80", "a.b:80:80", "a.b:8 0", "a.b: 80", "u@a.b:80",
        "[::1]80", "[::1]x:80", ":80", "a.b:0x50", "a.b:000080"})
    EXPECT_FALSE(parse_authority(text, 443)) << text;
  EXPECT_FALSE(parse_authority("a.b", 0));
}

TEST(address_check, B7_special_addresses_are_refused) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.254",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.168.1.1",
                           "192.88.99.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "224.0.0.1",
                           "239.1.1.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::127.0.0.1",
                           "::ffff:8.8.8.8",
                           "::ffff:127.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::1",
                           "fc00::1",
                           "fd12:3456::1",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1",
                           "2002:7f00:1::",
                           "2001::1",
                           "2001:10::1",
                           "100::1",
                           "4000::1",
                           "2a00:1:2:3:0:5efe:a00:1",
                           "2a00:1:2:3:200:5efe:a00:1"})
    EXPECT_NE(nullptr, refused_address(ip::make_address(text), false)) << text;
}

TEST(address_check, public_addresses_are_not) {
  for (const char* text : {"8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
                           "192.0.2.1", "198.17.0.1", "198.20.0.1", "223.255.255.255",
                           "2606:4700::1111", "2a00:1450:4001:81b::200e"})
    EXPECT_EQ(nullptr, refused_address(ip::make_address(text), false)) << text;
}

TEST(address_check, allow_private_opens_networks_and_not_the_link) {
  for (const char* text :
       {"10.0.0.1", "127.0.0.1", "192.168.1.1", "172.16.9.9", "100.64.0.1", "::1", "fd00::1"})
    EXPECT_EQ(nullptr, refused_address(ip::make_address(text), true)) << text;
  for (const char* text : {"169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "fe80::1",
                           "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::", "ff02::1"})
    EXPECT_NE(nullptr, refused_address(ip::make_address(text), true)) << text;
}

host_name named(const char* text) {
  return *parse_host(text);
}

allowlist listing(std::initializer_list<const char*> rules) {
  allowlist out;
  for (const char* text : rules) out.add(*parse_rule(text));
  return out;
}

TEST(allowlist, B7_matches_host_and_port_exactly) {
  const auto list = listing({"registry.npmjs.org:443", "mirror.test:8080"});
  EXPECT_NE(nullptr, list.find(named("registry.npmjs.org"), 443));
  EXPECT_NE(nullptr, list.find(named("REGISTRY.npmjs.org."), 443));
  for (const char* other : {"npmjs.org", "registry.npmjs.org.evil.test", "xregistry.npmjs.org",
                            "a.registry.npmjs.org", "registry-npmjs.org"})
    EXPECT_EQ(nullptr, list.find(named(other), 443)) << other;
  EXPECT_EQ(nullptr, list.find(named("registry.npmjs.org"), 80));
  EXPECT_EQ(nullptr, list.find(named("mirror.test"), 443));
}

TEST(allowlist, a_suffix_matches_below_it_only) {
  const auto list = listing({"*.example.org:443"});
  EXPECT_NE(nullptr, list.find(named("a.example.org"), 443));
  EXPECT_NE(nullptr, list.find(named("b.a.example.org"), 443));
  EXPECT_EQ(nullptr, list.find(named("example.org"), 443));
  EXPECT_EQ(nullptr, list.find(named("evilexample.org"), 443));
  EXPECT_EQ(nullptr, list.find(named("a.example.org.evil.test"), 443));
}

TEST(allowlist, the_exact_rule_and_then_the_longest_suffix_wins) {
  allowlist list = listing({"*.example.org:443", "*.a.example.org:443", "b.a.example.org:443"});
  EXPECT_EQ("b.a.example.org:443", to_string(*list.find(named("b.a.example.org"), 443)));
  EXPECT_EQ("*.a.example.org:443", to_string(*list.find(named("c.a.example.org"), 443)));
  EXPECT_EQ("*.example.org:443", to_string(*list.find(named("c.example.org"), 443)));
}

TEST(allowlist, an_address_must_be_written_like_its_rule) {
  const auto list = listing({"192.0.2.7:443", "[2001:db8::7]:443"});
  EXPECT_NE(nullptr, list.find(named("192.0.2.7"), 443));
  EXPECT_NE(nullptr, list.find(named("[2001:DB8::7]"), 443));
  EXPECT_EQ(nullptr, list.find(named("3221225991"), 443));
  EXPECT_EQ(nullptr, list.find(named("0xc0.0.2.7"), 443));
  EXPECT_EQ(nullptr, list.find(named("[2001:db8:0::7]"), 443));
}

TEST(allowlist, rules_nobody_can_mean_are_refused) {
  for (const char* text : {"*", "*.com:443", "*.", "*.*.org:443", "a.*.org:443", "", ":443",
                           "a b:443", "0x7f.1:80", "*.127.0.0.1:80", "https://a.b", "a.b/c"})
    EXPECT_FALSE(parse_rule(text)) << text;
}

TEST(parent_proxy, is_read_from_a_url) {
  const auto plain = parse_parent_proxy("http://Proxy.example:3128/");
  ASSERT_TRUE(plain);
  EXPECT_EQ("proxy.example", plain->host);
  EXPECT_EQ(3128, plain->port);
  EXPECT_EQ("", plain->credentials);
  EXPECT_EQ("user:p@ss:word",
            parse_parent_proxy("http://user:p%40ss:word@10.0.0.1:80")->credentials);
}

TEST(parent_proxy, T5_5_a_wrong_url_is_refused_without_being_quoted) {
  for (const char* text : {"", "proxy:3128", "https://p:1", "http://p", "http://u:hunter2@p",
                           "http://u:hunter2@p:99999", "http://p:80/path"}) {
    const auto parsed = parse_parent_proxy(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(std::string::npos, parsed.error().message.find("hunter2"));
  }
}

registries shipped() {
  auto all = load_registries(SKEIN_TEST_CONFIG_DIR "/egress/registries.yaml");
  EXPECT_TRUE(all) << all.error().message;
  return all ? *all : registries();
}

schema::capability_spec capability(schema::network_grant grant,
                                   std::vector<std::string> allow = {}) {
  schema::capability_spec out;
  out.network = grant;
  out.network_allow = std::move(allow);
  return out;
}

TEST(registries, T6_1_the_shipped_file_names_the_eight_and_nothing_private) {
  const auto all = shipped();
  for (const char* name :
       {"npm", "pypi", "crates", "maven", "go", "rubygems", "nuget", "packagist"}) {
    ASSERT_TRUE(all.contains(name)) << name;
    EXPECT_FALSE(all.at(name).hosts.empty()) << name;
    EXPECT_FALSE(all.at(name).allow_private) << name;
    EXPECT_TRUE(all.at(name).tls) << name;
  }
  const auto list = granted(capability(schema::network_grant::registries), all);
  ASSERT_TRUE(list);
  EXPECT_NE(nullptr, list->find(named("registry.npmjs.org"), 443));
  EXPECT_NE(nullptr, list->find(named("files.pythonhosted.org"), 443));
  EXPECT_EQ(nullptr, list->find(named("github.com"), 443));
}

TEST(registries, C8_no_grant_allows_nothing) {
  const auto list = granted(capability(schema::network_grant::none), shipped());
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->rules().empty());
}

TEST(registries, a_task_gets_what_it_names_and_nothing_else) {
  const auto list =
      granted(capability(schema::network_grant::allow, {"api.example.org:8443"}), shipped());
  ASSERT_TRUE(list);
  EXPECT_NE(nullptr, list->find(named("api.example.org"), 8443));
  EXPECT_EQ(nullptr, list->find(named("registry.npmjs.org"), 443));
}

TEST(registries, T6_1_only_the_platform_opens_private_addresses) {
  registries own;
  own["npm"] = {{"mirror.test:8081"}, true, true};
  const auto known = with_own(shipped(), own);
  const auto all = granted(capability(schema::network_grant::registries), known);
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->find(named("mirror.test"), 8081)->allow_private);
  EXPECT_EQ(nullptr, all->find(named("registry.npmjs.org"), 443));  // it was replaced
  const auto task = granted(
      capability(schema::network_grant::allow, {"mirror.test:8081", "other.test:8081"}), known);
  ASSERT_TRUE(task);
  EXPECT_TRUE(task->find(named("mirror.test"), 8081)->allow_private);
  EXPECT_FALSE(task->find(named("other.test"), 8081)->allow_private);
}

TEST(registries, an_empty_list_closes_a_registry) {
  registries own;
  own["pypi"] = {};
  const auto known = with_own(shipped(), own);
  EXPECT_FALSE(known.contains("pypi"));
  EXPECT_TRUE(known.contains("npm"));
}

TEST(registries, a_grant_that_is_no_rule_is_named) {
  const auto list = granted(capability(schema::network_grant::allow, {"*.com:443"}), {});
  ASSERT_FALSE(list);
  EXPECT_NE(std::string::npos, list.error().message.find("*.com:443"));
}

TEST(registries, a_wrong_file_is_refused_with_its_place) {
  const std::string head = "apiVersion: skein/v1\nkind: Registries\nregistries:\n";
  const auto message = [&head](const std::string& rest) {
    const auto read = read_registries(head + rest, "r.yaml");
    return read ? std::string("accepted") : read.error().message;
  };
  EXPECT_EQ("accepted", message("  a: {hosts: [\"a.b:443\"], allowPrivate: true, tls: false}\n"));
  for (const char* rest :
       {"  a: {hosts: [\"a b:443\"]}\n", "  a: {hosts: \"a.b:443\"}\n",
        "  a: {allowPrivate: true}\n", "  a: {hosts: [\"a.b:443\"], allowprivate: true}\n",
        "  a: [1]\n", "  a: {hosts: [\"a.b:443\"], tls: \"yes\"}\n", "  a: {hosts: [17]}\n"})
    EXPECT_EQ(0U, message(rest).find("r.yaml:4:")) << message(rest);
  EXPECT_FALSE(read_registries("", "r.yaml"));
  EXPECT_FALSE(read_registries("kind: Task\napiVersion: skein/v1\n", "r.yaml"));
  EXPECT_FALSE(read_registries(head + "  a: {hosts: []}\nmore: 1\n", "r.yaml"));
  EXPECT_FALSE(read_registries(std::string(2U << 20, ' '), "r.yaml"));
  EXPECT_FALSE(load_registries("/nowhere/registries.yaml"));
}

}  // namespace
}  // namespace skein::egress
