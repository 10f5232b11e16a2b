// See command.hpp.
#include "runtime/git/command.hpp"

#include "runtime/git/login.hpp"
#include "runtime/git/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace skein::git {
namespace {

constexpr std::array no_such_repository = {
    std::string_view("does not appear to be a git repository"),
    std::string_view("Repository not found"), std::string_view("repository not found"),
    std::string_view("' not found")};

constexpr std::array no_access = {std::string_view("Permission denied"),
                                  std::string_view("Authentication failed"),
                                  std::string_view("could not read Username"),
                                  std::string_view("could not read Password"),
                                  std::string_view("error: 403"),
                                  std::string_view("error: 401"),
                                  std::string_view("access denied"),
                                  std::string_view("Access denied"),
                                  std::string_view("Permission to "),
                                  std::string_view("insufficient permission"),
                                  std::string_view("not allowed to push"),
                                  std::string_view("dubious ownership")};

template <class List>
bool has_any(std::string_view text, const List& list) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view one) {
    return text.find(one) != std::string_view::npos;
  });
}

void pass_on(std::vector<std::string>& environment, const char* name) {
  const char* value = std::getenv(name);
  if (value != nullptr) environment.push_back(std::string(name) + "=" + value);
}

std::vector<std::string> environment_for(const git_call& call) {
  const char* path = std::getenv("PATH");
  std::vector<std::string> out = {
      std::string("PATH=") + (path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin"),
      "LC_ALL=C",
      "GIT_CONFIG_NOSYSTEM=1",
      "GIT_ATTR_NOSYSTEM=1",
      "GIT_CONFIG_GLOBAL=" + (call.defaults.empty() ? "/dev/null" : call.defaults.string()),
      "GIT_TERMINAL_PROMPT=0",
      "GIT_ASKPASS=/bin/false",
      "SSH_ASKPASS=/bin/false",
      "GIT_ALLOW_PROTOCOL=file:https:http:ssh",
      "GIT_PROTOCOL_FROM_USER=0",
      "GIT_OPTIONAL_LOCKS=0",
      "GIT_SSH_COMMAND=ssh -oBatchMode=yes"};
  if (call.how == transport::ssh) {
    pass_on(out, "HOME");
    pass_on(out, "SSH_AUTH_SOCK");
  } else {
    out.emplace_back("HOME=/nonexistent");
  }
  if (call.how == transport::http) {
    for (const char* name :
         {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
          "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"}) {
      pass_on(out, name);
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> client_options() {
  std::vector<std::string> out;
  for (const char* setting :
       {"core.hooksPath=/dev/null", "core.fsmonitor=false",
        "credential.helper=", "protocol.ext.allow=never", "submodule.recurse=false", "gc.auto=0",
        "maintenance.auto=false", "fetch.unpackLimit=1", "push.gpgSign=false",
        "push.followTags=false"}) {
    out.emplace_back("-c");
    out.emplace_back(setting);
  }
  return out;
}

result<process::child_result> run_git(git_call call, std::stop_token stop) {
  process::child_spec spec;
  spec.environment = environment_for(call);
  spec.argv.reserve(call.arguments.size() + 1);
  spec.argv.emplace_back("git");
  process::descriptor held;
  if (call.as && call.how == transport::http) {
    SKEIN_TRY(file, login_file(*call.as));
    held = std::move(file);
    // Behind our other settings, which name no helper.
    auto place = call.arguments.begin();
    while (place != call.arguments.end() && *place == "-c") place += 2;
    const auto options = login_options(call.remote, held.get());
    call.arguments.insert(place, options.begin(), options.end());
  }
  spec.argv.insert(spec.argv.end(), std::make_move_iterator(call.arguments.begin()),
                   std::make_move_iterator(call.arguments.end()));
  // A directory that exists and belongs to no repository: git looks for one upward from here.
  spec.directory = "/";
  spec.input = std::move(call.input);
  spec.timeout = call.timeout;
  return process::run_child(spec, std::move(stop));
}

bool is_refusal(const std::string& output) {
  return has_any(output, no_access) || has_any(output, no_such_repository);
}

error remote_error(const std::string& attempted, const process::child_result& ended) {
  std::string message = attempted + ": " + reason_line(ended.err);
  if (ended.err.find("Could not resolve host") != std::string::npos) {
    return {errc::unavailable, std::move(message), "check the host name and the network"};
  }
  if (ended.err.find("Host key verification failed") != std::string::npos) {
    return {errc::unavailable, std::move(message), "add the host to ~/.ssh/known_hosts"};
  }
  if (has_any(ended.err, no_access)) {
    return {errc::not_found, std::move(message),
            "give this user access: an ssh key that works without a passphrase prompt"};
  }
  if (has_any(ended.err, no_such_repository)) {
    return {errc::not_found, std::move(message), "check the address, and who may read it"};
  }
  return {errc::unavailable, std::move(message), "try again; check the network and the address"};
}

}  // namespace skein::git
