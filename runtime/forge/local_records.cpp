// See local_records.hpp.
#include "runtime/forge/local_records.hpp"

#include "runtime/forge/json_facts.hpp"
#include "schema/identity.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace skein::forge {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::json;

json to_json(const local_record& record) {
  const pull_request& pull = record.pull;
  json comments = json::array();
  for (const auto& one : record.comments)
    comments.push_back({{"text", one.text}, {"at", one.at_s}});
  return {{"number", pull.number},
          {"title", pull.title},
          {"body", pull.body},
          {"headBranch", pull.head_branch},
          {"headCommit", pull.head_commit},
          {"headRepository", pull.head_repository},
          {"baseBranch", pull.base_branch},
          {"open", pull.open},
          {"draft", pull.draft},
          {"merged", pull.merged},
          {"closedBy", pull.closed_by},
          {"closedByBot", pull.closed_by_bot},
          {"created", pull.created_s},
          {"updated", pull.updated_s},
          {"labels", pull.labels},
          {"comments", std::move(comments)},
          {"users", record.users},
          {"teams", record.teams}};
}

std::vector<std::string> texts_in(const json& from, const char* key) {
  std::vector<std::string> out;
  for (const auto& one : array_in(from, key)) {
    if (one.is_string()) out.push_back(one.get<std::string>());
  }
  return out;
}

local_record from_json(const json& from) {
  local_record out;
  pull_request& pull = out.pull;
  pull.number = number_in(from, "number");
  pull.title = text_in(from, "title");
  pull.body = text_in(from, "body");
  pull.head_branch = text_in(from, "headBranch");
  pull.head_commit = text_in(from, "headCommit");
  pull.head_repository = text_in(from, "headRepository");
  pull.base_branch = text_in(from, "baseBranch");
  pull.author = "skein";
  pull.open = flag_in(from, "open");
  pull.draft = flag_in(from, "draft");
  pull.merged = flag_in(from, "merged");
  pull.closed_by = text_in(from, "closedBy");
  pull.closed_by_bot = flag_in(from, "closedByBot");
  pull.created_s = number_in(from, "created");
  pull.updated_s = number_in(from, "updated");
  pull.labels = texts_in(from, "labels");
  for (const auto& one : array_in(from, "comments")) {
    out.comments.push_back({text_in(one, "text"), number_in(one, "at")});
  }
  out.users = texts_in(from, "users");
  out.teams = texts_in(from, "teams");
  return out;
}

fs::path file_of(const fs::path& directory, std::int64_t number) {
  return directory / (std::to_string(number) + ".json");
}

result<> write_and_sync(const fs::path& path, const std::string& text) {
  const int opened = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (opened < 0) return errno_error("write " + path.string(), errno);
  std::size_t done = 0;
  int failed = 0;
  while (failed == 0 && done < text.size()) {
    const ssize_t more = ::write(opened, text.data() + done, text.size() - done);
    if (more >= 0) {
      done += static_cast<std::size_t>(more);
    } else if (errno != EINTR) {
      failed = errno;
    }
  }
  if (failed == 0 && ::fsync(opened) != 0) failed = errno;
  ::close(opened);
  if (failed != 0) return errno_error("write " + path.string(), failed);
  return {};
}

}  // namespace

result<local_record> read_record(const fs::path& directory, std::int64_t number) {
  const fs::path path = file_of(directory, number);
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return error{errc::not_found, "there is no pull request " + std::to_string(number), ""};
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto read = parse_json(text);
  if (!read || number_in(*read, "number") != number || text_in(*read, "headBranch").empty()) {
    return error{errc::corrupt, "pull request record " + path.string() + " cannot be read",
                 "restore it or remove it"};
  }
  return from_json(*read);
}

result<std::vector<local_record>> read_records(const fs::path& directory) {
  std::vector<std::int64_t> numbers;
  std::error_code failed;
  for (fs::directory_iterator at(directory, failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string name = at->path().filename().string();
    std::int64_t number = 0;
    const auto [rest, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (wrong == std::errc{} && number > 0 && std::string_view(rest) == ".json") {
      numbers.push_back(number);
    }
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return error{errc::io, "list " + directory.string() + ": " + failed.message(), ""};
  }
  std::sort(numbers.begin(), numbers.end());
  std::vector<local_record> out;
  for (const auto number : numbers) {
    SKEIN_TRY(record, read_record(directory, number));
    out.push_back(std::move(record));
  }
  return out;
}

result<> write_record(const fs::path& directory, const local_record& record) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) {
    return error{errc::io, "make " + directory.string() + ": " + failed.message(), ""};
  }
  const fs::path path = file_of(directory, record.pull.number);
  const fs::path fresh = directory / (std::to_string(record.pull.number) + ".new");
  SKEIN_CHECK(write_and_sync(fresh, schema::dump(to_json(record), 2) + "\n"));
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return errno_error("replace " + path.string(), errno);
  }
  const int opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return errno_error("open " + directory.string(), errno);
  const int synced = ::fsync(opened);
  const int why = errno;
  ::close(opened);
  if (synced != 0) return errno_error("sync " + directory.string(), why);
  return {};
}

}  // namespace skein::forge
