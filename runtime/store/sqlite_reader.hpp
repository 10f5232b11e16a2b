// The queries, on a connection of its own or on the writer's.
#pragma once

#include "runtime/store/connection.hpp"
#include "runtime/store/reader.hpp"

namespace skein::store {

class sqlite_reader final : public reader {
 public:
  /// On somebody else's connection, which must outlive it.
  explicit sqlite_reader(connection& on) : connection_(on) {}
  explicit sqlite_reader(std::unique_ptr<connection> on)
      : owned_(std::move(on)), connection_(*owned_) {}

  // read_runs.cpp
  [[nodiscard]] result<std::string> resolve_run(const std::string& prefix) const override;
  [[nodiscard]] result<schema::run> run(const std::string& id) const override;
  [[nodiscard]] result<std::vector<schema::run>> runs(const run_filter& filter) const override;
  [[nodiscard]] result<std::uint64_t> count_runs(const run_filter& filter) const override;
  [[nodiscard]] result<std::string> task_json(const std::string& sha256) const override;
  [[nodiscard]] result<std::vector<schema::run>> interrupted() const override;
  [[nodiscard]] result<std::uint64_t> queue_position(const std::string& run_id) const override;

  // read_queue.cpp
  [[nodiscard]] result<std::vector<queued_run>> queued(const queue_filter& filter) const override;
  [[nodiscard]] result<std::vector<queued_run>> lane(const lane_filter& filter) const override;
  [[nodiscard]] result<queue_counts> count_queue(const std::string& campaign) const override;

  // read_timetables.cpp
  [[nodiscard]] result<std::vector<timetable_row>> timetables() const override;

  // read_usage.cpp
  [[nodiscard]] result<std::vector<campaign_usage>> campaign_use(
      const std::string& tenant) const override;
  [[nodiscard]] result<std::vector<opened_pull_request>> opened_since(
      const std::string& tenant, std::int64_t since_ms) const override;
  [[nodiscard]] result<std::vector<std::int64_t>> ends(const std::string& campaign) const override;

  // read_records.cpp
  [[nodiscard]] result<campaign_row> campaign(const std::string& name) const override;
  [[nodiscard]] result<std::vector<campaign_row>> campaigns() const override;
  [[nodiscard]] result<std::vector<wave_totals>> totals(const std::string& campaign) const override;
  [[nodiscard]] result<std::vector<event_row>> events(const std::string& run_id,
                                                      std::int64_t after_seq,
                                                      std::uint32_t limit) const override;
  [[nodiscard]] result<std::vector<switch_row>> switches() const override;
  [[nodiscard]] result<std::optional<schema::verdict>> baseline(
      const std::string& repo_url, const std::string& commit,
      const std::string& digest) const override;
  [[nodiscard]] result<std::optional<outbox_row>> intent(const std::string& run_id) const override;
  [[nodiscard]] result<std::vector<outbox_row>> open_intents() const override;
  [[nodiscard]] result<std::vector<tenant_usage>> tenants() const override;

  // read_pull_requests.cpp
  [[nodiscard]] result<std::vector<pull_request_row>> pull_requests(
      const pull_request_filter& filter) const override;
  [[nodiscard]] result<pull_request_totals> pull_request_figures(
      const std::string& campaign) const override;

  // read_approvals.cpp
  [[nodiscard]] result<std::vector<schema::approval>> approvals(
      const approval_filter& filter) const override;
  [[nodiscard]] result<std::vector<incident_row>> incidents(const std::string& run_id,
                                                            const std::string& tenant,
                                                            std::uint32_t limit) const override;

  // verify_chain.cpp
  [[nodiscard]] result<std::uint64_t> verify_chain() const override;

 private:
  std::unique_ptr<connection> owned_;
  connection& connection_;
};

}  // namespace skein::store
