#include "cli/task_files.hpp"

#include "cli/output.hpp"
#include "cli/render/printable.hpp"
#include "schema/document.hpp"
#include "schema/names.hpp"

#include <unistd.h>

#include <filesystem>
#include <variant>

namespace skein::cli {

namespace {

void complain(const std::string& what, const std::string& hint) {
  write_all(STDERR_FILENO, "error: " + printable(what) + "\n" +
                               (hint.empty() ? "" : "hint: " + printable(hint) + "\n"));
}

std::optional<std::vector<schema::document>> read(const std::string& path) {
  auto loaded = schema::load_file(path);
  for (const auto& problem : loaded.problems) complain(schema::to_string(problem), {});
  if (!loaded.problems.empty()) return std::nullopt;
  return std::move(loaded.documents);
}

bool is_remote(const std::string& url) {
  const auto colon = url.find(':');
  return colon != std::string::npos && url.find('/') >= colon;
}

bool put_repo(schema::task& task, const std::string& url) {
  if (const auto problem = schema::repo_url_problem(url)) {
    complain("repository " + url + " cannot be used: " + *problem,
             "give a path, file://, https://, ssh:// or git@host:path");
    return false;
  }
  const auto absolute = absolute_repo(url);
  // A commit belongs to one repository only.
  if (task.spec.repo.url != absolute) task.spec.repo.commit.clear();
  task.spec.repo.url = absolute;
  return true;
}

}  // namespace

std::string absolute_repo(const std::string& url) {
  if (url.empty() || is_remote(url)) return url;
  std::error_code failed;
  auto path = std::filesystem::absolute(url, failed);
  if (failed) return url;
  path = path.lexically_normal();
  // `dir/` and `dir` are one repository.
  if (!path.has_filename() && path.has_parent_path() && path != path.root_path()) {
    path = path.parent_path();
  }
  return path.string();
}

std::optional<std::vector<schema::task>> read_tasks(const std::string& path,
                                                    const std::vector<std::string>& repos) {
  const auto documents = read(path);
  if (!documents) return std::nullopt;
  std::vector<schema::task> out;
  for (const auto& document : *documents) {
    if (std::holds_alternative<schema::campaign>(document)) {
      complain(path + " holds a campaign, `skein run` takes tasks",
               "fly it with `skein campaign run -f " + path + "`");
      return std::nullopt;
    }
    const auto* task = std::get_if<schema::task>(&document);
    if (task == nullptr) {
      complain(path + " holds a document that is no task", "expected kind: Task");
      return std::nullopt;
    }
    if (repos.empty()) {
      out.push_back(*task);
      out.back().spec.repo.url = absolute_repo(task->spec.repo.url);
    }
    for (const auto& url : repos) {
      out.push_back(*task);
      if (!put_repo(out.back(), url)) return std::nullopt;
    }
  }
  return out;
}

std::optional<schema::campaign> read_campaign(const std::string& path) {
  auto documents = read(path);
  if (!documents) return std::nullopt;
  if (documents->size() != 1) {
    complain(path + " holds " + std::to_string(documents->size()) + " documents",
             "a campaign stands in a file of its own");
    return std::nullopt;
  }
  if (std::holds_alternative<schema::task>(documents->front())) {
    complain(path + " holds a task, `skein campaign run` takes a campaign",
             "fly it with `skein run -f " + path + "`");
    return std::nullopt;
  }
  auto* campaign = std::get_if<schema::campaign>(&documents->front());
  if (campaign == nullptr) {
    complain(path + " holds a document that is no campaign", "expected kind: Campaign");
    return std::nullopt;
  }
  return std::move(*campaign);
}

}  // namespace skein::cli
