// Which names, branches and repository addresses are acceptable wherever they come from: files,
// flags or messages. Each check is linear in its input and knows nothing of files or places.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skein::schema {

/// `[a-z0-9][a-z0-9._-]{0,62}`: names of documents, tenants, verifiers, providers.
[[nodiscard]] bool is_name(std::string_view text) noexcept;

/// `[A-Za-z0-9][A-Za-z0-9._/-]{0,62}`.
[[nodiscard]] bool is_label_key(std::string_view text) noexcept;

/// True when a C0 control character (line breaks and tabs too) or DEL is in it.
[[nodiscard]] bool has_control_character(std::string_view text) noexcept;

/// What git's check-ref-format accepts below refs/heads/, and no leading hyphen.
[[nodiscard]] bool is_branch(std::string_view text) noexcept;
/// True when `text` followed by a run id is a branch.
[[nodiscard]] bool is_branch_prefix(std::string_view text) noexcept;

/// 40 or 64 lower-case hexadecimal digits.
[[nodiscard]] bool is_object_id(std::string_view text) noexcept;

/// What is wrong with a repository's address, or nullopt. Accepted: a path, file://, http(s)://,
/// ssh://, user@host:path. Refused: control characters, a leading hyphen (it would be read as an
/// option), `transport::` addresses (they run programs), other schemes, and a user or password in
/// http(s), because addresses are stored and shown.
[[nodiscard]] std::optional<std::string> repo_url_problem(std::string_view url);

/// `host:port` of an egress grant.
[[nodiscard]] bool is_host_port(std::string_view text) noexcept;

/// A forge user or `org/team`.
[[nodiscard]] bool is_reviewer(std::string_view text) noexcept;

/// What is wrong with a pattern of a scope, or nullopt.
[[nodiscard]] std::optional<std::string> scope_pattern_problem(std::string_view pattern);

/// Five fields of digits, names, `*`, `,`, `-` and `/`. Not whether the values exist.
[[nodiscard]] bool looks_like_cron(std::string_view text) noexcept;
/// `HH:MM-HH:MM`.
[[nodiscard]] bool is_day_window(std::string_view text) noexcept;

}  // namespace skein::schema
