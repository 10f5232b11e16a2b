// What a forge's delivery changes in our records of its pull requests. The listener that receives
// it is elsewhere; the answer is what the store is to commit.
#pragma once

#include "runtime/forge/webhook.hpp"
#include "runtime/store/operation.hpp"
#include "runtime/store/pull_request.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace skein::actors {

/// The first operation is take_delivery: when it affects nothing, the delivery came before and the
/// others are not to be committed. Errors as read_webhook(). `known`: our pull requests of this
/// forge. Facts of others, of forks and of what we do not follow change nothing.
[[nodiscard]] result<std::vector<store::operation>> apply_webhook(
    const std::string& forge, const forge::webhook_delivery& delivery,
    const std::vector<std::string>& secrets, const std::vector<store::pull_request_row>& known,
    std::int64_t now_ms);

}  // namespace skein::actors
