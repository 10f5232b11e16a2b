// The fleet at a glance.
#include "cli/console/page.hpp"
#include "cli/render/printable.hpp"
#include "cli/render/time_text.hpp"
#include "cli/state_view.hpp"

#include <array>

namespace skein::cli::screen {

namespace {

/// Counting everything that ever ended costs more than the rest of the page.
constexpr std::int64_t final_counts_every_ms = 5000;
constexpr std::uint32_t most_incidents = 5;
constexpr std::uint32_t most_approvals = 1000;

class fleet final : public page {
 public:
  std::string title() const override { return "fleet"; }
  std::string keys() const override { return "H hold  D drain  K kill  L lift everything"; }
  bool selects() const override { return false; }
  std::size_t rows() const override { return lines_.size(); }
  line row(std::size_t index, std::size_t width) const override {
    return fit(lines_[index], width);
  }
  std::optional<switch_target> target(std::size_t) const override { return switch_target{}; }

  result<> load(const feed& from, const window&) override {
    SKEIN_TRY(switches, from.state.switches());
    SKEIN_CHECK(count(from));
    store::approval_filter pending;
    pending.state = schema::approval_state::pending;
    pending.limit = most_approvals;
    SKEIN_TRY(approvals, from.state.approvals(pending));
    SKEIN_TRY(incidents, from.state.incidents({}, {}, most_incidents));
    lines_.clear();
    add_counts();
    add_waiting(approvals.size(), switches);
    add_incidents(incidents, from.now_ms);
    return {};
  }

 private:
  [[nodiscard]] std::uint64_t in(schema::run_state state) const {
    return counts_[static_cast<std::size_t>(state)];
  }

  result<> count(const feed& from) {
    using schema::run_state;
    const bool everything = from.now_ms - final_counted_ms_ >= final_counts_every_ms;
    for (const auto state : schema::all_run_states) {
      const bool final = schema::is_final(state);
      if (final && !everything) continue;
      auto& into = counts_[static_cast<std::size_t>(state)];
      into = 0;
      if (!final && state != run_state::schedule) continue;
      store::run_filter of;
      of.state = state;
      SKEIN_TRY(found, from.state.count_runs(of));
      into = found;
    }
    if (everything) final_counted_ms_ = from.now_ms;
    SKEIN_TRY(underway, from.state.interrupted());
    for (const auto& run : underway) ++counts_[static_cast<std::size_t>(run.state)];
    return {};
  }

  void add_counts() {
    using schema::run_state;
    const auto cells = in(run_state::prepare) + in(run_state::agent) + in(run_state::verify);
    line head;
    head.add("cells in use  ", tone::dim).add(std::to_string(cells), tone::strong);
    head.add("    queued  ", tone::dim).add(std::to_string(in(run_state::schedule)), tone::strong);
    lines_.push_back(std::move(head));
    lines_.push_back(line_of("stages", tone::strong));
    for (const auto stage : schema::all_stages) {
      const auto state = schema::state_of(stage);
      line out;
      out.add("    ").add(padded(schema::to_string(stage), 20));
      out.add(padded(std::to_string(in(state)), 8, true), in(state) > 0 ? tone::active : tone::dim);
      lines_.push_back(std::move(out));
    }
    lines_.push_back(line_of("ended", tone::strong));
    add_ended();
  }

  /// Two a line: everything fits on 24 of them.
  void add_ended() {
    line out;
    for (const auto state : schema::all_run_states) {
      if (!schema::is_final(state) || in(state) == 0) continue;
      if (out.pieces.size() >= 6) {
        lines_.push_back(std::move(out));
        out = {};
      }
      out.add("    ").add(padded(schema::to_string(state), 22), tone_of(state));
      out.add(padded(std::to_string(in(state)), 8, true));
    }
    if (out.empty()) out.add("    nothing yet", tone::dim);
    lines_.push_back(std::move(out));
  }

  void add_waiting(std::size_t approvals, const std::vector<store::switch_row>& switches) {
    line out;
    out.add("approvals     ", tone::dim)
        .add(std::to_string(approvals) + (approvals == most_approvals ? " or more" : "") + " wait",
             approvals > 0 ? tone::warn : tone::plain);
    lines_.push_back(std::move(out));
    line head;
    head.add("switches      ", tone::dim);
    head.add(switches.empty() ? "none" : std::to_string(switches.size()) + " in force",
             switches.empty() ? tone::plain : tone::warn);
    lines_.push_back(std::move(head));
    for (const auto& each : switches) {
      lines_.push_back(line_of("    " + switch_text(each), tone::warn));
    }
  }

  void add_incidents(const std::vector<store::incident_row>& incidents, std::int64_t now_ms) {
    line head;
    head.add("incidents     ", tone::dim).add(incidents.empty() ? "none" : "the newest");
    lines_.push_back(std::move(head));
    for (const auto& each : incidents) {
      line out;
      out.add("    " + padded(duration_text(now_ms - each.at_ms), 8, true) + "  ", tone::dim)
          .add(each.kind + "  ", tone::bad)
          .add(each.summary);
      lines_.push_back(std::move(out));
    }
  }

  std::array<std::uint64_t, schema::all_run_states.size()> counts_{};
  std::int64_t final_counted_ms_ = 0;
  std::vector<line> lines_;
};

}  // namespace

std::unique_ptr<page> fleet_page() {
  return std::make_unique<fleet>();
}

}  // namespace skein::cli::screen
