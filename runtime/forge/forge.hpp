// A forge as the rest of the program sees it: pull requests and what is asked about them. Behind it
// stand `github` and `local`. Not the git transport (runtime/git) and not the decision whether to
// publish (pull_request_life.hpp).
#pragma once

#include "schema/error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::forge {

enum class outcome {
  done,
  refused,       ///< the forge said no, or this side did before it sent anything; repeating is vain
  rate_limited,  ///< nothing was done; may be repeated after `wait_ms`
  unknown        ///< of a write: perhaps done. Only looking for branch and marker may settle it
};

/// What became of one call. `value` is there exactly when it is `done`.
template <class T>
struct answer {
  outcome end = outcome::unknown;
  std::optional<T> value;
  std::string reason;           ///< one bounded line, without secrets
  int status = 0;               ///< HTTP status; 0: none came
  std::int64_t wait_ms = 0;     ///< of `rate_limited`: from now
  bool exists_already = false;  ///< of `refused`: there is one for this branch

  [[nodiscard]] bool done() const { return end == outcome::done; }
  static answer of(T made, int status = 200) {
    return {outcome::done, std::move(made), {}, status, 0, false};
  }
  static answer no(std::string why, int status = 0) {
    return {outcome::refused, std::nullopt, std::move(why), status, 0, false};
  }
  /// The same end without a value.
  template <class U>
  static answer as(const answer<U>& other) {
    return {other.end,    std::nullopt,  other.reason,
            other.status, other.wait_ms, other.exists_already};
  }
};
struct nothing {};

/// How long one call may take altogether, and who may end it early (then: unknown).
struct call_limits {
  std::chrono::milliseconds deadline{30'000};
  std::stop_token stop;
};

struct repository_name {
  std::string owner;
  std::string name;
  friend bool operator==(const repository_name&, const repository_name&) = default;
};
/// True for `owner/name` of characters that a forge gives out.
[[nodiscard]] bool is_repository_name(std::string_view text);
[[nodiscard]] std::optional<repository_name> parse_repository_name(std::string_view text);
/// True for a name that git takes for a branch and that can stand in an address.
[[nodiscard]] bool is_branch_name(std::string_view text);

struct repository_facts {
  repository_name name;
  std::string default_branch;
  std::string clone_url;
  bool archived = false;
  bool is_private = false;
  bool fork = false;
};

struct pull_request {
  std::int64_t number = 0;
  std::string url;  ///< for people
  std::string title;
  std::string body;
  std::string head_branch;
  std::string head_commit;
  std::string head_repository;  ///< owner/name; empty: deleted
  std::string base_branch;
  std::string author;
  bool open = false;
  bool draft = false;
  bool merged = false;
  std::optional<bool> mergeable;  ///< none: the forge has not found out yet, or never does
  bool behind = false;            ///< it must have what its base has before it may be merged
  std::string closed_by;          ///< login; only where it was asked for and the forge says
  bool closed_by_bot = false;
  std::int64_t created_s = 0;  ///< since 1970
  std::int64_t updated_s = 0;
  std::vector<std::string> labels;
};

struct new_pull_request {
  std::string title;
  std::string body;
  std::string head_branch;
  std::string base_branch;
  bool draft = false;
};

struct pull_request_change {
  std::optional<std::string> title;
  std::optional<std::string> body;
  std::optional<bool> draft;
};

enum class check_state { pending, passed, failed };
struct check {
  std::string name;
  check_state state = check_state::pending;
  std::string url;
  std::string output = {};  ///< what it says of itself, cut to 4 KiB; of strangers, like the rest
};
struct check_summary {
  check_state state = check_state::pending;  ///< failed before pending before passed
  std::vector<check> checks;                 ///< empty: none reported; then the state is pending
  bool complete = true;                      ///< false: there are more than were read
};

template <class T>
struct listed {
  std::vector<T> items;
  bool complete = true;  ///< false: more than were asked for, or than the forge tells
};

/// Every function blocks, at most for its deadline. One thread at a time may use an object.
class forge {
 public:
  virtual ~forge() = default;

