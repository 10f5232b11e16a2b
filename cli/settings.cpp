#include "cli/settings.hpp"

#include "cli/fleet_access.hpp"
#include "schema/document.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace skein::cli {

namespace fs = std::filesystem;

namespace {

/// The XDG specification: a relative path in the variable is to be ignored.
std::optional<fs::path> absolute_in(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || value[0] != '/') return std::nullopt;
  return fs::path{value};
}

error wrong_file(const fs::path& file, const std::vector<schema::diagnostic>& problems) {
  std::string lines = "configuration " + file.string() + " is wrong";
  for (const auto& each : problems) lines += "\n  " + schema::to_string(each);
  return {errc::invalid, std::move(lines), "`skein schema config` prints what it may hold"};
}

bool is_shipped(const fs::path& folder) {
  std::error_code failed;
  return fs::is_directory(folder / "verifiers", failed);
}

}  // namespace

std::optional<fs::path> settings_file(const global_options& global) {
  if (!global.config_file.empty()) return global.config_file;
  std::error_code failed;
  auto own = absolute_in("XDG_CONFIG_HOME");
  if (!own) {
    if (const auto home = absolute_in("HOME")) own = *home / ".config";
  }
  if (own && fs::exists(*own / "skein/skein.yaml", failed)) return *own / "skein/skein.yaml";
  if (fs::path everyone = "/etc/skein/skein.yaml"; fs::exists(everyone, failed)) return everyone;
  return std::nullopt;
}

result<schema::config> load_settings(const global_options& global) {
  const auto file = settings_file(global);
  if (!file) return schema::config{};
  auto loaded = schema::load_file(file->string());
  if (!loaded.problems.empty()) return wrong_file(*file, loaded.problems);
  if (loaded.documents.size() != 1 ||
      !std::holds_alternative<schema::config>(loaded.documents.front())) {
    return wrong_file(*file, {{file->string(), 0, 0, "this is another kind of document",
                               "one document of kind Config"}});
  }
  return std::get<schema::config>(std::move(loaded.documents.front()));
}

result<> choose_fleet(global_options& global) {
  if (!global.server.empty() || !global.state_dir.empty()) return {};
  SKEIN_TRY(settings, load_settings(global));
  global.server = settings.server;
  if (global.credentials.empty()) global.credentials = settings.credentials;
  return {};
}

std::uint32_t cells_of(const schema::config& settings, std::uint32_t wanted) {
  if (wanted != 0) return wanted;
  if (settings.cells != 0) return settings.cells;
  return std::max(1U, std::thread::hardware_concurrency());
}

result<fs::path> shipped_configuration() {
  if (const char* named = std::getenv("SKEIN_SHARE"); named != nullptr && named[0] != '\0') {
    if (is_shipped(named)) return fs::path{named};
    return error{errc::not_found, "no shipped configuration in SKEIN_SHARE=" + std::string{named},
                 "name the folder that holds verifiers/, or unset SKEIN_SHARE"};
  }
  std::error_code failed;
  const fs::path folder = fs::read_symlink("/proc/self/exe", failed).parent_path();
  const fs::path installed = folder.parent_path() / "share/skein";
  // A build folder inside the source tree: build/PRESET/bin.
  const fs::path source = folder.parent_path().parent_path().parent_path() / "config";
  for (const fs::path& candidate : {installed, source}) {
    if (is_shipped(candidate)) return candidate;
  }
  return error{errc::not_found,
               "find the shipped configuration: it is not in " + installed.string(),
               "install skein completely (`cmake --install`), or name the folder in SKEIN_SHARE"};
}

}  // namespace skein::cli
