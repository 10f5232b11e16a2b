// See base_owners.hpp.
#include "runtime/forge/base_owners.hpp"

namespace skein::forge {

answer<codeowners> read_base_owners(forge& at, const repository_name& where,
                                    const std::string& base_branch, const call_limits& limits) {
  for (const std::string_view place : codeowners_places) {
    const auto file =
        at.read_file(where, std::string(place), base_branch, codeowners_limit - 1, limits);
    if (file.done() && *file.value) return answer<codeowners>::of(parse_codeowners(**file.value));
    if (file.done()) continue;
    // The forge did answer: what is there is too large or no file.
    const bool unusable = file.end == outcome::refused && file.status == 200;
    if (!unusable) return answer<codeowners>::as(file);
    codeowners out;
    out.ignored = file.reason;
    return answer<codeowners>::of(std::move(out));
  }
  return answer<codeowners>::of({});
}

}  // namespace skein::forge
