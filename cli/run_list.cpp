#include "cli/run_list.hpp"

#include "cli/state_view.hpp"

#include <algorithm>

namespace skein::cli {

namespace {

constexpr std::uint32_t rows_at_once = 500;

/// `held` is not stored: those runs are among the queued ones.
std::optional<schema::run_state> stored_state(const std::optional<schema::run_state>& wanted) {
  return wanted == schema::run_state::held ? schema::run_state::schedule : wanted;
}

}  // namespace

result<run_page> list_runs(const store::reader& from, const run_query& query) {
  SKEIN_TRY(switches, from.switches());
  store::run_filter filter;
  filter.state = stored_state(query.state);
  filter.tenant = query.tenant;
  filter.campaign = query.campaign;
  filter.with_superseded = query.with_superseded;
  filter.after_seq = query.cursor;
  run_page out;
  while (true) {
    // One more than wanted says whether there is another page.
    const auto missing = query.limit == 0
                             ? rows_at_once
                             : query.limit + 1 - static_cast<std::uint32_t>(out.runs.size());
    filter.limit = std::min(rows_at_once, missing);
    SKEIN_TRY(rows, from.runs(filter));
    const bool last = rows.size() < filter.limit;
    for (auto& row : rows) {
      filter.after_seq = row.seq;
      const auto shown = shown_state(switches, row);
      if (query.state && shown != *query.state) continue;
      if (query.limit > 0 && out.runs.size() == query.limit) {
        out.next = out.runs.back().run.seq;
        return out;
      }
      out.runs.push_back({std::move(row), shown});
    }
    if (last) return out;
  }
}

}  // namespace skein::cli
