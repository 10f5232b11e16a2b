// Loading of the platform's verifier files and the choice of a run's verifiers.
#include "runtime/verify/verifier_set.hpp"

#include "schema/document.hpp"
#include "schema/identity.hpp"

#include <fnmatch.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <system_error>

namespace skein::verify {

namespace {

/// More files than this is a wrong folder, not a catalogue.
constexpr std::size_t most_files = 500;

std::string digest_of(const verifier& value) {
  // JSON, because concatenated fields could be cut differently and still read alike.
  return schema::sha256_hex(schema::canonical_json(
      nlohmann::json::array({value.name, value.run, value.builtin, value.timeout.count()})));
}

verifier from_file(const schema::verifier_file& file) {
  verifier out{file.name, file.run, file.builtin, file.timeout, file.required, {}};
  out.digest = digest_of(out);
  return out;
}

verifier from_task(const schema::verifier_spec& spec) {
  verifier out{spec.name, spec.run, {}, spec.timeout, spec.required, {}};
  out.digest = digest_of(out);
  return out;
}

/// A task may ask for more time and may make a check required; it cannot make one optional that the
/// platform requires, nor change its command.
verifier from_use(const schema::verifier_file& file, const schema::verifier_spec& spec) {
  verifier out = from_file(file);
  if (spec.timeout.count() > 0) out.timeout = spec.timeout;
  out.required = file.required || spec.required;
  out.digest = digest_of(out);
  return out;
}

bool activates(const schema::verifier_file& file, const std::vector<std::string>& root_entries) {
  return std::any_of(file.when_files.begin(), file.when_files.end(), [&](const auto& pattern) {
    return std::any_of(root_entries.begin(), root_entries.end(), [&](const auto& entry) {
      return entry == pattern || ::fnmatch(pattern.c_str(), entry.c_str(), FNM_PERIOD) == 0;
    });
  });
}

error invalid(std::string message, std::string remedy) {
  return {errc::invalid, std::move(message), std::move(remedy)};
}

}  // namespace

result<catalogue> catalogue::load(const std::filesystem::path& directory) {
  namespace fs = std::filesystem;
  catalogue out;
  std::error_code failed;
  fs::directory_iterator entries(directory, failed);
  if (failed == std::errc::no_such_file_or_directory) return out;
  if (failed) return errno_error("read verifier folder " + directory.string(), failed.value());
  std::vector<fs::path> paths;
  for (const fs::directory_iterator end; entries != end; entries.increment(failed)) {
    if (entries->path().extension() == ".yaml") paths.push_back(entries->path());
    if (paths.size() > most_files) {
      return invalid("verifier folder " + directory.string() + " holds more than " +
                         std::to_string(most_files) + " files",
                     "point to the folder with the platform's verifiers");
    }
    if (failed) break;
  }
  if (failed) return errno_error("read verifier folder " + directory.string(), failed.value());
  // The order of a folder differs between machines; verdicts should not.
  std::sort(paths.begin(), paths.end());
  std::set<std::string> names;
  for (const fs::path& path : paths) {
    schema::loaded file = schema::load_file(path.string());
    if (!file.problems.empty()) {
      return invalid(schema::to_string(file.problems.front()), "correct the verifier file");
    }
    for (schema::document& each : file.documents) {
      auto* found = std::get_if<schema::verifier_file>(&each);
      if (found == nullptr) {
        return invalid(path.string() + ": a document of another kind among verifier files",
                       "keep only documents of kind Verifier there");
      }
      if (!names.insert(found->name).second) {
        return invalid(path.string() + ": a second verifier called " + found->name,
                       "give each verifier of the folder its own name");
      }
      out.files_.push_back(std::move(*found));
    }
  }
  return out;
}

result<std::vector<verifier>> catalogue::select(
    const schema::task_spec& task, const std::vector<std::string>& root_entries) const {
  std::vector<verifier> out;
  std::set<std::string> names;
  std::set<std::string> own;
  for (const schema::verifier_spec& spec : task.verifiers) {
    const std::string& name = spec.use.empty() ? spec.name : spec.use;
    if (!names.insert(name).second) {
      return invalid("a second verifier called " + name, "name each verifier of the task once");
    }
    if (spec.use.empty()) {
      if (spec.run.empty()) return invalid("verifier " + name + " has no command", "give it a run");
      own.insert(name);
      out.push_back(from_task(spec));
      continue;
    }
    const auto file = std::find_if(files_.begin(), files_.end(),
                                   [&](const auto& each) { return each.name == spec.use; });
    if (file == files_.end()) {
      std::string known;
      for (const auto& each : files_) known += (known.empty() ? "" : ", ") + each.name;
      return error{errc::not_found, "the platform has no verifier called " + spec.use,
                   known.empty() ? "add it to the verifier folder"
                                 : "use one of " + known + ", or add it to the verifier folder"};
    }
    out.push_back(from_use(*file, spec));
  }
  for (const schema::verifier_file& file : files_) {
    if (!activates(file, root_entries)) continue;
    if (own.contains(file.name) && file.required) {
      // Otherwise a task could replace a required check by one of its own.
      return invalid("verifier " + file.name +
                         " of the task has the name of a required verifier of "
                         "the platform",
                     "give the task's verifier another name");
    }
    if (names.insert(file.name).second) out.push_back(from_file(file));
  }
  return out;
}

}  // namespace skein::verify
