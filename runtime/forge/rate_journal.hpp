// The requests that rate_buckets counts, on disk, so that a restart does not forget them: one line
// each, `MILLISECONDS KIND`, appended. Only writes: reads cost little and are many. One forge, one
// file, one process.
#pragma once

#include "runtime/forge/rate_buckets.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <vector>

namespace skein::forge {

class rate_journal {
 public:
  /// Makes file and folder when needed, drops what no limit counts any more; lines that are none are
  /// left out. Blocking.
  [[nodiscard]] static result<rate_journal> open(const std::filesystem::path& file,
                                                 std::int64_t now_ms);
  rate_journal(rate_journal&& other) noexcept;
  rate_journal& operator=(rate_journal&&) = delete;
  ~rate_journal();

  /// What was there when it was opened, oldest first.
  [[nodiscard]] const std::vector<rate_buckets::past_request>& known() const { return known_; }
  /// One short write; survives this process, not a loss of power. A disk that is full loses it.
  void add(const rate_buckets::past_request& one);

 private:
  rate_journal(int opened, std::vector<rate_buckets::past_request> known)
      : opened_(opened), known_(std::move(known)) {}
  int opened_;
  std::vector<rate_buckets::past_request> known_;
};

}  // namespace skein::forge
