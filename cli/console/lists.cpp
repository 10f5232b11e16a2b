// The short lists: approvals, incidents, switches. Read as a whole, with a bound.
#include "cli/console/page.hpp"
#include "cli/render/run_text.hpp"
#include "cli/render/time_text.hpp"

#include <algorithm>
#include <array>

namespace skein::cli::screen {

namespace {

constexpr std::uint32_t most_rows = 1000;

/// What the three have in common.
template <class Row>
class short_list : public page {
 public:
  std::size_t rows() const override { return rows_.size(); }

 protected:
  [[nodiscard]] const Row* at(std::size_t index) const {
    return index < rows_.size() ? &rows_[index] : nullptr;
  }
  std::vector<Row> rows_;
  std::int64_t now_ms_ = 0;
};

class approvals final : public short_list<schema::approval> {
  static constexpr std::array columns{
      grid_column{"RUN", 8, 0, false, false},        grid_column{"RISK", 6, 0, false, false},
      grid_column{"YES", 4, 0, true, false},         grid_column{"WAITS", 7, 0, true, false},
      grid_column{"SUBMITTER", 10, 1, false, false}, grid_column{"REPOSITORY", 14, 2, false, true},
      grid_column{"WHY", 10, 3, false, false}};

 public:
  std::string title() const override { return "changes that wait for approval"; }
  std::string keys() const override { return "Enter look at it  a approve  d deny"; }
  std::string nothing() const override { return "nothing waits for approval"; }
  line heading(std::size_t width) const override { return grid_heading(columns, width); }
  line row(std::size_t index, std::size_t width) const override {
    const auto& each = rows_[index];
    const auto yes = std::ranges::count_if(each.votes, [](const auto& one) { return one.approve; });
    return grid_row(columns,
                    {short_id(each.run_id),
                     {std::string(schema::to_string(each.risk)),
                      each.risk == schema::risk_level::high ? tone::bad : tone::plain},
                     std::to_string(yes) + "/" + std::to_string(each.required),
                     duration_text(now_ms_ - each.created_ms),
                     each.submitter,
                     each.repo_url,
                     each.why.empty() ? "" : each.why.front()},
                    width);
  }
  result<> load(const feed& from, const window&) override {
    store::approval_filter pending;
    pending.state = schema::approval_state::pending;
    pending.limit = most_rows;
    SKEIN_TRY(found, from.state.approvals(pending));
    rows_ = std::move(found);
    now_ms_ = from.now_ms;
    return {};
  }
  const schema::approval* approval(std::size_t index) const override { return at(index); }
  std::unique_ptr<page> open(std::size_t index) const override {
    return at(index) == nullptr ? nullptr : approval_page(*at(index));
  }
  std::optional<switch_target> target(std::size_t index) const override {
    if (at(index) == nullptr) return std::nullopt;
    return switch_target{store::switch_scope::run, at(index)->run_id};
  }
};

class incidents final : public short_list<store::incident_row> {
  static constexpr std::array columns{
      grid_column{"AGE", 7, 0, true, false}, grid_column{"KIND", 20, 0, false, false},
      grid_column{"RUN", 8, 0, false, false}, grid_column{"TENANT", 8, 1, false, false},
      grid_column{"SUMMARY", 20, 4, false, false}};

 public:
  std::string title() const override { return "incidents, newest first"; }
  std::string keys() const override { return "Enter the run"; }
  std::string nothing() const override { return "no incidents"; }
  line heading(std::size_t width) const override { return grid_heading(columns, width); }
  line row(std::size_t index, std::size_t width) const override {
    const auto& each = rows_[index];
    return grid_row(columns,
                    {duration_text(now_ms_ - each.at_ms),
                     {each.kind, tone::bad},
                     each.run_id.empty() ? "-" : short_id(each.run_id),
                     each.tenant,
                     each.summary},
                    width);
  }
  result<> load(const feed& from, const window&) override {
    SKEIN_TRY(found, from.state.incidents({}, {}, most_rows));
    rows_ = std::move(found);
    now_ms_ = from.now_ms;
    return {};
  }
  std::unique_ptr<page> open(std::size_t index) const override {
    if (at(index) == nullptr || at(index)->run_id.empty()) return nullptr;
    return run_page(at(index)->run_id);
  }
};

class switches final : public short_list<store::switch_row> {
  static constexpr std::array columns{
      grid_column{"KIND", 6, 0, false, false}, grid_column{"ON", 24, 2, false, true},
      grid_column{"BY", 10, 1, false, false}, grid_column{"SINCE", 8, 0, true, false},
      grid_column{"REASON", 16, 3, false, false}};

 public:
  std::string title() const override { return "switches in force"; }
  std::string keys() const override { return "L lift  H D K another"; }
  std::string nothing() const override { return "no switch is set"; }
  line heading(std::size_t width) const override { return grid_heading(columns, width); }
  line row(std::size_t index, std::size_t width) const override {
    const auto& each = rows_[index];
    return grid_row(columns,
                    {{std::string(store::to_string(each.kind)),
                      each.kind == store::switch_kind::kill ? tone::bad : tone::warn},
                     to_string(switch_target{each.scope, each.target}),
                     each.by,
                     duration_text(now_ms_ - each.since_ms),
                     each.reason},
                    width);
  }
  result<> load(const feed& from, const window&) override {
    SKEIN_TRY(found, from.state.switches());
    rows_ = std::move(found);
    now_ms_ = from.now_ms;
    return {};
  }
  std::optional<switch_target> target(std::size_t index) const override {
    if (at(index) == nullptr) return std::nullopt;
    return switch_target{at(index)->scope, at(index)->target};
  }
};

}  // namespace

std::unique_ptr<page> approvals_page() {
  return std::make_unique<approvals>();
}
std::unique_ptr<page> incidents_page() {
  return std::make_unique<incidents>();
}
std::unique_ptr<page> switches_page() {
  return std::make_unique<switches>();
}

}  // namespace skein::cli::screen
