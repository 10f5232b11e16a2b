// Looks for the secrets that the platform holds, in all their forms, in one pass over a text for
// however many of them there are. See held_secret.hpp for the forms.
#pragma once

#include "runtime/scan/held_secret.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::scan {

struct mapped_text;

class held_search {
 public:
  struct hit {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::uint32_t secret = 0;
  };

  held_search() = default;
  /// `invalid`, naming the secret, when its value has fewer than 4 bytes: it could not be told from
  /// ordinary text.
  [[nodiscard]] static result<held_search> make(std::vector<held_secret> secrets);

  [[nodiscard]] bool empty() const noexcept { return secrets_.empty(); }
  [[nodiscard]] std::uint32_t size() const noexcept {
    return static_cast<std::uint32_t>(secrets_.size());
  }
  [[nodiscard]] const held_secret& secret(std::uint32_t number) const { return secrets_[number]; }

  /// Appends what is seen, in no order, overlaps included. Looks through escapes and string
  /// concatenations, in blocks: memory is bounded whatever the text's size.
  void find(std::string_view text, std::vector<hit>& hits) const;

  /// Where the text ends in the first part (5 bytes or more) of a secret whose rest was cut off;
  /// its size when it does not.
  [[nodiscard]] std::size_t cut_off_at(std::string_view text, std::uint32_t& secret) const;

 private:
  struct form {
    std::uint64_t tail = 0;  ///< the last 8 characters
    std::string text;
    std::uint32_t secret = 0;
  };
  struct plain {
    std::string text;
    std::uint32_t secret = 0;
    bool as_word = false;  ///< short: counts only where it does not continue as a word
  };

  void find_forms(std::string_view text, std::vector<hit>& hits) const;
  void check_forms(std::string_view text, std::size_t last, std::uint64_t tail,
                   std::vector<hit>& hits) const;
  void find_plain(std::string_view text, std::vector<hit>& hits) const;
  void find_escaped(std::string_view block, std::size_t offset, std::vector<hit>& hits) const;
  void find_quoted(std::string_view block, std::size_t offset, std::vector<hit>& hits) const;
  void find_mapped(const mapped_text& seen, std::size_t offset, std::vector<hit>& hits) const;
  [[nodiscard]] bool has_tail(std::uint64_t tail) const;

  std::vector<held_secret> secrets_;
  std::vector<form> forms_;  ///< sorted by tail
  std::vector<plain> plains_;
  std::vector<std::uint64_t> filter_;  ///< a bit for each hash of a tail
  std::size_t longest_ = 0;            ///< of the values
  bool several_lines_ = false;
};

}  // namespace skein::scan
