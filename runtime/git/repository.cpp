// Checks repository addresses. Text only: nothing here looks at the disk or the network.
#include "runtime/git/repository.hpp"

#include "runtime/git/printable.hpp"
#include "schema/identity.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

namespace skein::git {
namespace {

constexpr std::size_t longest_url = 4096;

error invalid(std::string message, std::string remedy = "") {
  return {errc::invalid, std::move(message), std::move(remedy)};
}

bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool is_scheme_character(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

location finished(location value, std::string_view identity) {
  value.key = schema::sha256_hex(identity).substr(0, 24);
  return value;
}

location local_at(std::string url, std::filesystem::path path) {
  path = path.lexically_normal();
  if (!path.has_filename() && path.has_relative_path()) path = path.parent_path();
  const std::string identity = path.string();  // a path and its file:// form are one repository
  return finished({std::move(url), transport::local, std::move(path), {}}, identity);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto digit = [&](std::size_t at) {
      if (at >= text.size() || std::isxdigit(static_cast<unsigned char>(text[at])) == 0) return -1;
      const char c = text[at];
      return std::isdigit(static_cast<unsigned char>(c)) != 0 ? c - '0' : (c | 0x20) - 'a' + 10;
    };
    if (digit(i + 1) < 0 || digit(i + 2) < 0) return std::nullopt;
    out += static_cast<char>(digit(i + 1) * 16 + digit(i + 2));
    i += 2;
  }
  return out;
}

result<location> parse_file_url(const std::string& url, std::string_view rest) {
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return invalid("file URL without a path: " + printable(url));
  const std::string host = lower(rest.substr(0, slash));
  if (!host.empty() && host != "localhost") {
    return invalid("file URL names the host " + host + ": " + printable(url),
                   "write file:///PATH, or use ssh:// for another machine");
  }
  const auto path = percent_decoded(rest.substr(slash));
  if (!path) return invalid("file URL with a broken percent escape: " + printable(url));
  if (std::any_of(path->begin(), path->end(), is_control)) {
    return invalid("file URL with an escaped control character: " + printable(url));
  }
  return local_at(url, *path);
}

/// A host name or an address in brackets, with an optional port: nothing that ssh could take for an
/// option or a shell for more than a word.
bool is_host(std::string_view text) noexcept {
  if (text.empty() || text.front() == '-') return false;
  std::string_view port;
  if (text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end == 1) return false;
    const std::string_view address = text.substr(1, end - 1);
    if (!std::all_of(address.begin(), address.end(), [](unsigned char c) {
          return std::isxdigit(c) != 0 || c == ':' || c == '.';
        })) {
      return false;
    }
    port = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    if (name.empty() || !std::all_of(name.begin(), name.end(), [](unsigned char c) {
          return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
        })) {
      return false;
    }
    port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (port.empty()) return true;
  port.remove_prefix(1);
  return !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
}

bool is_user(std::string_view text) noexcept {
  return !text.empty() && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '+';
         });
}

/// `authority` is USER@HOST:PORT. Messages never repeat the URL: it may hold a password.
result<> check_authority(std::string_view authority, transport how) {
  const std::size_t at = authority.rfind('@');
  const std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
  if (at != std::string_view::npos) {
    const std::string_view user = authority.substr(0, at);
    if (how == transport::http || user.find(':') != std::string_view::npos) {
      return invalid("the repository URL for " + printable(host) + " holds credentials",
                     "remove USER:PASSWORD@ from the URL: use an ssh key, or a URL without them");
    }
    if (!is_user(user))
      return invalid("the repository URL for " + printable(host) +
                     " has a user name that is not allowed");
  }
  if (!is_host(host)) return invalid("no valid host in the repository URL: " + printable(host));
  return {};
}

result<location> parse_url(const std::string& url, std::string_view scheme, std::string_view rest) {
  if (scheme == "file") return parse_file_url(url, rest);
  if (scheme != "https" && scheme != "http" && scheme != "ssh") {
    return invalid("unknown scheme " + printable(scheme) + ":// in the repository URL",
                   "use a path, file://, https://, http://, ssh:// or git@HOST:PATH");
  }
  const transport how = scheme == "ssh" ? transport::ssh : transport::http;
  const std::size_t slash = rest.find_first_of("/?#");
  SKEIN_CHECK(check_authority(rest.substr(0, slash), how));
  if (slash == std::string_view::npos || rest[slash] != '/' || slash + 1 == rest.size()) {
    return invalid("the repository URL has no path: " + printable(url));
  }
  return finished({url, how, {}, {}}, url);
}

result<location> parse_scp_like(const std::string& url, std::size_t colon) {
  const std::string_view text = url;
  const std::string_view path = text.substr(colon + 1);
  SKEIN_CHECK(check_authority(text.substr(0, colon), transport::ssh));
  // To git USER:PASSWORD@HOST:PATH is the host USER; what was meant is something else.
  if (path.substr(0, path.find('/')).find('@') != std::string_view::npos) {
    return invalid("the repository address seems to hold credentials",
                   "write USER@HOST:PATH, without a password");
  }
  if (path.empty() || path.front() == '-') {
    return invalid("no valid path after the colon: " + printable(url),
                   "write ./" + printable(url) + " when a local directory is meant");
  }
  return finished({url, transport::ssh, {}, {}}, url);
}

}  // namespace

result<location> parse_location(const std::string& url) {
  if (url.empty()) return invalid("empty repository address", "give a path or a URL");
  if (url.size() > longest_url) return invalid("repository address longer than 4096 bytes");
  if (std::any_of(url.begin(), url.end(), is_control)) {
    return invalid("control character (such as a newline) in the repository address " +
                   printable(url));
  }
  if (url.front() == '-') {
    return invalid("repository address starts with a dash: " + printable(url),
                   "write ./ before it when a local directory is meant");
  }
  const std::string_view text = url;
  const auto end = std::find_if_not(url.begin(), url.end(), is_scheme_character);
  const auto word = static_cast<std::size_t>(end - url.begin());
  const std::string_view after = text.substr(word);
  if (word > 0 && after.starts_with("::")) {
    return invalid("transport helper " + url.substr(0, word) + ":: in the repository address",
                   "use a path, file://, https://, http://, ssh:// or git@HOST:PATH");
  }
  if (word > 0 && after.starts_with("://")) {
    return parse_url(url, lower(text.substr(0, word)), after.substr(3));
  }
  // git's own rule: a colon before the first slash makes it HOST:PATH.
  const std::size_t colon = url.find(':');
  const std::size_t slash = url.find('/');
  if (colon != std::string::npos && (slash == std::string::npos || colon < slash)) {
    // The host may be an address in brackets, with colons of its own.
    const std::size_t bracket = url.find(']');
    const bool bracketed = url.find('[') < colon && bracket != std::string::npos;
    const std::size_t split = bracketed ? url.find(':', bracket) : colon;
    if (split == std::string::npos)
      return invalid("no path in the repository address " + printable(url));
    return parse_scp_like(url, split);
  }
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(url, failed);
  if (failed)
    return errno_error("find the current directory for " + printable(url), failed.value());
  if (const std::string full = absolute.string();
      std::any_of(full.begin(), full.end(), is_control)) {
    return invalid("control character (such as a newline) in the current directory",
                   "give an absolute path");
  }
  location found = local_at("", absolute);
  found.url = found.path.string();
  return found;
}

}  // namespace skein::git
