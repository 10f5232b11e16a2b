// What a provider's error means: from its HTTP status, its error object, or both. A table of facts,
// because the same status means different things.
#pragma once

#include "runtime/http/client.hpp"
#include "runtime/model/wire.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace skein::model {

/// An error object (`type`, `code`, `message`), or text in its place. `status` 0: within a stream.
[[nodiscard]] wire_fault read_error(const nlohmann::json& object, int status = 0);

/// A reply whose status is not 2xx.
[[nodiscard]] wire_fault read_error_reply(int status, std::string_view body);

/// `retry-after-ms`, or `Retry-After` in seconds or as a date, which counts from the reply's own.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(const http::reply& head);

/// One bounded, printable line. Every word that shares eight bytes in a row with `key` is blotted.
[[nodiscard]] std::string safe_text(std::string_view text, std::string_view key);

/// Replaces every occurrence of `key` in place.
void blot(std::string& text, std::string_view key);

}  // namespace skein::model
