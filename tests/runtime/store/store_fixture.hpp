// A state directory of its own per test, a clock that the test moves, and short ways to write the
// operations that most tests need.
#pragma once

#include "runtime/store/writer.hpp"
#include "schema/identity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace skein::store::testing {

using schema::run_state;

/// A fresh directory that removes itself.
class scratch_dir {
 public:
  scratch_dir() {
    std::string name = (std::filesystem::temp_directory_path() / "skein-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  scratch_dir(const scratch_dir&) = delete;
  scratch_dir& operator=(const scratch_dir&) = delete;
  ~scratch_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { reopen(); }

  void reopen() {
    writer_.reset();
    auto opened = writer::open(layout_, [this] { return now_ms_; });
    ASSERT_TRUE(opened) << opened.error().message;
    writer_ = std::move(*opened);
  }

  result<applied> apply(operation op) {
    auto answers = writer_->commit(std::vector<operation>{std::move(op)});
    if (answers.size() != 1) return error{errc::internal, "one answer expected", ""};
    return answers.front();
  }

  /// As apply, for operations that must succeed.
  applied must(operation op) {
    auto answer = apply(std::move(op));
    if (!answer) {
      ADD_FAILURE() << answer.error().message;
      return {};
    }
    return *answer;
  }

  schema::run stored(const std::string& id) {
    auto found = view().run(id);
    if (!found) {
      ADD_FAILURE() << found.error().message;
      return {};
    }
    return *found;
  }

  [[nodiscard]] const reader& view() const { return writer_->view(); }

  /// The kinds of a run's events, in order; of all events when `id` is empty.
  std::vector<std::string> kinds(const std::string& id = "") {
    std::vector<std::string> out;
    auto rows = view().events(id, 0, 0);
    if (!rows) {
      ADD_FAILURE() << rows.error().message;
      return out;
    }
    for (const event_row& each : *rows) out.push_back(each.kind);
    return out;
  }

  scratch_dir dir_;
  state_layout layout_{dir_.path()};
  std::int64_t now_ms_ = 1'700'000'000'000;
  std::unique_ptr<writer> writer_;
};

/// A queued run that no other one duplicates.
inline schema::run queued_run_of(const std::string& id) {
  schema::run out;
  out.id = id;
  out.task_name = "replace-old-api";
  out.fingerprint = "fingerprint of " + id;
  out.repo.url = "file:///srv/git/" + id + ".git";
  out.state = run_state::schedule;
  out.submitter = "ada";
  return out;
}

inline schema::failure failure_of(run_state state, std::string reason = "it did not work") {
  schema::failure out;
  out.state = state;
  out.cls = schema::failure_class::f5;
  out.reason = std::move(reason);
  out.safe_summary = "safe words";
  out.suggested_next_action = "look at the log";
  out.component = "verifier:unit";
  return out;
}

inline advance_run move_run(const std::string& id, std::uint32_t attempt, run_state from,
                            run_state to) {
  advance_run out;
  out.run_id = id;
  out.attempt = attempt;
  out.from = from;
  out.to = to;
  if (schema::is_final(to) && !schema::is_success(to)) out.failed = failure_of(to);
  if (to == run_state::waiting_approval) {
    out.approval = approval_request{"d1", schema::risk_level::low, 1, {"because"}, INT64_MAX};
  }
  return out;
}

/// Admission: attempt 0 in the queue → attempt 1 in prepare.
inline advance_run admit(const std::string& id) {
  advance_run out = move_run(id, 0, run_state::schedule, run_state::prepare);
  out.new_attempt = 1;
  return out;
}

inline add_campaign campaign_of(const std::string& name, const std::vector<std::string>& run_ids,
                                std::uint32_t wave_size) {
  add_campaign out;
  out.value.name = name;
  out.value.tenant = "payments";
  out.value.task.intent = "Replace old_api() by new_api().";
  out.spec_json = schema::canonical_json(schema::to_json(out.value));
  out.spec_sha256 = schema::sha256_hex(out.spec_json);
  out.by = "ada";
  for (std::size_t i = 0; i < run_ids.size(); ++i) {
    add_run each;
    each.value = queued_run_of(run_ids[i]);
    each.value.campaign = name;
    each.value.tenant = "payments";
    each.value.wave = static_cast<std::uint32_t>(i) / wave_size;
    each.eligible = each.value.wave == 0;
    out.runs.push_back(std::move(each));
  }
  return out;
}

inline std::vector<std::string> ids_of(const std::vector<queued_run>& rows) {
  std::vector<std::string> out;
  for (const queued_run& each : rows) out.push_back(each.id);
  return out;
}

}  // namespace skein::store::testing
