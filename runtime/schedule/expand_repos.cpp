#include "runtime/schedule/expand_repos.hpp"

#include <glob.h>

#include <algorithm>
#include <fstream>
#include <unordered_set>

namespace skein::schedule {

namespace {

constexpr std::size_t most_repositories = 100'000;
constexpr std::size_t longest_line = 4096;

bool is_path(const std::string& url) {
  return url.find("://") == std::string::npos &&
         (url.starts_with('/') || url.starts_with('.') || url.find(':') == std::string::npos);
}

class collector {
 public:
  explicit collector(std::filesystem::path directory) : directory_(std::move(directory)) {}

  [[nodiscard]] result<> add(const std::string& url, const std::string& branch,
                             const std::string& place) {
    const auto control = std::find_if(url.begin(), url.end(), [](unsigned char c) {
      return c < 0x20 || c == 0x7f;
    });
    if (url.empty() || control != url.end()) {
      return error{errc::invalid, place + ": repository address is empty or has a control character",
                   "one path or URL for each repository"};
    }
    const auto full = full_address(url, directory_);
    if (!seen_.insert(full + "\n" + branch).second) return {};
    if (repos_.size() == most_repositories) {
      return error{errc::invalid, place + ": more than 100000 repositories", "split the campaign"};
    }
    repos_.push_back({full, branch, {}});
    return {};
  }

  [[nodiscard]] result<> add_file(const std::string& name) {
    const auto path = directory_ / name;
    std::ifstream file(path);
    if (!file) {
      return error{errc::invalid, "repository list " + path.string() + " cannot be read",
                   "a text file with one repository path or URL on a line"};
    }
    std::string line;
    for (std::uint32_t number = 1; std::getline(file, line); ++number) {
      const auto place = path.string() + ":" + std::to_string(number);
      if (line.size() > longest_line) {
        return error{errc::invalid, place + ": line is longer than 4096 bytes", {}};
      }
      const auto first = line.find_first_not_of(" \t\r");
      if (first == std::string::npos || line[first] == '#') continue;
      const auto last = line.find_last_not_of(" \t\r");
      SKEIN_CHECK(add(line.substr(first, last - first + 1), {}, place));
    }
    return {};
  }

  [[nodiscard]] result<> add_glob(const std::string& pattern) {
    glob_t found{};
    const auto full = (directory_ / pattern).string();
    const int code = ::glob(full.c_str(), GLOB_NOSORT, nullptr, &found);
    std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + (code == 0 ? found.gl_pathc : 0));
    ::globfree(&found);
    if (paths.empty()) {
      return error{errc::invalid, "glob " + full + " matches no repository",
                   "quote the pattern and check the directory"};
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) SKEIN_CHECK(add(path, {}, "glob " + full));
    return {};
  }

  [[nodiscard]] result<> add_found(const std::string& selector, const repo_search& search) {
    if (!search) {
      return error{errc::unsupported, "selector github: " + selector + " needs a forge",
                   "set GITHUB_TOKEN or forges: in the configuration, or list the repositories by "
                   "url, file or glob"};
    }
    SKEIN_TRY(urls, search(selector));
    if (urls.empty()) {
      return error{errc::invalid, "selector github: " + selector + " finds no repository",
                   "try it in the forge's search"};
    }
    for (const auto& url : urls) SKEIN_CHECK(add(url, {}, "github: " + selector));
    return {};
  }

  [[nodiscard]] std::vector<schema::repo_spec> take() { return std::move(repos_); }

 private:
  std::filesystem::path directory_;
  std::vector<schema::repo_spec> repos_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

std::string full_address(const std::string& url, const std::filesystem::path& directory) {
  return is_path(url) ? (directory / url).lexically_normal().string() : url;
}

result<std::vector<schema::repo_spec>> expand_repos(
    const std::vector<schema::repo_selector>& selectors, const std::filesystem::path& directory,
    const repo_search& search) {
  collector all(directory);
  for (const auto& selector : selectors) {
    if (!selector.github.empty()) {
      SKEIN_CHECK(all.add_found(selector.github, search));
      continue;
    }
    if (!selector.file.empty()) {
      SKEIN_CHECK(all.add_file(selector.file));
    } else if (!selector.glob.empty()) {
      SKEIN_CHECK(all.add_glob(selector.glob));
    } else {
      SKEIN_CHECK(all.add(selector.url, selector.branch, "repos"));
    }
  }
  auto repos = all.take();
  if (repos.empty()) {
    return error{errc::invalid, "the campaign names no repository", "add entries under spec.repos"};
  }
  return repos;
}

}  // namespace skein::schedule
