#include "cli/remote/remote_reader.hpp"

#include "cli/remote/row_json.hpp"
#include "schema/identity.hpp"
#include "schema/wire/protocol.hpp"

#include <optional>

namespace skein::cli::remote {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds longest_question{60};
constexpr std::chrono::minutes longest_check{10};
/// Bounds what a broken fleet can make a client gather.
constexpr std::size_t most_rows = 2'000'000;
constexpr std::uint64_t largest_artifact = std::uint64_t{256} << 20;

class remote_reader final : public store::reader {
 public:
  explicit remote_reader(std::shared_ptr<console::link> through) : link_(std::move(through)) {}

  result<std::string> resolve_run(const std::string& prefix) const override {
    return one<std::string>("resolve_run", {{"prefix", prefix}});
  }
  result<schema::run> run(const std::string& id) const override {
    return one<schema::run>("run", {{"run", id}});
  }
  result<std::vector<schema::run>> runs(const store::run_filter& filter) const override {
    return many<schema::run>("runs", to_row(filter), filter.limit);
  }
  result<std::uint64_t> count_runs(const store::run_filter& filter) const override {
    return one<std::uint64_t>("count_runs", to_row(filter));
  }
  result<std::string> task_json(const std::string& sha256) const override {
    return one<std::string>("task_json", {{"sha256", sha256}});
  }
  result<std::vector<store::queued_run>> queued(const store::queue_filter& filter) const override {
    return many<store::queued_run>("queued", to_row(filter), filter.limit);
  }
  result<std::vector<schema::run>> interrupted() const override {
    return many<schema::run>("interrupted", json::object());
  }
  result<std::uint64_t> queue_position(const std::string& run_id) const override {
    return one<std::uint64_t>("queue_position", {{"run", run_id}});
  }
  result<store::campaign_row> campaign(const std::string& name) const override {
    return one<store::campaign_row>("campaign", {{"campaign", name}});
  }
  result<std::vector<store::campaign_row>> campaigns() const override {
    return many<store::campaign_row>("campaigns", json::object());
  }
  result<std::vector<store::wave_totals>> totals(const std::string& campaign) const override {
    return many<store::wave_totals>("totals", {{"campaign", campaign}});
  }
  result<store::pull_request_totals> pull_request_figures(
      const std::string& campaign) const override {
    return one<store::pull_request_totals>("pull_request_figures", {{"campaign", campaign}});
  }
  result<std::vector<store::timetable_row>> timetables() const override {
    return many<store::timetable_row>("timetables", json::object());
  }
  result<std::vector<std::int64_t>> ends(const std::string& campaign) const override {
    return many<std::int64_t>("ends", {{"campaign", campaign}});
  }
  result<std::vector<store::event_row>> events(const std::string& run_id, std::int64_t after_seq,
                                               std::uint32_t limit) const override {
    return many<store::event_row>(
        "events", {{"run", run_id}, {"afterSeq", after_seq}, {"limit", limit}}, limit);
  }
  result<std::vector<store::switch_row>> switches() const override {
    return many<store::switch_row>("switches", json::object());
  }
  result<std::optional<schema::verdict>> baseline(const std::string& repo_url,
                                                  const std::string& commit,
                                                  const std::string& digest) const override {
    return perhaps<schema::verdict>("baseline",
                                    {{"url", repo_url}, {"commit", commit}, {"digest", digest}});
  }
  result<std::optional<store::outbox_row>> intent(const std::string& run_id) const override {
    return perhaps<store::outbox_row>("intent", {{"run", run_id}});
  }
  result<std::vector<store::outbox_row>> open_intents() const override {
    return many<store::outbox_row>("open_intents", json::object());
  }
  result<std::vector<store::tenant_usage>> tenants() const override {
    return many<store::tenant_usage>("tenants", json::object());
  }
  result<std::vector<store::opened_pull_request>> opened_since(
      const std::string& tenant, std::int64_t since_ms) const override {
    return many<store::opened_pull_request>("opened_since",
                                            {{"tenant", tenant}, {"sinceMs", since_ms}});
  }
  result<std::vector<schema::approval>> approvals(
      const store::approval_filter& filter) const override {
    return many<schema::approval>("approvals", to_row(filter));
  }
  result<std::vector<store::incident_row>> incidents(const std::string& run_id,
                                                     const std::string& tenant,
                                                     std::uint32_t limit) const override {
    return many<store::incident_row>("incidents",
                                     {{"run", run_id}, {"tenant", tenant}, {"limit", limit}});
  }
  result<std::uint64_t> verify_chain() const override {
    return one<std::uint64_t>("verify_chain", json::object(), longest_check);
  }

