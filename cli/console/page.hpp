// One view of the console: rows that are read from the state and formatted only when they are seen.
// Pages know neither keys nor terminals; what a key means is the console's.
#pragma once

#include "cli/console/line.hpp"
#include "cli/scope_options.hpp"
#include "cli/tenant_quotas.hpp"
#include "cli/waiting_reasons.hpp"
#include "runtime/store/reader.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace skein::cli::screen {

/// Where pages read from; the same for a state directory and for a fleet elsewhere. Blocking.
struct feed {
  const store::reader& state;
  std::function<result<std::string>(const std::string& run, const std::string& ref)> artifact;
  std::function<result<std::vector<reason>>(const schema::run&)> why;
  std::int64_t now_ms = 0;
  std::function<result<tenant_limits>()> limits = {};  ///< empty: nobody knows them
};

/// What is seen of a page.
struct window {
  std::size_t top = 0;
  std::size_t height = 0;
  std::size_t width = 80;
  bool to_the_end = false;  ///< everything that there is has to be known, not only what is seen
};

class page {
 public:
  virtual ~page() = default;

  [[nodiscard]] virtual std::string title() const = 0;
  /// What keys do here that they do not everywhere; may be empty.
  [[nodiscard]] virtual std::string keys() const { return {}; }
  /// Whether one row is the chosen one.
  [[nodiscard]] virtual bool selects() const { return true; }
  [[nodiscard]] virtual std::size_t rows() const = 0;
  /// False while only the beginning of a long list is known.
  [[nodiscard]] virtual bool complete() const { return true; }
  /// Titles of columns; empty: none.
  [[nodiscard]] virtual line heading(std::size_t width) const {
    (void)width;
    return {};
  }
  [[nodiscard]] virtual line row(std::size_t index, std::size_t width) const = 0;
  /// Shown when there are no rows.
  [[nodiscard]] virtual std::string nothing() const { return "nothing"; }

  /// Reads again what is seen. On failure what was known stays.
  virtual result<> load(const feed& from, const window& seen) = 0;
  /// Reads what came into view and is not known yet.
  virtual result<> extend(const feed& from, const window& seen) {
    (void)from;
    (void)seen;
    return {};
  }

  /// The page behind a row; empty: there is none.
  [[nodiscard]] virtual std::unique_ptr<page> open(std::size_t index) const {
    (void)index;
    return nullptr;
  }
  /// What hold, drain, kill and lift are about; none: nothing here.
  [[nodiscard]] virtual std::optional<switch_target> target(std::size_t index) const {
    (void)index;
    return std::nullopt;
  }
  /// What approve and deny are about.
  [[nodiscard]] virtual const schema::approval* approval(std::size_t index) const {
    (void)index;
    return nullptr;
  }
  /// Other sides of the same thing. True: there was another side.
  virtual bool turn(int by) {
    (void)by;
    return false;
  }
  /// Shows only what fits. `unsupported`: search instead.
  virtual result<> filter(const std::string& words) {
    (void)words;
    return error{errc::unsupported, "no filter here", {}};
  }
  [[nodiscard]] virtual bool filters() const { return false; }
};

// lists.cpp
[[nodiscard]] std::unique_ptr<page> approvals_page();
[[nodiscard]] std::unique_ptr<page> incidents_page();
[[nodiscard]] std::unique_ptr<page> switches_page();
// tenants_page.cpp
[[nodiscard]] std::unique_ptr<page> tenants_page();
// campaign_pages.cpp
[[nodiscard]] std::unique_ptr<page> campaigns_page();
[[nodiscard]] std::unique_ptr<page> campaign_page(std::string name);
// fleet_page.cpp
[[nodiscard]] std::unique_ptr<page> fleet_page();
// runs_page.cpp
/// `words`: see run_search.
[[nodiscard]] std::unique_ptr<page> runs_page(const std::string& words = {});
// run_page.cpp
[[nodiscard]] std::unique_ptr<page> run_page(std::string id);
// approval_page.cpp
[[nodiscard]] std::unique_ptr<page> approval_page(schema::approval what);
// text_page.cpp
[[nodiscard]] std::unique_ptr<page> artifact_page(std::string title, std::string run,
                                                  std::string ref);
[[nodiscard]] std::unique_ptr<page> help_page();

}  // namespace skein::cli::screen
