// The structs that are stored as JSON in one column, to text and back. Decoders throw
// std::exception on text that does not fit; the readers turn that into `corrupt`.
#pragma once

#include "schema/run.hpp"

#include <string>
#include <vector>

namespace skein::store {

[[nodiscard]] std::string encode(const schema::diff_summary& value);
[[nodiscard]] std::string encode(const schema::publication& value);
[[nodiscard]] std::string encode(const schema::usage& value);
[[nodiscard]] std::string encode(const std::vector<schema::verdict>& values);
[[nodiscard]] std::string encode(const schema::verdict& value);
[[nodiscard]] std::string encode(const std::vector<schema::finding>& values);
[[nodiscard]] std::string encode(const schema::failure& value, const std::string& run_id);
[[nodiscard]] std::string encode(const schema::stage_timings& values);

[[nodiscard]] schema::diff_summary decode_diff(const std::string& text);
[[nodiscard]] schema::publication decode_publication(const std::string& text);
[[nodiscard]] schema::usage decode_usage(const std::string& text);
[[nodiscard]] std::vector<schema::verdict> decode_verdicts(const std::string& text);
[[nodiscard]] schema::verdict decode_verdict(const std::string& text);
[[nodiscard]] std::vector<schema::finding> decode_findings(const std::string& text);
[[nodiscard]] schema::failure decode_failure(const std::string& text);
[[nodiscard]] schema::stage_timings decode_timings(const std::string& text);

}  // namespace skein::store
