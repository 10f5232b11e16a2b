#include "cli/remote/session.hpp"

#include "actors/console/credentials.hpp"
#include "actors/console/keyring.hpp"
#include "cli/state_view.hpp"

#include <cstdlib>
#include <vector>

namespace skein::cli::remote {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> usual_places(const global_options& global) {
  std::vector<fs::path> out;
  if (!global.state_dir.empty()) {
    out.push_back(console::keyring_files{global.state_dir}.local_credentials());
  }
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  if (config != nullptr && config[0] == '/') {
    out.push_back(fs::path{config} / "skein/credentials.yaml");
  } else if (home != nullptr && home[0] == '/') {
    out.push_back(fs::path{home} / ".config/skein/credentials.yaml");
  }
  return out;
}

result<console::credentials> credentials_for(const global_options& global) {
  if (!global.credentials.empty()) return console::read_credentials(global.credentials);
  std::optional<console::credentials> first;
  for (const auto& place : usual_places(global)) {
    auto found = console::read_credentials(place);
    if (!found && found.error().code == errc::not_found) continue;
    if (!found) return found;
    if (found->server == global.server) return found;
    if (!first) first = std::move(*found);
  }
  if (first) return std::move(*first);
  return error{errc::unauthorised, "no credentials for " + global.server,
               "get a file from `skein operator add` on the fleet's machine, and name it with "
               "--credentials"};
}

}  // namespace

result<std::shared_ptr<console::link>> session(const global_options& global) {
  if (global.session) return global.session;
  SKEIN_TRY(where, console::parse_endpoint(global.server));
  SKEIN_TRY(with, credentials_for(global));
  SKEIN_CHECK(console::check_validity(with, now_ms()));
  console::link_options options;
  options.program = SKEIN_VERSION;
  SKEIN_TRY(opened, console::link::open(where, with, options));
  global.session = std::move(opened);
  return global.session;
}

}  // namespace skein::cli::remote
