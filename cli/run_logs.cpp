#include "cli/run_logs.hpp"

#include "cli/render/printable.hpp"
#include "cli/render/time_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace skein::cli {

namespace {

using nlohmann::json;

template <class T>
T member(const json& payload, const char* name, T otherwise) {
  const auto found = payload.find(name);
  if (found == payload.end()) return otherwise;
  try {
    return found->get<T>();
  } catch (const json::exception&) {
    return otherwise;
  }
}

log_section call_section(const json& payload) {
  std::string title = "agent, attempt " + std::to_string(member<int>(payload, "attempt", 0)) +
                      ", step " + std::to_string(member<int>(payload, "ordinal", 0)) + ": " +
                      member<std::string>(payload, "command", "");
  const auto end = member<std::string>(payload, "end", "");
  title = cut(printable(title), 120);
  title +=
      " (" + printable(end == "exited" ? "status " + std::to_string(member<int>(payload, "code", 0))
                                       : end);
  title += ", " + duration_text(member<std::int64_t>(payload, "durationMs", 0)) + ")";
  return {title, "agent", {}, member<std::string>(payload, "log", "")};
}

log_section verdict_section(const schema::verdict& verdict) {
  return {"verifier " + printable(verdict.name) + " (" +
              std::string(schema::to_string(verdict.status)) + ", " +
              duration_text(verdict.duration_ms) + (verdict.flaky ? ", flaky" : "") + ")",
          "verifier", verdict.name, verdict.log_ref};
}

}  // namespace

result<std::vector<log_section>> log_sections(const store::reader& from, const schema::run& run,
                                              const std::string& verifier) {
  std::vector<log_section> out;
  if (verifier.empty()) {
    SKEIN_TRY(events, from.events(run.id, 0, 0));
    for (const auto& event : events) {
      if (event.kind != "tool_call_finished") continue;
      const auto payload = json::parse(event.payload, nullptr, false);
      if (payload.is_object()) out.push_back(call_section(payload));
    }
    if (out.empty() && !run.log_ref.empty()) out.push_back({"agent", "agent", {}, run.log_ref});
  }
  for (const auto& verdict : run.verdicts) {
    if (!verifier.empty() && verdict.name != verifier) continue;
    out.push_back(verdict_section(verdict));
  }
  const bool told = !run.failed || run.failed->raw_log_ref.empty() ||
                    std::any_of(out.begin(), out.end(), [&run](const log_section& each) {
                      return each.ref == run.failed->raw_log_ref;
                    });
  if (!told && verifier.empty() && run.failed->raw_log_ref != run.log_ref) {
    out.push_back({"failure", "agent", {}, run.failed->raw_log_ref});
  }
  return out;
}

}  // namespace skein::cli
