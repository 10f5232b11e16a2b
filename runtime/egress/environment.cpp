// The settings by which programs of a cell find the proxy.
#include "runtime/egress/proxy.hpp"

namespace skein::egress {
namespace {

// In the cell; distributions that keep it elsewhere link it there.
constexpr const char* certificates = "/etc/ssl/certs/ca-certificates.crt";

}  // namespace

std::string proxy_url(const std::string& token, std::uint16_t port) {
  return "http://x:" + token + "@127.0.0.1:" + std::to_string(port);
}

std::vector<std::string> environment(const std::string& token, std::uint16_t port) {
  const std::string number = std::to_string(port);
  const std::string url = proxy_url(token, port);
  const std::string own = "localhost,127.0.0.1,::1";
  std::vector<std::string> out;
  // Some programs read one case only: curl ignores HTTP_PROXY, others http_proxy.
  for (const char* name : {"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"})
    out.push_back(name + ("=" + url));
  for (const char* name : {"NO_PROXY", "no_proxy"}) out.push_back(name + ("=" + own));
  // Programs with a list of their own would not know a company's certificate.
  for (const char* name : {"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "PIP_CERT",
                           "CARGO_HTTP_CAINFO", "GIT_SSL_CAINFO", "CURL_CA_BUNDLE"})
    out.push_back(name + (std::string("=") + certificates));
  // The JVM reads no such variable. Basic credentials for tunnels are off there by default.
  std::string java = "-Djdk.http.auth.tunneling.disabledSchemes=";
  for (const char* scheme : {"http", "https"}) {
    const std::string prefix = std::string(" -D") + scheme + ".";
    java += prefix + "proxyHost=127.0.0.1" + prefix + "proxyPort=" + number + prefix +
            "proxyUser=x" + prefix + "proxyPassword=" + token;
  }
  java += " -Dhttp.nonProxyHosts=localhost|127.0.0.1";
  out.push_back("GRADLE_OPTS=" + java);
  return out;
}

std::string maven_settings(const std::string& token, std::uint16_t port) {
  std::string proxies;
  for (const std::string scheme : {"http", "https"})
    proxies += "    <proxy><id>" + scheme + "</id><active>true</active><protocol>" + scheme +
               "</protocol><host>127.0.0.1</host><port>" + std::to_string(port) +
               "</port><username>x</username><password>" + token +
               "</password><nonProxyHosts>localhost|127.0.0.1</nonProxyHosts></proxy>\n";
  return "<settings>\n  <proxies>\n" + proxies + "  </proxies>\n</settings>\n";
}

}  // namespace skein::egress
