// controls: what enforces each ID of the contract, what tests it and what proves that it ran.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/printable.hpp"
#include "cli/render/table.hpp"
#include "cli/verbs/verbs.hpp"
#include "schema/document.hpp"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <memory>

namespace skein::cli {

namespace {

struct choices {
  bool assets = false;
  bool strict = false;
};

result<schema::control_table> read_table() {
  SKEIN_TRY(shipped, shipped_configuration());
  const std::string file = shipped / "controls.yaml";
  schema::loaded read = schema::load_file(file);
  if (!read.problems.empty()) {
    return error{errc::invalid, schema::to_string(read.problems.front()),
                 "install the shipped configuration again"};
  }
  auto* found = std::get_if<schema::control_table>(&read.documents.front());
  if (found == nullptr) {
    return error{errc::invalid, file + ":1:1: a document of another kind, expected kind: Controls",
                 "install the shipped configuration again"};
  }
  return std::move(*found);
}

std::string joined(const std::vector<std::string>& words, std::size_t most = 100) {
  std::string out;
  for (std::size_t at = 0; at < words.size() && at < most; ++at) {
    out += (at == 0 ? "" : ", ") + words[at];
  }
  if (words.size() > most) out += ", +" + std::to_string(words.size() - most);
  return out;
}

/// What an entry that is not planned lacks; empty: nothing.
std::string lack(const schema::control& each) {
  std::string out;
  const auto note = [&](bool there, const char* what) {
    if (!there) out += (out.empty() ? "no " : ", no ") + std::string(what);
  };
  note(!each.code.empty(), "code");
  note(!each.tests.empty(), "test");
  note(!each.record.empty(), "record");
  return out;
}

std::string state_of(const schema::control& each) {
  if (each.planned) return each.code.empty() ? "planned" : "partly";
  return lack(each).empty() ? "enforced" : "incomplete";
}

/// A line each of those that lack something.
std::vector<std::string> missing_ones(const schema::control_table& all, bool strict) {
  std::vector<std::string> out;
  for (const auto& each : all.controls) {
    if (each.planned) {
      if (strict) out.push_back(each.id + ": not in this version: " + each.missing);
    } else if (const std::string what = lack(each); !what.empty()) {
      out.push_back(each.id + ": " + what);
    }
  }
  return out;
}

void print_controls(const schema::control_table& all, output& out) {
  const std::size_t most = out.wide() ? 100 : 1;
  table now({{"ID"},
             {"GUARANTEE", squeeze::end},
             {"CODE", squeeze::end},
             {"TESTS", squeeze::end},
             {"RECORD", squeeze::end}});
  table later(
      {{"ID"}, {"GUARANTEE", squeeze::end}, {"MISSING", squeeze::end}, {"CODE", squeeze::end}});
  for (const auto& each : all.controls) {
    if (each.planned) {
      later.add({each.id, each.guarantee, each.missing, joined(each.code, most)});
      continue;
    }
    const std::string record = each.record == "none" ? "none: " + each.why
                               : out.wide() && !each.why.empty()
                                   ? each.record + " (" + each.why + ")"
                                   : each.record;
    now.add({each.id, each.guarantee, joined(each.code, most), joined(each.tests, most), record});
  }
  out.print(now.text(out.width(), out.look()));
  if (later.empty()) return;
  out.print("\nNot, or not wholly, in this version yet:\n");
  out.print(later.text(out.width(), out.look()));
}

void print_assets(const schema::control_table& all, output& out) {
  if (!out.wide()) {
    for (const auto& each : all.assets) {
      out.print(each.id + " " + each.name + "\n  touched by     " + each.touched_by +
                "\n  boundary       " + each.boundary + "\n  worst failure  " + each.worst +
                "\n  controls       " + joined(each.controls) + "\n  proving log    " + each.log +
                "\n");
    }
    return;
  }
  table rows({{"ID"},
              {"ASSET"},
              {"TOUCHED BY"},
              {"BOUNDARY"},
              {"WORST FAILURE"},
              {"CONTROLS"},
              {"PROVING LOG"}});
  for (const auto& each : all.assets) {
    rows.add({each.id, each.name, each.touched_by, each.boundary, each.worst, joined(each.controls),
              each.log});
  }
  out.print(rows.text(0, out.look()));
}

void print_structured(const schema::control_table& all, bool assets, output& out) {
  auto list = nlohmann::json::array();
  if (assets) {
    for (const auto& each : all.assets) list.push_back(schema::to_json(each));
  } else {
    for (const auto& each : all.controls) {
      auto entry = schema::to_json(each);
      entry["status"] = state_of(each);
      list.push_back(std::move(entry));
    }
  }
  out.print(list);
}

int controls(const global_options& global, const choices& chosen) {
  const auto all = read_table();
  if (!all) return report(all.error());
  output out(global);
  if (out.structured()) {
    print_structured(*all, chosen.assets, out);
  } else if (chosen.assets) {
    print_assets(*all, out);
  } else {
    print_controls(*all, out);
  }
  const auto missing = missing_ones(*all, chosen.strict);
  for (const auto& each : missing) write_all(STDERR_FILENO, "missing: " + printable(each) + "\n");
  return out.finish(missing.empty() ? exit_ok : exit_failure);
}

}  // namespace

void add_controls(CLI::App& app, invocation& call) {
  auto chosen = std::make_shared<choices>();
  auto* verb = app.add_subcommand(
      "controls", "what enforces each guarantee, what tests it, what proves that it ran");
  verb->add_flag("--assets", chosen->assets, "what is worth protecting, instead");
  verb->add_flag("--strict", chosen->strict, "what is not in this version yet counts as missing");
  verb->footer(
      "Exit codes:\n  0    every guarantee has code, test and record\n  1    some have not, or "
      "failure\n  2    usage or invalid file");
  verb->callback([&call, chosen] {
    call.action = [&call, chosen] { return controls(call.global, *chosen); };
  });
}

}  // namespace skein::cli