 private:
  template <class Row>
  result<> append(const std::string& method, const std::string& body, std::vector<Row>& to) const {
    try {
      for (const auto& each : json::parse(body)) of_row(each, to.emplace_back());
      return {};
    } catch (const std::exception& wrong) {
      return error{errc::unavailable, "the fleet's answer to " + method + ": " + wrong.what(),
                   "use the same version of skein on both sides"};
    }
  }

  /// `limit` 0: everything.
  template <class Row>
  result<std::vector<Row>> many(const std::string& method, json args, std::uint32_t limit = 0,
                                std::chrono::milliseconds longest = longest_question) const {
    std::vector<Row> out;
    std::string cursor;
    for (;;) {
      if (limit != 0 && args.contains("limit")) {
        args["limit"] = limit - static_cast<std::uint32_t>(out.size());
      }
      SKEIN_TRY(got, link_->question(method, schema::dump(args), cursor, longest));
      SKEIN_CHECK(append(method, got.body, out));
      if (limit != 0 && out.size() >= limit) {
        out.resize(limit);
        return out;
      }
      if (got.next.empty()) return out;
      if (got.next == cursor || out.size() > most_rows) {
        return error{errc::unavailable, "the fleet's answer to " + method + " does not end", {}};
      }
      cursor = got.next;
    }
  }

  template <class Row>
  result<std::optional<Row>> perhaps(const std::string& method, const json& args,
                                     std::chrono::milliseconds longest = longest_question) const {
    SKEIN_TRY(rows, many<Row>(method, args, 0, longest));
    if (rows.empty()) return std::optional<Row>{};
    return std::optional<Row>{std::move(rows.front())};
  }

  template <class Row>
  result<Row> one(const std::string& method, const json& args,
                  std::chrono::milliseconds longest = longest_question) const {
    SKEIN_TRY(row, perhaps<Row>(method, args, longest));
    if (!row) return error{errc::unavailable, "the fleet's answer to " + method + " is empty", {}};
    return std::move(*row);
  }

  std::shared_ptr<console::link> link_;
};

}  // namespace

std::unique_ptr<store::reader> open_remote_reader(std::shared_ptr<console::link> through) {
  return std::make_unique<remote_reader>(std::move(through));
}

result<tenant_limits> ask_limits(console::link& through) {
  SKEIN_TRY(got, through.question("tenant_limits", "{}", {}, longest_question));
  try {
    tenant_limits out;
    for (const auto& each : json::parse(got.body)) {
      auto& one = out[each.at("tenant").get<std::string>()];
      one.max_concurrency = each.at("concurrency").get<std::uint32_t>();
      one.usd = each.at("usd").get<double>();
      one.tokens = each.at("tokens").get<std::uint64_t>();
      one.pull_requests_per_hour = each.at("pullRequestsPerHour").get<std::uint32_t>();
      one.pull_requests_per_day = each.at("pullRequestsPerDay").get<std::uint32_t>();
    }
    return out;
  } catch (const std::exception& wrong) {
    return error{errc::unavailable, std::string{"the fleet's answer to tenant_limits: "} + wrong.what(),
                 "use the same version of skein on both sides"};
  }
}

result<std::string> fetch_artifact(console::link& through, const std::string& run,
                                   const std::string& ref) {
  std::string out;
  for (;;) {
    SKEIN_TRY(got, through.fetch(run, ref, out.size(), wire::longest_chunk, longest_question));
    if (got.total > largest_artifact) {
      return error{errc::refused, "artifact " + ref + " is too large", {}};
    }
    out += got.body;
    if (out.size() >= got.total) break;
    if (got.body.empty()) {
      return error{errc::unavailable, "artifact " + ref + ": the fleet sends no more of it", {}};
    }
  }
  // The name of an artifact is the hash of its bytes.
  if (schema::sha256_hex(out) != ref) {
    return error{errc::corrupt, "artifact " + ref + ": other bytes arrived", {}};
  }
  return out;
}

}  // namespace skein::cli::remote
