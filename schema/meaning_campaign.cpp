// The rules of a campaign's spec.
#include "schema/meaning.hpp"
#include "schema/names.hpp"
#include "schema/quantity.hpp"
#include "schema/text.hpp"

#include <set>

namespace skein::schema::detail {

using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

void check_repos(const scope_of_check& spec) {
  std::set<std::string> seen;
  for (const scope_of_check& entry : spec.each("repos")) {
    entry.exactly_one({"url", "file", "glob", "github"});
    for (const char* key : {"file", "glob", "github"}) entry.line(key);
    if (entry.has("url")) {
      const std::string url = entry.text("url");
      if (const auto problem = repo_url_problem(url)) {
        entry.at("url").wrong("not a usable address: " + *problem,
                              "a path, file://, https://, ssh:// or git@host:path");
      }
      if (!seen.insert(url + '\n' + entry.text("branch")).second) {
        entry.wrong("repository " + in_quotes(url) + " is there twice", "each repository once");
      }
    } else if (entry.has("branch")) {
      entry.at("branch").wrong_key("key \"branch\" without url", "it beside url");
    }
    if (entry.has("branch") && !is_branch(entry.text("branch"))) {
      entry.at("branch").wrong("not a branch name: " + in_quotes(entry.text("branch")),
                               "a git branch such as main");
    }
  }
}

void check_waves(const scope_of_check& spec) {
  const std::vector<scope_of_check> waves = spec.each("waves");
  for (const scope_of_check& wave : waves) {
    wave.exactly_one({"size", "label", "owner", "rest"});
    if (wave.has("rest") && &wave != &waves.back()) {
      wave.wrong("rest leaves nothing for the waves after it", "rest only in the last wave");
    }
    if (!wave.text("size").empty() || (wave.has("size") && wave.value()["size"].is_string())) {
      const auto percent = parse_percent(wave.text("size"));
      if (!percent || *percent <= 0) {
        wave.at("size").wrong("not a wave size: " + in_quotes(wave.text("size")),
                              "a number of repositories or a percentage such as 25%");
      }
    }
    if (wave.has("requireSuccess") && !share_of(wave.value()["requireSuccess"])) {
      wave.at("requireSuccess")
          .wrong("not a share: " + wave.value()["requireSuccess"].dump(), "80% or 0.8");
    }
    for (const char* key : {"label", "owner"}) wave.line(key);
    wave.duration("soak", milliseconds{0}, hours{24 * 30});
  }
}

void check_schedule(const scope_of_check& schedule) {
  if (!looks_like_cron(schedule.text("cron"))) {
    schedule.at("cron").wrong("not a cron expression: " + in_quotes(schedule.text("cron")),
                              "five fields such as 0 1 * * 1-5");
  }
  if (schedule.has("window") && !is_day_window(schedule.text("window"))) {
    schedule.at("window").wrong("not a window: " + in_quotes(schedule.text("window")),
                                "HH:MM-HH:MM such as 01:00-06:00");
  }
  for (const char c : schedule.text("timezone")) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '/' || c == '+' || c == '-';
    if (!fine) {
      schedule.at("timezone")
          .wrong("not a time zone: " + in_quotes(schedule.text("timezone")),
                 "a name such as Europe/Berlin");
      break;
    }
  }
}

}  // namespace

void check_campaign_spec(const scope_of_check& spec) {
  check_task_spec(spec.at("task"));
  check_repos(spec);
  check_waves(spec);
  for (const char* key : {"maxFailureRate", "maxVetoRate"}) {
    if (!spec.has("limits")) break;
    const auto limits = spec.at("limits");
    if (limits.has(key) && !share_of(limits.value()[key])) {
      limits.at(key).wrong("not a share: " + limits.value()[key].dump(), "20% or 0.2");
    }
  }
  if (spec.has("schedule")) check_schedule(spec.at("schedule"));
}

}  // namespace skein::schema::detail
