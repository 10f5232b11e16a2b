// Pull requests of github.hpp.
#include "runtime/forge/github.hpp"
#include "runtime/forge/github_turn.hpp"
#include "runtime/forge/json_facts.hpp"

#include <algorithm>
#include <utility>

namespace skein::forge {
namespace {

using json = nlohmann::json;

constexpr std::size_t most_title = 256;
constexpr std::size_t most_body = 65'536;  // characters; the forge refuses more

/// Why these cannot be asked for; empty: they can.
std::string complaint(const repository_name& where, std::int64_t number) {
  if (!is_repository_name(where.owner + "/" + where.name)) {
    return "not a repository's name: " + github::shown(where.owner + "/" + where.name);
  }
  return number > 0 ? "" : "not a pull request's number: " + std::to_string(number);
}

/// Accounts, repositories and branches of one forge: names differ by more than case.
bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return lower(x) == lower(y);
  });
}

answer<pull_request> one(const github::spoken& got) {
  if (got.how.end != outcome::done) return ended<pull_request>(got);
  auto read = github::read_pull_request(got.body);
  return read ? answer<pull_request>::of(std::move(*read), got.status) : ended<pull_request>(got);
}

answer<nothing> only_end(const github::spoken& got) {
  if (got.how.end == outcome::done) return answer<nothing>::of({}, got.status);
  return ended<nothing>(got);
}

}  // namespace

answer<std::optional<pull_request>> github_forge::find_pull_request(const repository_name& where,
                                                                    const std::string& head_branch,
                                                                    const std::string& marker,
                                                                    const call_limits& limits) {
  using found = std::optional<pull_request>;
  if (const auto why = complaint(where, 1); !why.empty()) return answer<found>::no(why);
  if (!is_branch_name(head_branch) || marker.empty()) {
    return answer<found>::no("not a branch and marker to look for");
  }
  turn here(session_, where, limits);
  found best;
  bool readable = true;
  bool complete = false;
  const auto got =
      here.pages(github::list_by_head(where, head_branch), complete, [&](const json& body) {
        readable = readable && body.is_array();
        for (const auto& item : body) {
          auto read = github::read_pull_request(item);
          if (!read) {
            readable = false;
            continue;
          }
          // A forge that ignores `head=` lists others too; a fork's branch may have the same name.
          if (read->head_branch != head_branch ||
              !same_name(read->head_repository, where.owner + "/" + where.name) ||
              read->body.find(marker) == std::string::npos) {
            continue;
          }
          if (!best || (read->open && !best->open)) best = std::move(read);
        }
        return readable && !(best && best->open);
      });
  if (got.how.end != outcome::done) return ended<found>(got);
  if (best && (best->open || complete)) return answer<found>::of(std::move(best), got.status);
  // Nothing was found in a list that was cut short: that is not the same as nothing.
  if (!readable || !complete) return ended<found>(got);
  return answer<found>::of(std::nullopt, got.status);
}

answer<pull_request> github_forge::read_pull_request(const repository_name& where,
                                                     std::int64_t number,
                                                     const call_limits& limits) {
  if (const auto why = complaint(where, number); !why.empty()) {
    return answer<pull_request>::no(why);
  }
  turn here(session_, where, limits);
  auto out = one(here.ask(github::get_pull_request(where, number)));
  if (!out.done() || out.value->open || out.value->merged) return out;
  const auto issue = here.ask(github::get_issue(where, number));
  // A token that may not read issues does not learn it; who it was then stays open.
  if (issue.how.end == outcome::refused) return out;
  if (issue.how.end != outcome::done) return ended<pull_request>(issue);
  const json& who = object_in(issue.body, "closed_by");
  out.value->closed_by = text_in(who, "login");
  out.value->closed_by_bot = text_in(who, "type") == "Bot";
  return out;
}

answer<listed<pull_request>> github_forge::list_open(const repository_name& where,
                                                     const std::string& head_prefix,
                                                     std::size_t most, const call_limits& limits) {
  using found = listed<pull_request>;
  if (const auto why = complaint(where, 1); !why.empty()) return answer<found>::no(why);
  turn here(session_, where, limits);
  found out;
  bool complete = false;
  bool readable = true;
  const auto got = here.pages(github::list_open(where), complete, [&](const json& body) {
    readable = readable && body.is_array();
    for (const auto& item : body) {
      auto read = github::read_pull_request(item);
      if (!read) {
        readable = false;
        continue;
      }
      if (!read->head_branch.starts_with(head_prefix) ||
          !same_name(read->head_repository, where.owner + "/" + where.name)) {
        continue;
      }
      if (out.items.size() == most) return false;
      out.items.push_back(std::move(*read));
    }
    return readable;
  });
  if (got.how.end != outcome::done || !readable) return ended<found>(got);
  out.complete = complete;
  return answer<found>::of(std::move(out), got.status);
}

