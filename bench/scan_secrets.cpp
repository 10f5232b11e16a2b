// How fast are secrets looked for in ordinary source code? MB per second of processor time, all
// shipped rules, beside `grep -E` with a handful of patterns over the same bytes. Prints one JSON
// object.
//
//   bench_scan_secrets [FOLDER] [ROUNDS] [RULES]
#include "runtime/scan/secret_scanner.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using skein::scan::secret_scanner;

constexpr std::size_t most_bytes = 128U << 20U;
constexpr std::size_t largest_file = 4U << 20U;

struct source_file {
  std::string path;
  std::string text;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

/// The folder's text files in the order of their names, up to `most_bytes`.
std::vector<source_file> read_tree(const fs::path& root) {
  std::vector<fs::path> paths;
  const auto options = fs::directory_options::skip_permission_denied;
  for (const auto& entry : fs::recursive_directory_iterator{root, options}) {
    if (entry.is_regular_file() && !entry.is_symlink()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<source_file> files;
  std::size_t bytes = 0;
  for (const auto& path : paths) {
    if (fs::file_size(path) > largest_file) continue;
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (text.find('\0') != std::string::npos) continue;
    bytes += text.size();
    if (bytes > most_bytes) break;
    files.push_back({fs::relative(path, root).string(), std::move(text)});
  }
  return files;
}

/// Of the processor, so that a busy machine changes little.
double seconds_of(const rusage& used) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double own_seconds(const std::function<void()>& work) {
  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_SELF, &before);
  work();
  ::getrusage(RUSAGE_SELF, &after);
  return seconds_of(after) - seconds_of(before);
}

double grep_seconds(const std::string& patterns, const std::string& file) {
  std::vector<std::string> words{"grep", "-a", "-c", "-E", patterns, file};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::string locale = "LC_ALL=C";
  char* environment[] = {locale.data(), nullptr};
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  // Not /dev/null: grep would stop at the first match.
  const std::string out = file + ".count";
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
  pid_t child = 0;
  if (posix_spawnp(&child, "grep", &quiet, nullptr, arguments.data(), environment) != 0) {
    give_up("grep cannot be started");
  }
  posix_spawn_file_actions_destroy(&quiet);
  int status = 0;
  rusage used{};
  if (wait4(child, &status, 0, &used) != child || !WIFEXITED(status) || WEXITSTATUS(status) > 1) {
    give_up("grep failed");
  }
  return seconds_of(used);
}

double median(int rounds, const std::function<double()>& measure) {
  std::vector<double> seconds;
  for (int i = 0; i < rounds; ++i) seconds.push_back(measure());
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

}  // namespace

int main(int count, char** arguments) {
  const fs::path root = count > 1 ? arguments[1] : "/usr/include";
  const int rounds = count > 2 ? std::max(1, std::atoi(arguments[2])) : 5;
  const fs::path rules = count > 3 ? arguments[3] : SKEIN_SECRET_RULES;
  auto scanner = secret_scanner::load(rules);
  if (!scanner) give_up(scanner.error().message);
  const auto files = read_tree(root);

  std::string joined = (fs::temp_directory_path() / "scan-secrets-XXXXXX").string();
  const int descriptor = ::mkstemp(joined.data());
  if (descriptor < 0) give_up("no temporary file");
  ::close(descriptor);
  std::size_t bytes = 0;
  {
    std::ofstream out{joined, std::ios::binary};
    for (const auto& file : files) {
      out << file.text;
      bytes += file.text.size();
    }
  }

  std::size_t findings = 0;
  const auto scan_all = [&](const secret_scanner& with) {
    return own_seconds([&] {
      findings = 0;
      for (const auto& file : files) findings += with.scan(file.text, file.path).size();
    });
  };
  // Five secrets of the platform and a canary, in every encoding, over the same text.
  std::vector<skein::scan::held_secret> held;
  for (int i = 0; i < 5; ++i) {
    held.push_back({"H", "held7Secret" + std::to_string(i * 7919) + "OfTheBenchmark", {}});
  }
  held.push_back({"C", "canary-5f0c1e9b7d2a4836", skein::scan::held_kind::canary});
  const auto holding = scanner->with_held(std::move(held));
  if (!holding) give_up(holding.error().message);
  const double with_held = median(rounds, [&] { return scan_all(*holding); });
  const double scanned = median(rounds, [&] { return scan_all(*scanner); });
  std::size_t kept = 0;
  const double redacted = median(rounds, [&] {
    return own_seconds([&] {
      for (const auto& file : files) kept += scanner->redact(file.text).size();
    });
  });
  const double plain = median(rounds, [&] {
    return grep_seconds(
        "(AKIA|ASIA)[A-Z2-7]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[abp]-[0-9A-Za-z-]{10,}|"
        "-----BEGIN[A-Z ]*PRIVATE KEY-----|"
        "(password|secret|token)[\"' ]*[:=][\"' ]*[A-Za-z0-9]{12,}",
        joined);
  });
  fs::remove(joined);
  fs::remove(joined + ".count");
  const double megabytes = static_cast<double>(bytes) / 1e6;
  std::printf(
      "{\"bench\":\"scan_secrets\",\"files\":%zu,\"bytes\":%zu,\"rounds\":%d,"
      "\"findings\":%zu,\"mb_per_s\":{\"scan\":%.1f,\"redact\":%.1f,\"with_held\":%.1f,\"grep\":%."
      "1f},"
      "\"scan_to_grep\":%.2f}\n",
      files.size(), bytes, rounds, findings, megabytes / scanned, megabytes / redacted,
      megabytes / with_held, megabytes / plain, plain / scanned);
  return kept == 0 && bytes > 0 ? 1 : 0;
}
