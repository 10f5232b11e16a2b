// Takes one pull request through its life on a GitHub interface that somebody else wrote; run by
// github.sh. Prints one line a step; ends with 1 when one of them was not as it must be.
#include "runtime/forge/github.hpp"
#include "runtime/forge/open_once.hpp"
#include "runtime/forge/pull_request_life.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace skein;
using namespace skein::forge;

bool all_good = true;

void say(const char* step, bool good, const std::string& why) {
  all_good = all_good && good;
  std::printf("%s %s%s%s\n", good ? "ok  " : "FAIL", step, why.empty() ? "" : ": ", why.c_str());
}

template <class T>
bool step(const char* name, const answer<T>& got) {
  say(name, got.done(), got.done() ? "" : got.reason);
  return got.done();
}

std::int64_t milliseconds_since_1970() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int walk(const std::string& url, const repository_name& where, const std::string& branch) {
  github::options wanted;
  wanted.base_url = url;
  wanted.with.token = [] { return read_secret("env:SKEIN_INTEROP_TOKEN"); };
  wanted.now_ms = milliseconds_since_1970;
  wanted.now_s = [] { return milliseconds_since_1970() / 1000; };
  auto settings = github::checked(wanted);
  if (!settings) {
    std::fprintf(stderr, "%s\n", settings.error().message.c_str());
    return 2;
  }
  http::client client;
  rate_limits limits;
  limits.write_distance_ms = 0;
  rate_buckets rates(limits);
  github_forge hub(*settings, client, rates);
  const call_limits each{std::chrono::seconds(60), {}};
  const std::string marker = marker_of_run("interop");

  const auto repository = hub.find_repository(where, each);
  if (!step("find the repository", repository)) return 1;
  const auto search = hub.search_repositories("user:" + where.owner, 50, each);
  step("search", search);
  if (search.done()) say("search finds something", !search.value->items.empty(), "");
  step("read a file",
       hub.read_file(where, "README.md", repository.value->default_branch, 1U << 20, each));
  const auto absent =
      hub.read_file(where, "CODEOWNERS", repository.value->default_branch, 1U << 20, each);
  if (step("read a file that is not there", absent)) {
    say("it is not there", !absent.value->has_value(), "");
  }

  new_pull_request pull;
  pull.title = "Interop";
  pull.body = "text\n" + marker + "f -->\n";
  pull.head_branch = branch;
  pull.base_branch = repository.value->default_branch;
  pull.draft = true;
  const auto none = reconcile(hub, where, branch, marker, each);
  say("nothing there yet", none.end == outcome::refused && none.status == 404, none.reason);
  const auto made = open_once(hub, where, pull, marker, each);
  if (!step("create", made)) return 1;
  say("created as a draft", made.value->how == opened_as::created && made.value->pull.draft, "");
  const std::int64_t number = made.value->pull.number;
  const auto again = open_once(hub, where, pull, marker, each);
  if (step("create again", again)) {
    say("the same one", again.value->pull.number == number, "");
  }
  const auto listed = hub.list_open(where, "skein/", 50, each);
  if (step("list", listed)) say("one is open", listed.value->items.size() == 1, "");
  const auto updated = hub.update_pull_request(where, number, {"New title", {}, {}}, each);
  if (step("update", updated)) say("the title is new", updated.value->title == "New title", "");
  step("label", hub.add_labels(where, number, {"migration", "skein"}, each));
  step("request a reviewer", hub.request_reviewers(where, number, {"alice"}, {}, each));
  step("comment", hub.comment(where, number, "hello [m]", "[m]", each));
  step("comment again", hub.comment(where, number, "hello [m]", "[m]", each));
  // emulate 0.12.2 has check runs but no commit statuses.
  const auto checks = hub.read_checks(where, made.value->pull.head_commit, each);
  if (checks.status == 404) {
    std::printf("hole checks: %s\n", checks.reason.c_str());
  } else {
    step("checks", checks);
  }
  step("close", hub.close_pull_request(where, number, each));
  const auto closed = hub.read_pull_request(where, number, each);
  if (step("read", closed)) say("it is closed", !closed.value->open && !closed.value->merged, "");
  const auto found = open_once(hub, where, pull, marker, each);
  if (step("open after it was closed", found)) {
    say("stays closed", found.value->how == opened_as::found_closed, "");
  }
  step("delete the branch", hub.delete_branch(where, branch, made.value->pull.head_commit, each));
  step("delete it again", hub.delete_branch(where, branch, made.value->pull.head_commit, each));
  return all_good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: github_peer URL OWNER/NAME BRANCH\n");
    return 2;
  }
  const auto where = skein::forge::parse_repository_name(argv[2]);
  if (!where) {
    std::fprintf(stderr, "not a repository's name: %s\n", argv[2]);
    return 2;
  }
  return walk(argv[1], *where, argv[3]);
}
