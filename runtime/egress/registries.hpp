// What a task's network grant comes down to: the shipped package registries, those of skein.yaml,
// and what the task names, as one allowlist.
#pragma once

#include "runtime/egress/allowlist.hpp"
#include "schema/config.hpp"
#include "schema/error.hpp"
#include "schema/task.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace skein::egress {

using registries = std::map<std::string, schema::registry_config>;

/// The text of `config/egress/registries.yaml`; `file` is for messages, which give line and column.
[[nodiscard]] result<registries> read_registries(std::string_view text, const std::string& file);
/// As read_registries, of a file of at most 1 MiB. Blocking.
[[nodiscard]] result<registries> load_registries(const std::filesystem::path& path);

/// `own` added to `shipped`: the same name replaces, an empty list of hosts closes.
[[nodiscard]] registries with_own(registries shipped, const registries& own);

/// What the grant allows. Nothing for `none`. A host that a task itself names may have a private
/// address only if a registry of `known` names the same host and port and says so. `invalid` names
/// the entry that is no rule.
[[nodiscard]] result<allowlist> granted(const schema::capability_spec& capabilities,
                                        const registries& known);

}  // namespace skein::egress
