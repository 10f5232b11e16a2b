// The platform's verifier documents as JSON and back.
#include "schema/verifier_file.hpp"

#include "schema/json_read.hpp"
#include "schema/quantity.hpp"
#include "schema/spec_json.hpp"

namespace skein::schema {

using nlohmann::json;

json to_json(const verifier_file& value) {
  json spec = {{"whenFiles", value.when_files},
               {"required", value.required},
               {"timeout", format_duration(value.timeout)}};
  if (!value.description.empty()) spec["description"] = value.description;
  if (!value.run.empty()) spec["run"] = value.run;
  if (!value.builtin.empty()) spec["builtin"] = value.builtin;
  return detail::document_json("Verifier", {{"name", value.name}}, std::move(spec));
}

verifier_file verifier_from_json(const json& document) {
  using detail::read;
  return detail::reading("verifier", [&] {
    detail::expect_kind(document, "Verifier");
    verifier_file out;
    read(detail::member(document, "metadata"), "name", out.name);
    const json& spec = detail::member(document, "spec");
    read(spec, "description", out.description);
    read(spec, "run", out.run);
    read(spec, "builtin", out.builtin);
    read(spec, "whenFiles", out.when_files);
    read(spec, "required", out.required);
    detail::read_duration(spec, "timeout", out.timeout);
    return out;
  });
}

}  // namespace skein::schema
