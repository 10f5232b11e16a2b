// Known vulnerabilities: OSV records (https://ossf.github.io/osv-schema/) of a folder, read once
// and looked up by package and version. Nothing is asked of the network.
#pragma once

#include "schema/error.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skein::supply {

struct advisory {
  std::string id;
  std::string summary;
  std::vector<std::string> versions;  ///< affected one by one
  struct range {
    std::string introduced;     ///< "0": from the first one on
    std::string fixed;          ///< the first good one; empty: none yet
    std::string last_affected;  ///< the last bad one; empty: `fixed` tells
  };
  std::vector<range> ranges;
};

class advisories {
 public:
  /// Blocking. Every *.json below `folder`: one record, or a list of them. The first file that is
  /// no such record is an error that names it; a withdrawn record counts as absent.
  [[nodiscard]] static result<advisories> load(const std::filesystem::path& folder);

  [[nodiscard]] result<> add(std::string_view record, const std::string& file);

  /// Those that name this version; the pointers live as long as this object.
  [[nodiscard]] std::vector<const advisory*> find(const std::string& ecosystem,
                                                  const std::string& name,
                                                  const std::string& version) const;
  [[nodiscard]] bool empty() const noexcept { return known_.empty(); }

 private:
  std::map<std::string, std::vector<advisory>> known_;  ///< by ecosystem, a newline, name
};

/// Less than, equal to or greater than zero. Numbers compare as numbers; what follows a hyphen, and
/// words such as rc, come before the release they lead to.
[[nodiscard]] int compare_versions(std::string_view left, std::string_view right);

}  // namespace skein::supply
