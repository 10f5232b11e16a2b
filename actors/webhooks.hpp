// What a forge's delivery changes in our records of its pull requests. Pure: who receives it is in
// cli/webhooks, who commits what it says is system/webhook_desk.
#pragma once

#include "runtime/forge/webhook.hpp"
#include "runtime/store/operation.hpp"
#include "runtime/store/pull_request.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace skein::actors {

/// What an event that was read and checked says of our pull requests.
struct webhook_effect {
  std::vector<store::operation> changes;
  std::vector<std::string> runs;  ///< whose pull requests are to be looked at now
};

/// `known`: our pull requests of this forge. Facts of others, of forks and of what we do not follow
/// change nothing. A check event names one of several checks: it changes nothing either, but what all
/// say together is to be asked.
[[nodiscard]] webhook_effect effect_of(const std::string& forge, const forge::webhook_event& event,
                                       const std::vector<store::pull_request_row>& known,
                                       std::int64_t now_ms);

/// OWNER/NAME that it is about; empty: nothing that is followed.
[[nodiscard]] std::string repository_of(const forge::webhook_event& event);

}  // namespace skein::actors
