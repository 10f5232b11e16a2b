// Requests. Answers are in answers.cpp.
#include "cli/control/protocol.hpp"

#include "cli/control/strict_json.hpp"
#include "schema/document.hpp"
#include "schema/identity.hpp"
#include "schema/names.hpp"

#include <array>
#include <optional>

namespace skein::cli::control {

namespace {

using actors::campaign_act;
using nlohmann::json;

template <class... Cases>
struct by_type : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
by_type(Cases...) -> by_type<Cases...>;

template <class Enum, std::size_t N, class Text>
std::optional<Enum> parse_word(const std::array<Enum, N>& all, const std::string& text, Text word) {
  for (const Enum each : all) {
    if (word(each) == text) return each;
  }
  return std::nullopt;
}

std::optional<store::switch_scope> parse_scope(const std::string& text) {
  using enum store::switch_scope;
  return parse_word(std::array{all, tenant, campaign, repo, run}, text,
                    [](auto each) { return store::to_string(each); });
}

std::optional<store::switch_kind> parse_kind(const std::string& text) {
  using enum store::switch_kind;
  return parse_word(std::array{hold, drain, kill}, text,
                    [](auto each) { return store::to_string(each); });
}

std::string_view word_of(campaign_act act) {
  switch (act) {
    case campaign_act::pause:
      return "pause";
    case campaign_act::resume:
      return "resume";
    case campaign_act::abort:
      return "abort";
  }
  return "pause";
}

std::optional<campaign_act> parse_act(const std::string& text) {
  using enum campaign_act;
  return parse_word(std::array{pause, resume, abort}, text, word_of);
}

struct said {
  const char* verb;
  json args;
};

said words_of(const request& value) {
  return std::visit(
      by_type{[](const ask_owner&) {
                return said{"ask_owner", json::object()};
              },
              [](const actors::get_active&) {
                return said{"get_active", json::object()};
              },
              [](const actors::get_why& order) {
                return said{"get_why", {{"run", order.run_id}}};
              },
              [](const actors::submit_run& order) {
                return said{"submit_run",
                            {{"task", schema::to_json(order.task)},
                             {"by", order.by},
                             {"dryRun", order.dry_run}}};
              },
              [](const actors::submit_campaign& order) {
                return said{"submit_campaign",
                            {{"campaign", schema::to_json(order.campaign)},
                             {"directory", order.directory.string()},
                             {"by", order.by},
                             {"dryRun", order.dry_run}}};
              },
              [](const actors::attach_run& order) {
                return said{"attach_run", {{"run", order.run_id}}};
              },
              [](const actors::decide_run& order) {
                return said{"decide_run",
                            {{"run", order.value.run_id},
                             {"diffSha256", order.value.diff_sha256},
                             {"approve", order.value.approve},
                             {"reason", order.value.reason}}};
              },
              [](const actors::retry_campaign& order) {
                return said{"retry_campaign", {{"campaign", order.name}, {"by", order.by}}};
              },
              [](const actors::control_campaign& order) {
                return said{"control_campaign",
                            {{"campaign", order.name},
                             {"act", word_of(order.act)},
                             {"by", order.by},
                             {"reason", order.reason}}};
              },
              [](const actors::rollback_order& order) {
                return said{"rollback_campaign",
                            {{"campaign", order.campaign},
                             {"by", order.by},
                             {"dryRun", order.dry_run}}};
              },
              [](const store::switch_row& order) {
                return said{"set_switch",
                            {{"kind", store::to_string(order.kind)},
                             {"scope", store::to_string(order.scope)},
                             {"target", order.target},
                             {"by", order.by},
                             {"reason", order.reason},
                             {"sinceMs", order.since_ms}}};
              },
              [](const store::lift_switch& order) {
                json args = {{"scope", store::to_string(order.scope)},
                             {"target", order.target},
                             {"by", order.by}};
                if (order.kind) args["kind"] = store::to_string(*order.kind);
                return said{"lift_switch", std::move(args)};
              }},
      value);
}

/// The one document that `value` is, validated as if it had come from a file.
template <class Document>
Document document_of(const json& value, const char* what) {
  schema::document_limits limits;
  limits.max_bytes = max_line;
  auto loaded = schema::load_documents(schema::dump(value), what, limits);
  if (!loaded.problems.empty()) throw bad_message(schema::to_string(loaded.problems.front()));
  if (loaded.documents.size() != 1 || !std::holds_alternative<Document>(loaded.documents.front())) {
    throw bad_message(std::string{"the request holds no "} + what);
  }
  return std::get<Document>(std::move(loaded.documents.front()));
}

std::string campaign_name(const fields& args) {
  auto name = args.text("campaign");
  if (!schema::is_name(name)) args.wrong("campaign", "is no name of a campaign");
  return name;
}

std::string run_id(const fields& args) {
  auto id = args.text("run", 64);
  if (id.empty()) args.wrong("run", "is empty");
  return id;
}

/// `target` has to fit `scope`: everything else would be a switch that covers nothing.
std::string switch_target(const fields& args, store::switch_scope scope) {
  auto target = args.text("target");
  if ((scope == store::switch_scope::all) != target.empty()) {
    args.wrong("target", target.empty() ? "is empty" : "is given although the scope is all");
  }
  return target;
}

request submit_run_of(const json& value) {
  const fields args(value, "args", {"task", "by", "dryRun"});
  return actors::submit_run{document_of<schema::task>(args.any("task"), "task"), args.text("by"),
                            args.flag("dryRun")};
}

request submit_campaign_of(const json& value) {
  const fields args(value, "args", {"campaign", "directory", "by", "dryRun"});
  return actors::submit_campaign{document_of<schema::campaign>(args.any("campaign"), "campaign"),
                                 args.text("directory"), args.text("by"), args.flag("dryRun")};
}

/// Who answers is not part of the request: the server asks the kernel.
request decide_run_of(const json& value) {
  const fields args(value, "args", {"run", "diffSha256", "approve", "reason"});
  actors::decide_run out;
  out.value.run_id = run_id(args);
  out.value.diff_sha256 = args.text("diffSha256", 64);
  out.value.approve = args.flag("approve");
  out.value.reason = args.text("reason");
  return out;
}

request control_campaign_of(const json& value) {
  const fields args(value, "args", {"campaign", "act", "by", "reason"});
  return actors::control_campaign{campaign_name(args), args.word<campaign_act>("act", parse_act),
                                  args.text("by"), args.text("reason")};
}

request set_switch_of(const json& value) {
  const fields args(value, "args", {"kind", "scope", "target", "by", "reason", "sinceMs"});
  store::switch_row out;
  out.kind = args.word<store::switch_kind>("kind", parse_kind);
  out.scope = args.word<store::switch_scope>("scope", parse_scope);
  out.target = switch_target(args, out.scope);
  out.by = args.text("by");
  out.reason = args.text("reason");
  out.since_ms = static_cast<std::int64_t>(args.number("sinceMs", INT64_MAX));
  return out;
}

request lift_switch_of(const json& value) {
  const fields args(value, "args", {"kind", "scope", "target", "by"});
  store::lift_switch out;
  out.scope = args.word<store::switch_scope>("scope", parse_scope);
  out.target = switch_target(args, out.scope);
  if (args.has("kind")) out.kind = args.word<store::switch_kind>("kind", parse_kind);
  out.by = args.text("by");
  return out;
}

template <class Empty>
request nothing_more(const json& value) {
  const fields args(value, "args", {});
  return Empty{};
}

struct known_verb {
  std::string_view name;
  request (*decode)(const json& args);
};

constexpr known_verb verbs[] = {
    {"ask_owner", nothing_more<ask_owner>},
    {"get_active", nothing_more<actors::get_active>},
    {"get_why",
     [](const json& value) -> request {
       return actors::get_why{run_id(fields(value, "args", {"run"}))};
     }},
    {"submit_run", submit_run_of},
    {"submit_campaign", submit_campaign_of},
    {"attach_run",
     [](const json& value) -> request {
       return actors::attach_run{run_id(fields(value, "args", {"run"}))};
     }},
    {"retry_campaign",
     [](const json& value) -> request {
       const fields args(value, "args", {"campaign", "by"});
       return actors::retry_campaign{campaign_name(args), args.text("by")};
     }},
    {"decide_run", decide_run_of},
    {"control_campaign", control_campaign_of},
    {"rollback_campaign",
     [](const json& value) -> request {
       const fields args(value, "args", {"campaign", "by", "dryRun"});
       return actors::rollback_order{campaign_name(args), args.text("by"), args.flag("dryRun")};
     }},
    {"set_switch", set_switch_of},
    {"lift_switch", lift_switch_of},
};

}  // namespace

bool brings_work(const request& value) {
  return std::holds_alternative<actors::submit_run>(value) ||
         std::holds_alternative<actors::submit_campaign>(value) ||
         std::holds_alternative<actors::attach_run>(value) ||
         std::holds_alternative<actors::retry_campaign>(value);
}

bool is_slow(const request& value) {
  return brings_work(value) || std::holds_alternative<actors::rollback_order>(value);
}

result<std::string> encode(const request& value) {
  const auto [verb, args] = words_of(value);
  auto line = schema::dump(json{{"v", protocol_version}, {"verb", verb}, {"args", args}});
  if (line.size() > max_line) {
    return error{errc::invalid,
                 std::string{verb} + ": the request has " + std::to_string(line.size()) +
                     " bytes, the control socket takes " + std::to_string(max_line),
                 "list the repositories in a file (`repos: [{file: …}]`)"};
  }
  return line;
}

result<request> decode_request(std::string_view line) {
  try {
    const json message = parse_line(line);
    // First of all: another version may have other members.
    if (const auto v = message.find("v"); v == message.end() || *v != protocol_version) {
      return error{errc::unsupported,
                   "control request: its protocol version is not " +
                       std::to_string(protocol_version) + ", the one spoken here",
                   "use the same version of skein on both sides"};
    }
    const fields top(message, "request", {"v", "verb", "args"});
    const auto verb = top.text("verb", 64);
    for (const auto& known : verbs) {
      if (known.name == verb) return known.decode(top.any("args"));
    }
    return error{errc::unsupported, "control request: its verb is not known here",
                 "use the same version of skein on both sides"};
  } catch (const std::exception& wrong) {
    return error{errc::invalid, std::string{"control request: "} + wrong.what(), {}};
  }
}

}  // namespace skein::cli::control
