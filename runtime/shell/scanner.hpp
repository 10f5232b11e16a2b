// Words and their expansions: the part of the parser below the grammar. Internal to the folder.
#pragma once

#include "runtime/shell/parser.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace skein::shell::detail {

/// Unwinds the parser; never leaves parse().
struct not_understood {
  std::size_t offset;
  std::string what;
};

struct budget {
  parse_limits limits;
  std::size_t nodes = 0;
};

/// Reads the text once, from left to right.
class scanner {
 public:
  scanner(std::string_view text, budget& spent, std::size_t depth)
      : text_(text), spent_(spent), depth_(depth) {}
  scanner(const scanner&) = delete;
  scanner& operator=(const scanner&) = delete;
  virtual ~scanner() = default;

  /// The text of a here-document, in which only expansions are special.
  [[nodiscard]] word document();

 protected:
  /// One level deeper for as long as it lives.
  class nested {
   public:
    explicit nested(scanner& owner) : owner_(owner) { owner_.enter(); }
    ~nested() { --owner_.depth_; }
    nested(const nested&) = delete;
    nested& operator=(const nested&) = delete;

   private:
    scanner& owner_;
  };

  [[noreturn]] void fail(std::string what) const;
  void count() const;

  /// The character `ahead` of the next; NUL at the end. Removes line continuations before it.
  [[nodiscard]] char peek(std::size_t ahead = 0);
  [[nodiscard]] bool at_end();
  void skip(std::size_t bytes) { at_ += bytes; }
  [[nodiscard]] bool next_is(std::string_view text);
  /// Spaces, tabs, line continuations and comments.
  void skip_blanks();
  [[nodiscard]] static bool ends_word(char c);

  /// A word; there is one.
  [[nodiscard]] word read_word();
  /// The commands up to the closing parenthesis, which is taken too.
  virtual script commands_in_parentheses() = 0;
  /// Up to the parentheses or bracket that ends it, which is taken too.
  part arithmetic(std::string_view close);

  std::string_view text_;
  std::size_t at_ = 0;
  budget& spent_;
  std::size_t depth_;

 private:
  void enter();
  void add_text(std::vector<part>& to, std::string_view text, bool quoted) const;
  void single_quoted(std::vector<part>& to);
  void double_quoted(std::vector<part>& to);
  void ansi_quoted(std::vector<part>& to);
  void dollar(std::vector<part>& to, bool quoted);
  part braced_parameter(bool quoted);
  part backquoted(bool quoted);
  part substitution(part_kind kind);
  std::uint32_t digits(int base, std::size_t most);
};

/// A script of its own inside of another: what stood in backquotes.
[[nodiscard]] script parse_nested(std::string_view text, budget& spent, std::size_t depth);
[[nodiscard]] word parse_document(std::string_view text, budget& spent, std::size_t depth);

}  // namespace skein::shell::detail
