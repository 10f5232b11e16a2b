#include "cli/remote/questions.hpp"

#include "cli/control/strict_json.hpp"
#include "cli/remote/row_json.hpp"
#include "schema/identity.hpp"
#include "schema/wire/protocol.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace skein::cli::remote {

namespace {

using console::page;
using nlohmann::json;

constexpr std::uint32_t rows_of_page = 500;

struct asked {
  const tenant_view& view;
  const json& args;
  std::int64_t cursor;

  [[nodiscard]] std::string text(const char* name) const {
    return args.at(name).get<std::string>();
  }
};

/// As many rows as fit; `next_of` says where the page after this row begins.
template <class Row, class Next>
page fill(const std::vector<Row>& rows, std::size_t from, Next next_of) {
  page out;
  out.body = "[";
  for (std::size_t i = from; i < rows.size(); ++i) {
    auto text = schema::dump(to_row(rows[i]));
    if (i > from) {
      if (out.body.size() + text.size() > wire::page_bytes) {
        out.next = std::to_string(next_of(i - 1));
        break;
      }
      out.body += ',';
    }
    out.body += text;
  }
  out.body += ']';
  return out;
}

/// For lists that come whole: the cursor is how many were seen.
template <class Row>
result<page> listed(const result<std::vector<Row>>& rows, std::int64_t cursor) {
  if (!rows) return rows.error();
  const auto from = std::min(static_cast<std::size_t>(cursor), rows->size());
  return fill(*rows, from, [](std::size_t last) { return last + 1; });
}

/// For lists that the database pages.
template <class Row>
result<page> sought(const result<std::vector<Row>>& rows, std::uint32_t limit) {
  if (!rows) return rows.error();
  auto out = fill(*rows, 0, [&](std::size_t last) { return (*rows)[last].seq; });
  if (out.next.empty() && rows->size() >= limit) out.next = std::to_string(rows->back().seq);
  return out;
}

template <class Row>
result<page> one(const result<Row>& row) {
  if (!row) return row.error();
  page out;
  out.body = schema::dump(json::array({to_row(*row)}));
  return out;
}

template <class Row>
result<page> perhaps(const result<std::optional<Row>>& row) {
  if (!row) return row.error();
  if (!*row) return page{"[]", {}, 0};
  return one(result<Row>{**row});
}

template <class Row, class Keep>
result<std::vector<Row>> only(result<std::vector<Row>> rows, Keep keep) {
  if (rows) std::erase_if(*rows, [&](const Row& row) { return !keep(row); });
  return rows;
}

/// The tenant that a filter may name; nullopt: nothing is there for it.
std::optional<std::string> allowed(const tenant_view& view, const std::string& wished) {
  if (view.sees_all() || wished == view.tenant()) return wished;
  if (wished.empty()) return view.tenant();
  return std::nullopt;
}

std::uint32_t page_rows(std::uint32_t wished) {
  return wished == 0 ? rows_of_page : std::min(wished, rows_of_page);
}

result<page> runs(const asked& q) {
  store::run_filter filter;
  of_row(q.args, filter);
  const auto tenant = allowed(q.view, filter.tenant);
  if (!tenant) return page{"[]", {}, 0};
  filter.tenant = *tenant;
  if (q.cursor > 0) filter.after_seq = q.cursor;
  filter.limit = page_rows(filter.limit);
  return sought(q.view.all().runs(filter), filter.limit);
}

result<page> count_runs(const asked& q) {
  store::run_filter filter;
  of_row(q.args, filter);
  const auto tenant = allowed(q.view, filter.tenant);
  if (!tenant) return one(result<std::uint64_t>{std::uint64_t{0}});
  filter.tenant = *tenant;
  return one(q.view.all().count_runs(filter));
}

result<page> events(const asked& q) {
  const auto run = q.text("run");
  if (!run.empty()) {
    SKEIN_TRY(found, q.view.run(run));
    (void)found;
  }
  const auto after = q.cursor > 0 ? q.cursor : q.args.at("afterSeq").get<std::int64_t>();
  const auto limit = page_rows(q.args.at("limit").get<std::uint32_t>());
  auto rows = q.view.all().events(run, after, limit);
  if (!rows) return rows.error();
  const bool full = rows->size() >= limit;
  const auto last = rows->empty() ? 0 : rows->back().seq;
  auto out = sought(only(std::move(rows), [&](const auto& row) { return q.view.sees(row.tenant); }),
                    limit);
  // What was left out has been read too.
  if (out && out->next.empty() && full) out->next = std::to_string(last);
  return out;
}

result<page> open_intents(const asked& q) {
  return listed(only(q.view.all().open_intents(),
                     [&](const auto& row) {
                       return q.view.sees_all() || q.view.run(row.run_id).has_value();
                     }),
                q.cursor);
}

result<page> approvals(const asked& q) {
  store::approval_filter filter;
  of_row(q.args, filter);
  const auto tenant = allowed(q.view, filter.tenant);
  if (!tenant) return page{"[]", {}, 0};
  filter.tenant = *tenant;
  return listed(q.view.all().approvals(filter), q.cursor);
}

result<page> incidents(const asked& q) {
  const auto tenant = allowed(q.view, q.text("tenant"));
  if (!tenant) return page{"[]", {}, 0};
  return listed(
      q.view.all().incidents(q.text("run"), *tenant, q.args.at("limit").get<std::uint32_t>()),
      q.cursor);
}

result<page> queue_position(const asked& q) {
  SKEIN_TRY(found, q.view.run(q.text("run")));
  return one(q.view.all().queue_position(found.id));
}

result<page> queued(const asked& q) {
  store::queue_filter filter;
  of_row(q.args, filter);
  if (q.cursor > 0) filter.after_seq = q.cursor;
  filter.limit = page_rows(filter.limit);
  if (!q.view.sees_all()) {
    return error{errc::unauthorised, "the queue is shown to operators of the whole fleet", {}};
  }
  return sought(q.view.all().queued(filter), filter.limit);
}

result<page> totals(const asked& q) {
  SKEIN_TRY(found, q.view.campaign(q.text("campaign")));
  return listed(q.view.all().totals(found.value.name), q.cursor);
}

result<page> pull_request_figures(const asked& q) {
  SKEIN_TRY(found, q.view.campaign(q.text("campaign")));
  return one(q.view.all().pull_request_figures(found.value.name));
}

result<page> baseline(const asked& q) {
  if (!q.view.sees_all()) return page{"[]", {}, 0};
  return perhaps(q.view.all().baseline(q.text("url"), q.text("commit"), q.text("digest")));
}

result<page> verify_chain(const asked& q) {
  if (!q.view.sees_all()) {
    return error{errc::unauthorised, "the audit trail is one chain of all tenants",
                 "ask an operator of the whole fleet"};
  }
  return one(q.view.all().verify_chain());
}

result<page> intent(const asked& q) {
  SKEIN_TRY(found, q.view.run(q.text("run")));
  return perhaps(q.view.all().intent(found.id));
}

struct known_question {
  std::string_view method;
  result<page> (*answer)(const asked&);
};

constexpr known_question questions[] = {
    {"resolve_run", [](const asked& q) { return one(q.view.resolve_run(q.text("prefix"))); }},
    {"run", [](const asked& q) { return one(q.view.run(q.text("run"))); }},
    {"runs", runs},
    {"count_runs", count_runs},
    {"task_json", [](const asked& q) { return one(q.view.task_json(q.text("sha256"))); }},
    {"queued", queued},
    {"interrupted",
     [](const asked& q) {
       return listed(only(q.view.all().interrupted(),
                          [&](const auto& row) { return q.view.sees(row.tenant); }),
                     q.cursor);
     }},
    {"queue_position", queue_position},
    {"campaign", [](const asked& q) { return one(q.view.campaign(q.text("campaign"))); }},
    {"campaigns",
     [](const asked& q) {
       return listed(only(q.view.all().campaigns(),
                          [&](const auto& row) { return q.view.sees(row.value.tenant); }),
                     q.cursor);
     }},
    {"totals", totals},
    {"pull_request_figures", pull_request_figures},
    {"ends",
     [](const asked& q) -> result<page> {
       SKEIN_TRY(found, q.view.campaign(q.text("campaign")));
       return listed(q.view.all().ends(found.value.name), q.cursor);
     }},
    {"timetables",
     [](const asked& q) {
       return listed(only(q.view.all().timetables(),
                          [&](const auto& row) { return q.view.sees(row.tenant); }),
                     q.cursor);
     }},
    {"events", events},
    {"switches", [](const asked& q) { return listed(q.view.switches(), q.cursor); }},
    {"baseline", baseline},
    {"intent", intent},
    {"open_intents", open_intents},
    {"tenants",
     [](const asked& q) {
       return listed(
           only(q.view.all().tenants(), [&](const auto& row) { return q.view.sees(row.tenant); }),
           q.cursor);
     }},
    {"opened_since",
     [](const asked& q) -> result<page> {
       const auto tenant = q.text("tenant");
       if (!q.view.sees(tenant)) return page{"[]", {}, 0};
       return listed(q.view.all().opened_since(tenant, q.args.at("sinceMs").get<std::int64_t>()),
                     q.cursor);
     }},
    {"approvals", approvals},
    {"incidents", incidents},
    {"verify_chain", verify_chain},
};

}  // namespace

result<page> answer_question(const tenant_view& view, const std::string& method,
                             const std::string& args, const std::string& cursor) {
  try {
    std::int64_t at = 0;
    const auto [end, failed] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), at);
    if (!cursor.empty() &&
        (failed != std::errc{} || end != cursor.data() + cursor.size() || at < 0)) {
      return error{errc::invalid, "the cursor is no number", {}};
    }
    const json parsed = control::parse_line(args);
    for (const auto& known : questions) {
      if (known.method == method) return known.answer({view, parsed, at});
    }
    return error{errc::unsupported, "the question is not known here",
                 "use the same version of skein on both sides"};
  } catch (const std::exception& wrong) {
    return error{errc::invalid, std::string{"remote question: "} + wrong.what(), {}};
  }
}

}  // namespace skein::cli::remote