  [[nodiscard]] virtual answer<repository_facts> find_repository(const repository_name& where,
                                                                 const call_limits& limits) = 0;
  /// `selector` as in `org:acme language:c`.
  [[nodiscard]] virtual answer<listed<repository_facts>> search_repositories(
      const std::string& selector, std::size_t most, const call_limits& limits) = 0;

  /// Open or closed, of exactly this branch of this repository (never of a fork), whose body
  /// carries the marker; nothing when there is none. An open one before a closed one.
  [[nodiscard]] virtual answer<std::optional<pull_request>> find_pull_request(
      const repository_name& where, const std::string& head_branch, const std::string& marker,
      const call_limits& limits) = 0;
  [[nodiscard]] virtual answer<pull_request> read_pull_request(const repository_name& where,
                                                               std::int64_t number,
                                                               const call_limits& limits) = 0;
  /// Open ones whose branch begins with `head_prefix`, at most `most`.
  [[nodiscard]] virtual answer<listed<pull_request>> list_open(const repository_name& where,
                                                               const std::string& head_prefix,
                                                               std::size_t most,
                                                               const call_limits& limits) = 0;
  /// One call to the forge. Not to be called by itself: see open_once() in open_once.hpp.
  [[nodiscard]] virtual answer<pull_request> create_pull_request(const repository_name& where,
                                                                 const new_pull_request& wanted,
                                                                 const call_limits& limits) = 0;
  [[nodiscard]] virtual answer<pull_request> update_pull_request(const repository_name& where,
                                                                 std::int64_t number,
                                                                 const pull_request_change& change,
                                                                 const call_limits& limits) = 0;
  [[nodiscard]] virtual answer<pull_request> close_pull_request(const repository_name& where,
                                                                std::int64_t number,
                                                                const call_limits& limits) = 0;

  /// A comment that holds `marker` is written once: if one is there, that is `done`.
  [[nodiscard]] virtual answer<nothing> comment(const repository_name& where, std::int64_t number,
                                                const std::string& text, const std::string& marker,
                                                const call_limits& limits) = 0;
  /// Adds; labels that are there stay.
  [[nodiscard]] virtual answer<nothing> add_labels(const repository_name& where,
                                                   std::int64_t number,
                                                   const std::vector<std::string>& labels,
                                                   const call_limits& limits) = 0;
  /// Team slugs without the organisation. `refused` when one of them may not review.
  [[nodiscard]] virtual answer<nothing> request_reviewers(const repository_name& where,
                                                          std::int64_t number,
                                                          const std::vector<std::string>& users,
                                                          const std::vector<std::string>& teams,
                                                          const call_limits& limits) = 0;

  /// Check runs and commit statuses together.
  [[nodiscard]] virtual answer<check_summary> read_checks(const repository_name& where,
                                                          const std::string& commit,
                                                          const call_limits& limits) = 0;
  /// A file of a branch or commit; nothing when it is not there. More than `most_bytes`, or no
  /// file: refused with status 200.
  [[nodiscard]] virtual answer<std::optional<std::string>> read_file(const repository_name& where,
                                                                     const std::string& path,
                                                                     const std::string& reference,
                                                                     std::size_t most_bytes,
                                                                     const call_limits& limits) = 0;
  /// What git is told as a password for this repository, over https; empty: nothing is needed. Short-
  /// lived where the forge has such: ask again for every use.
  [[nodiscard]] virtual answer<std::string> git_secret(const repository_name& where,
                                                       const call_limits& limits) = 0;
  /// Only while it is at `commit` (empty: wherever it is); absent counts as done.
  [[nodiscard]] virtual answer<nothing> delete_branch(const repository_name& where,
                                                      const std::string& branch,
                                                      const std::string& commit,
                                                      const call_limits& limits) = 0;
};

}  // namespace skein::forge
