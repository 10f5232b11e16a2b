// What a model is told at the beginning and when it has to repair. Instructions come from the
// platform and from the frozen contract; what a repository says about itself is data.
#pragma once

#include "runtime/model/conversation.hpp"
#include "runtime/tools/registry.hpp"
#include "schema/task.hpp"
#include "schema/verdict.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace skein::agent {

/// What the model may call: the built-in tools, and of the others those that are named. Disabled
/// ones are left out.
[[nodiscard]] std::vector<model::tool_definition> offered_tools(const tools::registry& tools,
                                                           const std::vector<std::string>& named);

/// System, task and built-in tools of a new conversation, and for a follow-up what failed; no
/// context yet.
[[nodiscard]] model::conversation opening(const schema::task& task, const tools::registry& tools,
                                          const std::vector<std::string>& verifiers);

/// Instruction files for agents in the root of a checkout (AGENTS.md and kin), as untrusted spans,
/// each cut to a few KiB. Blocking; links are not followed.
[[nodiscard]] std::vector<model::untrusted_span> repository_instructions(
    const std::filesystem::path& checkout);

/// What failed, for another round: names and statuses from the platform, the lines of output as
/// spans.
[[nodiscard]] model::turn repair_request(const std::vector<schema::verdict>& verdicts);

/// The same where the change is not of this conversation: it was made on an older base, and applied to
/// this one without anybody's work.
[[nodiscard]] model::turn carried_request(const std::vector<schema::verdict>& verdicts);

/// What failed at the forge after the change was opened: its words as spans.
[[nodiscard]] model::turn checks_request(const schema::follow_up_spec& follow);

/// Why somebody who looked at the change sends it back.
[[nodiscard]] model::turn veto_request(const std::vector<std::string>& reasons);

}  // namespace skein::agent