answer<pull_request> github_forge::create_pull_request(const repository_name& where,
                                                       const new_pull_request& wanted,
                                                       const call_limits& limits) {
  if (const auto why = complaint(where, 1); !why.empty()) return answer<pull_request>::no(why);
  if (!is_branch_name(wanted.head_branch) || !is_branch_name(wanted.base_branch)) {
    return answer<pull_request>::no("not two branches: " + github::shown(wanted.head_branch) +
                                    " and " + github::shown(wanted.base_branch));
  }
  if (wanted.title.empty() || wanted.title.size() > most_title || wanted.body.size() > most_body) {
    return answer<pull_request>::no("title or body has no length that the forge takes");
  }
  turn here(session_, where, limits);
  return one(here.ask(github::create(where, wanted)));
}

answer<pull_request> github_forge::update_pull_request(const repository_name& where,
                                                       std::int64_t number,
                                                       const pull_request_change& change,
                                                       const call_limits& limits) {
  if (const auto why = complaint(where, number); !why.empty()) {
    return answer<pull_request>::no(why);
  }
  turn here(session_, where, limits);
  github::spoken now;
  if (change.title || change.body) {
    now = here.ask(github::update(where, number, change));
  } else {
    now = here.ask(github::get_pull_request(where, number));
  }
  auto out = one(now);
  if (!out.done() || !change.draft || out.value->draft == *change.draft) return out;
  const auto got = here.ask(github::change_draft(text_in(now.body, "node_id"), *change.draft));
  if (got.how.end != outcome::done) return ended<pull_request>(got);
  // GraphQL says 200 to everything; what it did stands in the body.
  if (!array_in(got.body, "errors").empty()) {
    return answer<pull_request>::no(
        "change the draft state: " + github::shown(text_in(got.body["errors"][0], "message")),
        got.status);
  }
  out.value->draft = *change.draft;
  return out;
}

answer<pull_request> github_forge::close_pull_request(const repository_name& where,
                                                      std::int64_t number,
                                                      const call_limits& limits) {
  if (const auto why = complaint(where, number); !why.empty()) {
    return answer<pull_request>::no(why);
  }
  turn here(session_, where, limits);
  return one(here.ask(github::close(where, number)));
}

answer<nothing> github_forge::comment(const repository_name& where, std::int64_t number,
                                      const std::string& text, const std::string& marker,
                                      const call_limits& limits) {
  if (const auto why = complaint(where, number); !why.empty()) return answer<nothing>::no(why);
  if (marker.empty() || text.find(marker) == std::string::npos || text.size() > most_body) {
    return answer<nothing>::no("the comment is too long or does not hold its marker");
  }
  turn here(session_, where, limits);
  bool there = false;
  bool readable = true;
  bool complete = false;
  const auto known =
      here.pages(github::list_comments(where, number), complete, [&](const json& body) {
        readable = readable && body.is_array();
        there = there || std::any_of(body.begin(), body.end(), [&](const json& each) {
                  return text_in(each, "body").find(marker) != std::string::npos;
                });
        return !there;
      });
  if (known.how.end != outcome::done || !readable) return ended<nothing>(known);
  if (there) return answer<nothing>::of({}, known.status);
  if (!complete) return answer<nothing>::no("too many comments to see whether it is there");
  return only_end(here.ask(github::comment(where, number, text)));
}

answer<nothing> github_forge::add_labels(const repository_name& where, std::int64_t number,
                                         const std::vector<std::string>& labels,
                                         const call_limits& limits) {
  if (const auto why = complaint(where, number); !why.empty()) return answer<nothing>::no(why);
  if (labels.empty()) return answer<nothing>::of({});
  if (labels.size() > 100) return answer<nothing>::no("more than 100 labels");
  turn here(session_, where, limits);
  return only_end(here.ask(github::add_labels(where, number, labels)));
}

answer<nothing> github_forge::request_reviewers(const repository_name& where, std::int64_t number,
                                                const std::vector<std::string>& users,
                                                const std::vector<std::string>& teams,
                                                const call_limits& limits) {
  if (const auto why = complaint(where, number); !why.empty()) return answer<nothing>::no(why);
  if (users.empty() && teams.empty()) return answer<nothing>::of({});
  turn here(session_, where, limits);
  return only_end(here.ask(github::request_reviewers(where, number, users, teams)));
}

}  // namespace skein::forge
